// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestOverloadLevels has the kernel raise and lower the levels by the memory that there is.
func TestOverloadLevels(t *testing.T) {
	n := newNetwork(t, 0, byDirector)
	levels := func() string {
		words := []string{}
		for _, name := range []string{"drop_entry", "drop_packet", "secure_tcp"} {
			words = append(words, kernelSysctl(t, n.director, sysctlPath+name))
		}
		return strings.Join(words, " ")
	}
	require.Equal(t, "0 0 0", levels())
	n.run(t, "--sysctl drop_entry=1 drop_packet=1 secure_tcp=1 amemthresh=100000000")
	eventually(t, func() bool { return levels() == "2 2 2" })
	n.run(t, "--sysctl amemthresh=0")
	eventually(t, func() bool { return levels() == "1 1 1" })
	n.run(t, "--sysctl drop_entry=3 drop_packet=3 secure_tcp=3")
	got := n.director.Ipvsadm(t, program(), "--sysctl", "drop_entry=4")
	require.Equal(t, 255, got.Code)
	require.Equal(t, "3 3 3", levels())
}

// TestDropEntry has the kernel end half-open connections, and no others.
func TestDropEntry(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	n.set(t, "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.99:80 -m\n"+
		"-A -t 10.1.0.100:81 -s rr\n-a -t 10.1.0.100:81 -r 10.2.0.11:8080 -m")
	defer n.dial(t, client1, vip, 81).Close()
	n.halfOpen(t, 500)
	require.Equal(t, "500 0", n.active(t, "10.2.0.99:80"))
	n.run(t, "--sysctl drop_entry=3")
	eventually(t, func() bool { return n.active(t, "10.2.0.99:80") != "500 0" })
	require.Equal(t, "1 0", n.active(t, "10.2.0.11:8080"))
}

// halfOpen sends SYN packets, which no server answers.
func (n *network) halfOpen(t *testing.T, times int) {
	t.Helper()
	var err error
	n.client.Do(func() {
		for i := 0; i < times && err == nil; i++ {
			var fd int
			if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0); err != nil {
				return
			}
			if connecting := unix.Connect(fd, &unix.SockaddrInet4{Port: 80, Addr: [4]byte(net.ParseIP(vip).To4())}); connecting != unix.EINPROGRESS {
				err = fmt.Errorf("connecting: %w", connecting)
			}
			unix.Close(fd)
		}
	})
	require.NoError(t, err)
}

// TestDropPacket has the kernel drop every second packet that would make a connection and, while memory is very short, every
// one.
func TestDropPacket(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	n.set(t, "-A -u 10.1.0.100:53 -s rr\n-a -u 10.1.0.100:53 -r 10.2.0.11 -m")
	n.run(t, "--sysctl am_droprate=2 drop_packet=3")
	port := 30000
	inactive := func() (number int) {
		_, err := fmt.Sscan(strings.Fields(n.active(t, "10.2.0.11:53"))[1], &number)
		require.NoError(t, err)
		return number
	}
	ten := func() int {
		before := inactive()
		for range 10 {
			port++
			socket := listenUDP(t, n.client, fmt.Sprint(client1, ":", port))
			_, err := socket.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP(vip), Port: 53})
			require.NoError(t, err)
			socket.Close()
		}
		return inactive() - before
	}
	eventually(t, func() bool { return ten() == 5 })
	n.run(t, "--sysctl drop_packet=1 amemthresh=100000000")
	eventually(t, func() bool { return ten() == 0 })
}

// TestSecureTCP connects to a silent server and to one that writes first.
func TestSecureTCP(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	var silent net.Listener
	var err error
	n.reals[0].Do(func() { silent, err = net.Listen("tcp", ":9090") })
	require.NoError(t, err)
	defer silent.Close()
	n.set(t, "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m\n"+
		"-A -t 10.1.0.100:90 -s rr\n-a -t 10.1.0.100:90 -r 10.2.0.11:9090 -m")
	for level, want := range []string{0: "ESTABLISHED", 3: "SYNACK"} {
		if want == "" {
			continue
		}
		n.run(t, fmt.Sprint("--sysctl secure_tcp=", level))
		defer n.dial(t, client1, vip, 80).Close()
		var conn net.Conn
		n.client.Do(func() { conn, err = net.Dial("tcp", "10.1.0.100:90") })
		require.NoError(t, err)
		from := conn.LocalAddr().String()
		state := func(client string) string {
			for line := range strings.Lines(n.run(t, "-L -n -c")) {
				if words := strings.Fields(line); len(words) > 3 && words[3] == client {
					return words[2]
				}
			}
			return ""
		}
		eventually(t, func() bool { return state(from) == want }, want)
		conn.Close()
		require.NotContains(t, n.run(t, "-L -n -c -t 10.1.0.100:80"), "SYNACK")
	}
}
