// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// bigTable is the input of a restore: services of every kind that can be saved, each protocol, family and
// scheduler among them, with real servers of every kind.
func bigTable() string {
	var b strings.Builder
	number := 0
	for _, scheduler := range []string{
		"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh",
	} {
		for _, options := range serviceOptions(scheduler) {
			for _, kind := range []string{"-t", "-u", "--sctp-service", "-f"} {
				for _, v6 := range []bool{false, true} {
					number++
					writeService(&b, number, kind, v6, scheduler, options)
				}
			}
		}
	}
	return b.String()
}

// Options of services: a word that is replaced or left out where it does not fit, by fit.
const (
	persistent = "-p 1200"
	masked     = "-p 77 -M MASK"
	engine     = "-p 2678400 --pe sip"
	onePacket  = "-o"
)

// serviceOptions are the options to try with a scheduler.
func serviceOptions(scheduler string) []string {
	switch scheduler {
	case "sh":
		return []string{"", "-b sh-fallback", "-b sh-port", "-b sh-fallback,sh-port " + persistent}
	case "mh":
		return []string{"", "-b mh-fallback", "-b mh-port", "-b mh-fallback,mh-port " + masked}
	case "rr":
		return []string{"", persistent, masked, engine, onePacket, "-b flag-1", "-b flag-2,flag-3", "-b flag-1,flag-2,flag-3 -p"}
	}
	return []string{"", masked}
}

// fit makes options fit a service.
func fit(options, kind string, v6 bool) string {
	mask := "255.255.248.0"
	if v6 {
		mask = "56"
	}
	options = strings.ReplaceAll(options, "MASK", mask)
	if options == engine && kind != "-u" {
		return persistent
	}
	if options == onePacket && kind != "-u" && kind != "-f" {
		return ""
	}
	return options
}

// writeService writes a service and its real servers, some of each sort.
func writeService(b *strings.Builder, number int, kind string, v6 bool, scheduler, options string) {
	service := fmt.Sprintf("%s 198.51.%d.%d:%d", kind, number%7, 255-number%256, 1+number*191%65535)
	switch {
	case kind == "-f" && v6:
		service = fmt.Sprintf("-f %d -6", 1+number*7919)
	case kind == "-f":
		service = fmt.Sprintf("-f %d", 1+number*7919)
	case v6:
		service = fmt.Sprintf("%s [2001:db8:%x::%x]:%d", kind, number%5, 65535-number, 1+number*191%65535)
	}
	fmt.Fprintf(b, "-A %s -s %s %s\n", service, scheduler, fit(options, kind, v6))
	for i, method := range realServers[:number%(len(realServers)+1)] {
		address := fmt.Sprintf("10.%d.%d.%d", number%3*90, number%256, 200-i)
		switch {
		case v6 && strings.Contains(method, "gre"): // goes to IPv4
		case v6 && kind == "-f":
			address = fmt.Sprintf("2001:db8:ffff:%x::%x", number, 0xf000-i)
		case v6:
			address = fmt.Sprintf("[2001:db8:ffff:%x::%x]", number, 0xf000-i)
		}
		if kind != "-f" {
			address += fmt.Sprint(":", 8000+number)
		}
		fmt.Fprintf(b, "-a %s -r %s %s\n", service, address, method)
	}
}

// realServers are the options of the real servers of a service, which has some of them, from the first on.
var realServers = []string{
	"-m -w 1",
	"-g -w 0",
	"-i -w 65535",
	"-m -w 2147483647",
	"-i --tun-type gue --tun-port 6080 -w 3",
	"-i --tun-type gue --tun-port 65535 --tun-csum",
	"-i --tun-type gue --tun-port 1 --tun-remcsum",
	"-i --tun-type gue --tun-port 2 --tun-nocsum",
	"-i --tun-type gre -w 5",
	"-i --tun-type gre --tun-csum",
	"-i --tun-type gre --tun-nocsum",
	"-i --tun-type ipip -w 7",
}

// TestRestoreAcross saves a big table with one program and restores it with the other: nothing may be lost or
// changed, in either direction, nor listed in another way.
func TestRestoreAcross(t *testing.T) {
	ours := kernel.Program("ipvsadm")
	first := kernel.NewNamespace(t)
	table := bigTable()
	restore(t, first, kernel.Reference, table)
	saved := first.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout
	if services := strings.Count(saved, "-A "); services < 200 || strings.Count(saved, "\n") != strings.Count(table, "\n") {
		t.Fatalf("not all is saved, or there is too little of it: %d services", services)
	}

	byOurs, byReference := kernel.NewNamespace(t), kernel.NewNamespace(t)
	restore(t, byOurs, ours, saved)
	restore(t, byReference, kernel.Reference, first.Ipvsadm(t, ours, "-S", "-n").Stdout)
	for _, line := range []string{"-S -n", "-L -n", "-L -n --persistent-conn", "-L -n --tun-info"} {
		words := strings.Fields(line)
		want := first.Ipvsadm(t, kernel.Reference, words...)
		for _, c := range []struct {
			name    string
			where   *kernel.Namespace
			program string
		}{
			{"the first table, listed by ours", first, ours},
			{"restored by ours", byOurs, kernel.Reference},
			{"restored by ours, listed by ours", byOurs, ours},
			{"saved by ours", byReference, kernel.Reference},
			{"saved by ours, listed by ours", byReference, ours},
		} {
			t.Run(line+"/"+c.name, func(t *testing.T) {
				sameResult(t, c.where.Ipvsadm(t, c.program, words...), want)
			})
		}
	}
}

// restore has a program restore a table, without a word.
func restore(t *testing.T, ns *kernel.Namespace, program, table string) {
	t.Helper()
	got := ns.Run(t, kernel.Command{Path: program, Args: []string{"ipvsadm", "-R"}, Stdin: table})
	require.Equal(t, kernel.Result{}, got, "restoring")
}
