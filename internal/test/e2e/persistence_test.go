// SPDX-License-Identifier: Apache-2.0

package e2e_test

import "testing"

// twoServers makes two real servers of a service, given its words.
func (n *network) twoServers(t *testing.T, service, more, port string) {
	t.Helper()
	n.set(t, "-A "+service+" -s rr "+more+`
-a `+service+` -r 10.2.0.11`+port+` -m
-a `+service+` -r 10.2.0.12`+port+` -m`)
}

// TestPersistencePerClient keeps a client on one real server, whatever the port: a service of port 0.
func TestPersistencePerClient(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:0", "-p", "")
	first := n.ask(t, client1, vip, 8080)
	second := n.ask(t, client2, vip, 8080)
	if first == second {
		t.Errorf("both clients were sent to %s", first)
	}
	for _, port := range ports {
		for range 3 {
			if got := n.ask(t, client1, vip, port); got != first {
				t.Errorf("client 1, port %d: sent to %s, want %s", port, got, first)
			}
			if got := n.ask(t, client2, vip, port); got != second {
				t.Errorf("client 2, port %d: sent to %s, want %s", port, got, second)
			}
		}
	}
	n.quiet(t)
}

// TestPersistencePerPort keeps a client on one real server for each of two services.
func TestPersistencePerPort(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "-p 600", ":8080")
	n.twoServers(t, "-t 10.1.0.100:81", "-p 600", ":8081")
	n.ask(t, client2, vip, 81) // so that client 1 has its turn elsewhere
	want := map[int]string{80: n.ask(t, client1, vip, 80), 81: n.ask(t, client1, vip, 81)}
	if want[80] == want[81] {
		t.Errorf("both services sent the client to %s", want[80])
	}
	for range 3 {
		for port, name := range want {
			if got := n.ask(t, client1, vip, port); got != name {
				t.Errorf("port %d: sent to %s, want %s", port, got, name)
			}
		}
	}
	n.quiet(t)
}

// TestPersistenceMask keeps all clients of a network on one real server.
func TestPersistenceMask(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "-p -M 255.255.255.0", ":8080")
	want := n.ask(t, client1, vip, 80)
	for range 3 {
		for _, client := range []string{client1, client2} {
			if got := n.ask(t, client, vip, 80); got != want {
				t.Errorf("client %s: sent to %s, want %s", client, got, want)
			}
		}
	}
}
