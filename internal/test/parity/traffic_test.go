// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// trafficRules are services of every kind that traffic can reach from where it starts.
const trafficRules = `-A -t 192.0.2.100:80 -s rr
-a -t 192.0.2.100:80 -r 127.0.0.1:8080 -m
-A -t 192.0.2.100:81 -s wlc -p 300 -M 255.255.255.0
-a -t 192.0.2.100:81 -r 127.0.0.1:8080 -m -w 3
-A -t 192.0.2.100:82 -s rr
-a -t 192.0.2.100:82 -r 127.0.0.1:9 -m
-A -u 192.0.2.100:53 -s rr
-a -u 192.0.2.100:53 -r 127.0.0.1:8080 -m
-A -u 192.0.2.100:5060 -s rr -p 60 --pe sip
-a -u 192.0.2.100:5060 -r 127.0.0.1:8080 -m
-A -t [2001:db8::100]:80 -s rr
-a -t [2001:db8::100]:80 -r [::1]:8080 -m
-A -u [2001:db8::100]:53 -s sh -p 60 -M 64
-a -u [2001:db8::100]:53 -r [::1]:8080 -m
`

// TestTraffic compares listings of connections and counters that traffic has made.
func TestTraffic(t *testing.T) {
	lab := NewLab(t, reference(), ours(t))
	p := lab.reference
	if got, _, err := p.run(t.Context(), lab.Reference, &Case{}, &Call{Words: []string{"-R"}, Stdin: trafficRules}, true); err != nil || got != (kernel.Result{}) {
		t.Fatal(got, err)
	}
	makeTraffic(t, p)
	waitForRates(t, p)
	for _, words := range []string{
		"-L -n --rate", "-L -n --rate --exact", "-L -n -c", "-L -c", "-L -n -c --persistent-conn", "-L -c --persistent-conn",
		"-L -n", "-L", "-S -n", "-S", "-L -n --stats", "-L -n --stats --exact", "-L --stats", "-L -n --thresholds",
		"-L -n --persistent-conn", "-L -n -t 192.0.2.100:81 --stats",
	} {
		t.Run(words, func(t *testing.T) {
			want := sameListing(t, lab, &Call{Words: strings.Fields(words)})
			if strings.Count(want, "\n") < 2 {
				t.Errorf("there is nothing in the listing: %q", want)
			}
		})
	}
}

// sameListing compares what both programs list of the reference's table, and returns it. As time goes on in
// the table, it tries again until the reference lists the same before and after.
func sameListing(t *testing.T, lab *Lab, call *Call) string {
	t.Helper()
	run := func(p *Program) kernel.Result {
		result, _, err := lab.reference.run(t.Context(), p, &Case{}, call, false)
		require.NoError(t, err)
		return result
	}
	for range 100 {
		before, got, after := run(lab.Reference), run(lab.Ours), run(lab.Reference)
		if before != after {
			continue
		}
		require.Equal(t, before, got, call.Shell())
		return before.Stdout
	}
	t.Errorf("%s: the table never keeps still", call.Shell())
	return ""
}

// makeTraffic makes connections in all the states that do not pass at once.
func makeTraffic(t *testing.T, p *place) {
	t.Helper()
	for _, address := range []string{"127.0.0.1:8080", "[::1]:8080"} {
		var l net.Listener
		var err error
		p.Do(func() { l, err = net.Listen("tcp", address) })
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		go discard(l)
	}
	dial := func(network, address string) net.Conn {
		var c net.Conn
		var err error
		p.Do(func() { c, err = net.Dial(network, address) })
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	for _, address := range []string{"192.0.2.100:80", "192.0.2.100:81", "[2001:db8::100]:80"} {
		open, closing := dial("tcp", address), dial("tcp", address)
		for _, c := range []net.Conn{open, closing} {
			if _, err := io.WriteString(c, "hello\n"); err != nil {
				t.Error(err)
			}
		}
		closing.Close()
	}
	for address, text := range map[string]string{
		"192.0.2.100:53": "question", "[2001:db8::100]:53": "question",
		"192.0.2.100:5060": "INVITE sip:b@example.org SIP/2.0\r\nCall-ID: 1234567890@192.0.2.100\r\nCSeq: 1 INVITE\r\n\r\n",
	} {
		if _, err := io.WriteString(dial("udp", address), text); err != nil {
			t.Error(err)
		}
	}
	p.Do(func() {
		if c, err := net.Dial("tcp", "192.0.2.100:82"); err == nil {
			c.Close()
			t.Error("something listens at a missing real server")
		}
	})
}

// waitForRates waits until the kernel has worked out rates, which it does every two seconds.
func waitForRates(t *testing.T, p *place) {
	t.Helper()
	for range 200 {
		now, err := readTable(t.Context(), p.client)
		require.NoError(t, err)
		for _, s := range now.services {
			if s.Stats.InBPS > 0 {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("no service has a rate")
}

// discard takes connections and all they say, and keeps them open until the other side is done.
func discard(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}()
	}
}
