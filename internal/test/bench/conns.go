// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
)

// connHead is the head of the kernel's table of connections.
const connHead = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"

// writeConns writes a table of connections as the kernel shows it: mostly TCP,
// some UDP and SCTP, one in eight with IPv6 addresses. Each service has ten real servers. It is the same each time.
func writeConns(w io.Writer, count int) error {
	if _, err := io.WriteString(w, connHead); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	line := make([]byte, 0, 256)
	for range count {
		line = appendConn(line[:0], random)
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// tcpStates are the states that a director sees most.
var tcpStates = []string{"ESTABLISHED", "ESTABLISHED", "ESTABLISHED", "TIME_WAIT", "FIN_WAIT", "SYN_RECV", "CLOSE"}

func appendConn(b []byte, random *rand.Rand) []byte {
	protocol, state, port, service := "TCP", tcpStates[random.IntN(len(tcpStates))], 443, random.Uint32N(1000)
	switch random.IntN(10) {
	case 0, 1:
		protocol, state, port, service = "UDP", "UDP", 53, service%10
	case 2:
		protocol, state, port, service = "SCTP", "ESTABLISHED", 3868, service%10
	}
	address := func(v4 uint32, v6 uint32) string { return fmt.Sprintf("%08X", v4) }
	if random.IntN(8) == 0 {
		address = func(v4 uint32, v6 uint32) string {
			return fmt.Sprintf("2001:0db8:%04x:0000:0000:0000:%04x:%04x", v6, v4>>16, v4&0xffff)
		}
	}
	return fmt.Appendf(b, "%-3s %s %04X %s %04X %s %04X %-11s %7d\n", protocol,
		address(random.Uint32(), 1), 1024+random.IntN(64512),
		address(0x0a000001+service, 2), port,
		address(0x14000001+10*service+random.Uint32N(10), 3), 8000+port,
		state, 1+random.IntN(900))
}
