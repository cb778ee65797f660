// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"net"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// listenUDP opens a socket in a namespace.
func listenUDP(t *testing.T, ns *kernel.Namespace, address string) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	var err error
	ns.Do(func() { conn, err = net.ListenPacket("udp", address) })
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// answerUDP answers each datagram at an address of the real server with its name.
func (r *realServer) answerUDP(t *testing.T, address string) {
	t.Helper()
	conn := listenUDP(t, r.Namespace, address)
	go func() {
		datagram := make([]byte, 1500)
		for {
			_, from, err := conn.ReadFrom(datagram)
			if err != nil {
				return
			}
			conn.WriteTo([]byte(r.name), from)
		}
	}()
}

// TestUDP sends datagrams from one socket: one connection, to one real server, unless each packet is scheduled
// by itself.
func TestUDP(t *testing.T) {
	n := newNetwork(t, 2, byRouter)
	for _, r := range n.reals {
		r.IP(t, "address add 10.1.0.100/32 dev lo")
		r.answerUDP(t, "10.1.0.100:53")
	}
	n.set(t, `-A -u 10.1.0.100:53 -s rr
-a -u 10.1.0.100:53 -r 10.2.0.11
-a -u 10.1.0.100:53 -r 10.2.0.12`)
	socket := listenUDP(t, n.client, client1+":0")
	answers := tallyUDP(t, socket, 6)
	require.Len(t, answers, 1)
	n.quiet(t)

	n.set(t, "-E -u 10.1.0.100:53 -s rr --ops")
	fresh := listenUDP(t, n.client, client1+":0")
	wantTally(t, tallyUDP(t, fresh, 6), 3, 3)
	n.quiet(t)
}

// tallyUDP sends the given number of datagrams from a socket and counts the answers by name.
func tallyUDP(t *testing.T, socket net.PacketConn, times int) map[string]int {
	t.Helper()
	answers := map[string]int{}
	service := &net.UDPAddr{IP: net.ParseIP(vip), Port: 53}
	for range times {
		if _, err := socket.WriteTo([]byte("question"), service); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 1500)
		size, from, err := socket.ReadFrom(answer)
		if err != nil {
			t.Fatal("waiting for an answer:", err)
		}
		require.Equal(t, service.String(), from.String())
		answers[string(answer[:size])]++
	}
	return answers
}
