// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// row returns the numbers of the line of a listing that begins with the words given, less the words themselves.
func row(t *testing.T, listing string, words ...string) []string {
	t.Helper()
	for line := range strings.Lines(listing) {
		fields := strings.Fields(line)
		if len(fields) > len(words) && strings.Join(fields[:len(words)], " ") == strings.Join(words, " ") {
			return fields[len(words):]
		}
	}
	t.Fatalf("no line begins with %q:\n%s", words, listing)
	return nil
}

// TestDrain takes a real server out of service by weight 0: it keeps what it has and gets nothing new.
func TestDrain(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	held := map[string]*call{}
	for range 2 {
		c := n.dial(t, client1, vip, 80)
		held[c.name] = c
	}
	n.set(t, "-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 0")
	wantTally(t, n.tally(t, 4, client1, vip, 80), 0, 4)
	n.quiet(t)
	held["r1"].echo(t, "still there")

	// Method, weight, active and inactive connections.
	got := row(t, n.run(t, "-Ln"), "->", "10.2.0.11:8080")
	if got[0] != "Masq" || got[1] != "0" || got[2] != "1" {
		t.Errorf("the drained real server is listed as %q", got)
	}
	held["r1"].close(t)
	got = row(t, n.run(t, "-Ln"), "->", "10.2.0.11:8080")
	if got[2] != "0" {
		t.Errorf("with its connection closed, it is listed as %q", got)
	}
	held["r2"].close(t)

	n.set(t, "-d -t 10.1.0.100:80 -r 10.2.0.11:8080\n-e -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 5")
	wantTally(t, n.tally(t, 2, client1, vip, 80), 0, 2)
}

// TestThreshold sends nothing to a real server that has its upper threshold of connections.
func TestThreshold(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	n.set(t, "-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 1")
	answers := map[string]int{}
	for range 5 {
		c := n.dial(t, client1, vip, 80)
		defer c.Close()
		answers[c.name]++
	}
	wantTally(t, answers, 1, 4)
	n.quiet(t)
}

// TestCounters checks that what is listed is what went through.
func TestCounters(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	const each = 3
	wantTally(t, n.tally(t, 2*each, client1, vip, 80), each, each)

	// A connection takes at least SYN, ACK and FIN one way, SYN+ACK, the answer and FIN the other.
	least := []int{1, 3, 3, 120, 120}
	full := n.counters(t, "columns that add up", func(service, one, other []int) bool {
		for i := range service {
			if service[i] != one[i]+other[i] || one[i] < each*least[i] || other[i] < each*least[i] {
				return false
			}
		}
		return service[0] == 2*each && one[0] == each && other[0] == each
	})

	n.set(t, "-Z -t 10.1.0.100:80")
	n.counters(t, "zeroed counters", func(service, one, other []int) bool {
		for i := range service {
			if service[i] >= full[i] {
				return false
			}
		}
		return service[0] == 0 && one[0] == 0 && other[0] == 0
	})
}

// TestServerCounters lists counters of real servers with both programs: the reference shows part of each number.
func TestServerCounters(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	wantTally(t, n.tally(t, 4, client1, vip, 80), 2, 2)
	n.counters(t, "two connections each", func(service, one, other []int) bool {
		return service[0] == 4 && one[0] == 2 && other[0] == 2
	})
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		const words = "-Ln --stats --exact"
		before := n.director.Ipvsadm(t, kernel.Reference, strings.Fields(words)...)
		got := kernel.AsReference(n.run(t, words))
		if after := n.director.Ipvsadm(t, kernel.Reference, strings.Fields(words)...); after == before {
			require.Equal(t, before.Stdout, got)
			return
		}
		require.True(t, time.Now().Before(end), "the counters never keep still")
	}
}

// counters lists the counters of the service and its two real servers until they are as wanted, for the
// kernel adds up what its processors have counted only every two seconds. It returns those of the service.
func (n *network) counters(t *testing.T, want string, ok func(service, one, other []int) bool) []int {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		stats := n.run(t, "-Ln --stats --exact")
		service := numbers(t, row(t, stats, "TCP", "10.1.0.100:80"))
		if ok(service, numbers(t, row(t, stats, "->", "10.2.0.11:8080")), numbers(t, row(t, stats, "->", "10.2.0.12:8080"))) {
			return service
		}
		if time.Now().After(end) {
			t.Fatalf("want %s:\n%s", want, stats)
		}
	}
}

func numbers(t *testing.T, words []string) []int {
	t.Helper()
	all := make([]int, len(words))
	for i, word := range words {
		var err error
		if all[i], err = strconv.Atoi(word); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestConnections lists the connections that are open, and those alone are established.
func TestConnections(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	open := n.dial(t, client1, vip, 80)
	defer open.Close()
	n.ask(t, client2, vip, 80)
	states := map[string]string{} // by client and real server
	for line := range strings.Lines(n.run(t, "-Lnc")) {
		// Protocol, time left, state, client, service, real server.
		if f := strings.Fields(line); len(f) == 6 && f[0] == "TCP" {
			client, _, _ := strings.Cut(f[3], ":")
			states[client+" "+f[5]] = f[2]
		}
	}
	first, second := "10.2.0.11:8080", "10.2.0.12:8080"
	if open.name == "r2" {
		first, second = second, first
	}
	if len(states) != 2 || states[client1+" "+first] != "ESTABLISHED" {
		t.Errorf("connections: %v", states)
	}
	if state, ok := states[client2+" "+second]; !ok || state == "ESTABLISHED" {
		t.Errorf("connections: %v", states)
	}
}
