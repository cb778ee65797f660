// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestTunnelling has the real servers get the client's packets in packets of the director's.
func TestTunnelling(t *testing.T) {
	for _, c := range []struct {
		name    string
		needs   []string // of the kernel
		modules []string // loaded before there is a namespace, so that each has their devices
		prepare string   // of each real server
		from    string
		vip     string
		service string
		options string
	}{
		{
			name:    "ipip",
			needs:   []string{"devices ipip"},
			modules: []string{"ipip"},
			prepare: "link set tunl0 up\naddress add 10.1.0.100/32 dev tunl0",
			from:    client1, vip: vip, service: "10.1.0.100:8080",
		},
		{
			name:    "IPv6 in IPv4",
			needs:   []string{"devices sit"},
			modules: []string{"sit"},
			prepare: "link set sit0 up\naddress add fd00:1::100/128 dev sit0 nodad",
			from:    client6, vip: vip6, service: "[fd00:1::100]:8080",
		},
		{
			name:    "gre",
			needs:   []string{"tunnels gre", "devices gre"},
			modules: []string{"ip_gre"},
			prepare: "link add gre1 type gre local any remote 10.2.0.1 icsum\nlink set gre1 up\naddress add 10.1.0.100/32 dev gre1",
			from:    client1, vip: vip, service: "10.1.0.100:8080",
			options: " --tun-type gre --tun-csum",
		},
		{
			name:    "gue",
			needs:   []string{"tunnels gue", "devices gue"},
			modules: []string{"ipip", "fou"},
			prepare: "fou add port 6080 gue\nlink set tunl0 up\naddress add 10.1.0.100/32 dev tunl0",
			from:    client1, vip: vip, service: "10.1.0.100:8080",
			options: " --tun-type gue --tun-port 6080",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			kernel.Need(t, c.needs...)
			modprobe(t, c.modules...)
			n := newNetwork(t, 2, byRouter)
			for _, r := range n.reals {
				r.IP(t, c.prepare)
			}
			n.set(t, "-A -t "+c.service+` -s rr
-a -t `+c.service+" -r 10.2.0.11 -i"+c.options+`
-a -t `+c.service+" -r 10.2.0.12 -i"+c.options)
			wantTally(t, n.tally(t, 6, c.from, c.vip, 8080), 3, 3)
			n.quiet(t)
		})
	}
}
