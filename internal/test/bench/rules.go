// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
)

// writeRules writes a table of services with the same number of real servers
// each, in the form and the order of ipvsadm -Sn: most of the services are TCP,
// one in ten is UDP and one in ten has IPv6 addresses. No address is there twice.
func writeRules(w io.Writer, services, servers int) error {
	udp, ipv6 := services/10, services/10
	tcp := services - udp - ipv6
	for n := range services {
		letter, virtual, scheduler := "-t", ipv4(10, n), "wlc"
		real := func(i int) string { return ipv4(20, n*servers+i) }
		switch {
		case n >= tcp+udp:
			virtual = fmt.Sprintf("[2001:db8::%x]", n+1)
			real = func(i int) string { return fmt.Sprintf("[2001:db8:1:%x::%x]", n+1, i+1) }
		case n >= tcp:
			letter, scheduler = "-u", "rr"
		}
		if err := writeService(w, letter, virtual, scheduler, servers, real); err != nil {
			return err
		}
	}
	return nil
}

func writeService(w io.Writer, letter, virtual, scheduler string, servers int, real func(int) string) error {
	if _, err := fmt.Fprintf(w, "-A %s %s:443 -s %s\n", letter, virtual, scheduler); err != nil {
		return err
	}
	for i := range servers {
		_, err := fmt.Fprintf(w, "-a %s %s:443 -r %s:%d -m -w %d\n", letter, virtual, real(i), 8443, 1+i%3)
		if err != nil {
			return err
		}
	}
	return nil
}

// ipv4 returns the nth address, from 1, of the networks from first.0.0.0/8 on.
func ipv4(first, n int) string {
	n++
	return fmt.Sprintf("%d.%d.%d.%d", first+n>>24, byte(n>>16), byte(n>>8), byte(n))
}
