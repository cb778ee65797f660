package e2e_test

import (
	"fmt"
	"strings"
	"testing"
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
}

// TestCounters checks that what is listed is what went through.
func TestCounters(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	const asked = 6
	wantTally(t, n.tally(t, asked, client1, vip, 80), asked/2, asked/2)

	stats := n.run(t, "-Ln --stats --exact")
	service := row(t, stats, "TCP", "10.1.0.100:80")
	reals := [][]string{row(t, stats, "->", "10.2.0.11:8080"), row(t, stats, "->", "10.2.0.12:8080")}
	if service[0] != fmt.Sprint(asked) || reals[0][0] != fmt.Sprint(asked/2) || reals[1][0] != fmt.Sprint(asked/2) {
		t.Errorf("connections are not %d and half of it each:\n%s", asked, stats)
	}
	// A connection takes at least SYN, ACK and FIN one way, SYN+ACK, the answer and FIN the other.
	for i, least := range []int{1, 3, 3, 120, 120} {
		sum := number(t, reals[0][i]) + number(t, reals[1][i])
		if total := number(t, service[i]); total != sum || total < asked*least {
			t.Errorf("column %d: the service has %d, its real servers %d, want at least %d:\n%s",
				i+1, total, sum, asked*least, stats)
		}
	}

	n.set(t, "-Z -t 10.1.0.100:80")
	if got := row(t, n.run(t, "-Ln --stats"), "TCP", "10.1.0.100:80"); strings.Join(got, " ") != "0 0 0 0 0" {
		t.Errorf("after -Z the counters are %q", got)
	}
}

func number(t *testing.T, word string) int {
	t.Helper()
	var n int
	if _, err := fmt.Sscan(word, &n); err != nil {
		t.Fatalf("%q is no number", word)
	}
	return n
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
