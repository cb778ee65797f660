// SPDX-License-Identifier: Apache-2.0

package conns_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// What a kernel shows in /proc/net/ip_vs_conn.
const table = `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP C6336407 C350 C0000201 0050 0A000001 1F90 ESTABLISHED     899
TCP C6336408 C351 C0000201 0050 0A000002 1F90 TIME_WAIT       119
UDP C6336407 13C4 C0000202 13C4 0A000001 13C4 UDP             299 sip 7@198.51.100.7
`

func ExampleReader_All() {
	r := conns.NewReader(strings.NewReader(table))
	for c, err := range r.All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.Protocol, c.Client, "to", c.Destination, "is", c.State, "for", c.Expires)
	}
	// Output:
	// TCP 198.51.100.7:50000 to 10.0.0.1:8080 is ESTABLISHED for 14m59s
	// TCP 198.51.100.8:50001 to 10.0.0.2:8080 is TIME_WAIT for 1m59s
	// UDP 198.51.100.7:5060 to 10.0.0.1:5060 is UDP for 4m59s
}

// A line that is not an entry need not be the end.
func ExampleLineError() {
	r := conns.NewReader(strings.NewReader(table + "garbage\n" + "TCP C6336409 C350 C0000201 0050 0A000001 1F90 CLOSE 9\n"))
	count := 0
	for _, err := range r.All() {
		var line *conns.LineError
		switch {
		case errors.As(err, &line):
			fmt.Println("left out:", line)
		case err != nil:
			log.Fatal(err)
		default:
			count++
		}
	}
	fmt.Println(count, "connections")
	// Output:
	// left out: line 5: malformed entry
	// 4 connections
}

func ExampleOpenSync() {
	r, err := conns.OpenSync("/run/netns/blue")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	synced := 0
	for c, err := range r.All() {
		if err != nil {
			log.Fatal(err)
		}
		if c.Origin == conns.Synced {
			synced++
		}
	}
	fmt.Println(synced, "connections came from another director")
}
