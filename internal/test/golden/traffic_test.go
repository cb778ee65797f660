// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdListen takes datagrams at an address, and drops them, until the case ends.
func cmdListen(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "listen address:port")
	conn, err := net.ListenPacket("udp", args[0])
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
}

// cmdSend sends datagrams from one port, then waits until the kernel's counters show them.
func cmdSend(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "send number size address:port")
	number, err := strconv.Atoi(args[0])
	ts.Check(err)
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	before, err := packetsSeen()
	ts.Check(err)

	conn, err := net.Dial("udp", args[2])
	ts.Check(err)
	ts.Defer(func() { conn.Close() }) // so that no later one gets the same port
	datagram := make([]byte, size)
	for range number {
		_, err := conn.Write(datagram)
		ts.Check(err)
	}
	ts.Check(waitForPackets(before + uint64(number)))
}

// waitForPackets waits until the namespace's counters have seen that many packets. The
// kernel works them out every two seconds, for all services at once.
func waitForPackets(want uint64) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if got, err := packetsSeen(); err != nil || got >= want {
			return err
		}
	}
	return fmt.Errorf("the counters do not show %d packets", want)
}

// packetsSeen is the number of packets that came in to the namespace's services.
func packetsSeen() (uint64, error) {
	const name = "/proc/thread-self/net/ip_vs_stats"
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	// Two lines of headings, then connections, packets in, packets out, ...
	lines := strings.Split(string(text), "\n")
	if len(lines) < 3 {
		return 0, fmt.Errorf("%s has no numbers", name)
	}
	fields := strings.Fields(lines[2])
	if len(fields) < 2 {
		return 0, fmt.Errorf("%s has no packets", name)
	}
	return strconv.ParseUint(fields[1], 16, 64)
}
