// SPDX-License-Identifier: Apache-2.0

package names

import (
	"net"
	"testing"
	"time"
)

// A server that says what it is told, and who said it.
func startEcho(t *testing.T) (server string, askers <-chan string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	seen := make(chan string, 16)
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			seen <- from.String()
			_, _ = conn.WriteTo(b[:n], from)
		}
	}()
	return conn.LocalAddr().String(), seen
}

// A socket that has answered is used again, and one that has failed is not.
func TestSockets(t *testing.T) {
	server, askers := startEcho(t)
	var s sockets
	ask := func(deadline time.Time) (asker string) {
		t.Helper()
		c, err := s.dial(t.Context(), "udp", server)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(deadline); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("x")); err != nil {
			return ""
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		return <-askers
	}
	later := time.Now().Add(time.Minute)
	first := ask(later)
	if again := ask(later); again != first {
		t.Errorf("asked from %s and then from %s", first, again)
	}
	if late := ask(time.Unix(1, 0)); late != "" {
		t.Errorf("asked from %s past the deadline", late)
	}
	if len(s.idle[server]) != 0 {
		t.Error("a socket that has failed is kept")
	}
	if other := ask(later); other == "" {
		t.Error("cannot ask any more")
	}
}

// The resolver knows a socket for one of datagrams.
func TestSocketIsPacketConn(t *testing.T) {
	server, _ := startEcho(t)
	c, err := new(sockets).dial(t.Context(), "udp", server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, ok := c.(net.PacketConn); !ok {
		t.Errorf("%T is no PacketConn", c)
	}
}
