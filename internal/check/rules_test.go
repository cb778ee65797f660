// SPDX-License-Identifier: Apache-2.0

package check

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// The chains of the tests: of both families and of each.
var (
	inet      = Chain{Program: "nft", Family: "inet", Hook: "prerouting"}
	iptables  = Chain{Program: "iptables", Hook: "prerouting"}
	ip6tables = Chain{Program: "ip6tables", Hook: "prerouting"}
)

// at returns a chain at another hook.
func (c Chain) at(hook string) Chain {
	c.Hook = hook
	return c
}

// A chain sees the packets of its family.
func TestChainTakes(t *testing.T) {
	for _, tt := range []struct {
		chain      Chain
		ipv4, ipv6 bool
	}{
		{iptables, true, false},
		{ip6tables, false, true},
		{Chain{Program: "nft", Family: "ip"}, true, false},
		{Chain{Program: "nft", Family: "ip6"}, false, true},
		{inet, true, true},
		{Chain{Program: "nft", Family: "bridge"}, true, true},
		{Chain{Program: "nft", Family: "netdev"}, true, true},
	} {
		require.Equal(t, tt.ipv4, tt.chain.takes(vip), tt.chain)
		require.Equal(t, tt.ipv6, tt.chain.takes(vip6), tt.chain)
	}
}

// Rules name protocols by their numbers.
func TestServiceOf(t *testing.T) {
	for _, tt := range []struct {
		key      Key
		protocol uint8
		port     uint16
	}{
		{Key{Protocol: "TCP", Addr: netip.AddrPortFrom(vip, 80)}, 6, 80},
		{Key{Protocol: "UDP", Addr: netip.AddrPortFrom(vip, 53)}, 17, 53},
		{Key{Protocol: "SCTP", Addr: netip.AddrPortFrom(vip6, 3868)}, 132, 3868},
		{Key{Protocol: "TCP", Addr: netip.AddrPortFrom(vip, 0)}, 6, 0},
		{Key{Mark: 7}, 0, 0},
	} {
		protocol, port := (&Service{Key: tt.key}).of()
		require.Equal(t, tt.protocol, protocol, tt.key)
		require.Equal(t, tt.port, port, tt.key)
	}
}

// A rule takes no packets that one of its conditions leaves out.
func TestRuleMay(t *testing.T) {
	const tcp, any = 6, 0
	for name, tt := range map[string]struct {
		rule     Rule
		to       netip.Addr
		protocol uint8
		port     uint16
		want     bool
	}{
		"all":                        {Rule{Chain: inet}, vip, tcp, 80, true},
		"all of IPv6":                {Rule{Chain: inet}, vip6, tcp, 80, true},
		"of another family's chain":  {Rule{Chain: ip6tables}, vip, tcp, 80, false},
		"of IPv4":                    {Rule{Chain: inet, Version: 2}, vip, tcp, 80, true},
		"not of IPv4":                {Rule{Chain: inet, Version: 10}, vip, tcp, 80, false},
		"of IPv6":                    {Rule{Chain: inet, Version: 10}, vip6, tcp, 80, true},
		"not of IPv6":                {Rule{Chain: inet, Version: 2}, vip6, tcp, 80, false},
		"of a protocol":              {Rule{Chain: inet, Protocol: tcp}, vip, tcp, 80, true},
		"of another protocol":        {Rule{Chain: inet, Protocol: udp}, vip, tcp, 80, false},
		"of some protocol":           {Rule{Chain: inet, Protocol: tcp}, vip, any, 80, true},
		"below the ports":            {Rule{Chain: inet, Ports: [2]uint16{80, 89}}, vip, tcp, 79, false},
		"of the first port":          {Rule{Chain: inet, Ports: [2]uint16{80, 89}}, vip, tcp, 80, true},
		"of the last port":           {Rule{Chain: inet, Ports: [2]uint16{80, 89}}, vip, tcp, 89, true},
		"above the ports":            {Rule{Chain: inet, Ports: [2]uint16{80, 89}}, vip, tcp, 90, false},
		"of some port":               {Rule{Chain: inet, Ports: [2]uint16{80, 89}}, vip, tcp, any, true},
		"to the network":             {Rule{Chain: inet, To: netip.MustParsePrefix("192.0.2.0/24")}, vip, tcp, 80, true},
		"to another network":         {Rule{Chain: inet, To: netip.MustParsePrefix("10.0.0.0/8")}, vip, tcp, 80, false},
		"to the network, of another": {Rule{Chain: inet, Protocol: udp, To: netip.MustParsePrefix("192.0.2.0/24")}, vip, tcp, 80, false},
		"of all at once": {Rule{Chain: iptables, Version: 2, Protocol: tcp, Ports: [2]uint16{80, 80}, To: netip.MustParsePrefix("192.0.2.10/32")},
			vip, tcp, 80, true},
	} {
		require.Equal(t, tt.want, tt.rule.may(tt.to, tt.protocol, tt.port), name)
	}
}

// IPVS takes packets at the hook input, and those of the director itself at the hook output.
func TestRuleReaches(t *testing.T) {
	for _, tt := range []struct {
		rule       Rule
		ipv4, ipv6 bool
	}{
		{Rule{Chain: inet}, true, true},
		{Rule{Chain: inet, Version: 2}, true, false},
		{Rule{Chain: inet, Version: 10}, false, true},
		{Rule{Chain: iptables}, true, false},
		{Rule{Chain: ip6tables}, false, true},
		{Rule{Chain: iptables, Version: 10}, false, false},
		{Rule{Chain: inet.at("")}, true, true}, // which another chain may lead to
		{Rule{Chain: inet.at("input")}, true, true},
		{Rule{Chain: inet.at("output")}, true, true},
		{Rule{Chain: inet.at("forward")}, false, false},
		{Rule{Chain: inet.at("postrouting")}, false, false},
	} {
		require.Equal(t, tt.ipv4, tt.rule.reaches(false), tt.rule)
		require.Equal(t, tt.ipv6, tt.rule.reaches(true), tt.rule)
	}
}

// Rules that give packets a mark name the whole mark and an address.
func TestMarking(t *testing.T) {
	to := netip.MustParsePrefix("192.0.2.10/32")
	good := Rule{Chain: inet, Marks: true, Mark: 7, MarkedBit: ^uint32(0), Version: 2, To: to}
	for name, change := range map[string]func(*Rule){
		"none":          func(l *Rule) { l.Marks = false },
		"another":       func(l *Rule) { l.Mark = 8 },
		"some bits":     func(l *Rule) { l.MarkedBit = 7 },
		"all addresses": func(l *Rule) { l.To = netip.Prefix{} },
		"too late":      func(l *Rule) { l.Hook = "postrouting" },
		"IPv6":          func(l *Rule) { l.Version = 10 },
	} {
		bad := good
		change(&bad)
		all := Rulesets{Rules: []Rule{bad, good}}
		require.Equal(t, []*Rule{&all.Rules[1]}, all.marking(7, false), name)
	}
}

// A rule goes by the virtual address and port. Connections of a mark have any address that no service has.
func TestRuleIsFor(t *testing.T) {
	virtual := func(p string, port uint16) Rule { return Rule{Virtual: netip.MustParsePrefix(p), Port: port} }
	f := working()
	f.Services = append(f.Services, Service{Key: Key{Protocol: "TCP", Addr: netip.AddrPortFrom(vip, 0)}}, Service{Key: Key{Mark: 7}})
	for _, tt := range []struct {
		rule           Rule
		web, all, mark bool
	}{
		{Rule{}, false, false, false},
		{Rule{IPVS: true}, true, true, true},
		{Rule{IPVS: true, Port: 80}, true, true, true},
		{Rule{IPVS: true, Port: 443}, false, true, true},
		{virtual("192.0.2.10/32", 0), true, true, false},
		{virtual("192.0.2.10/32", 80), true, true, false},
		{virtual("192.0.2.10/32", 443), false, true, false},
		{virtual("192.0.2.99/32", 0), false, false, true},
	} {
		require.Equal(t, tt.web, tt.rule.isFor(f, &f.Services[0]), "port 80: %v", tt.rule)
		require.Equal(t, tt.all, tt.rule.isFor(f, &f.Services[1]), "port 0: %v", tt.rule)
		require.Equal(t, tt.mark, tt.rule.isFor(f, &f.Services[2]), "mark: %v", tt.rule)
	}
}

// A rule that names neither where packets go nor whose they are may be meant for others.
func TestRuleIsOnWay(t *testing.T) {
	near, far := netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("10.1.0.0/24")
	for name, tt := range map[string]struct {
		rule Rule
		want bool
	}{
		"all":                              {Rule{}, false},
		"the interface":                    {Rule{Out: "back"}, true},
		"the interface by its index":       {Rule{OutIndex: 3}, true},
		"another interface":                {Rule{Out: "front"}, false},
		"another interface by its index":   {Rule{OutIndex: 2}, false},
		"the network":                      {Rule{To: near}, true},
		"another network":                  {Rule{To: far}, false},
		"the interface and the network":    {Rule{Out: "back", To: near}, true},
		"the interface to another network": {Rule{Out: "back", To: far}, false},
		"another interface to the network": {Rule{Out: "front", To: near}, false},
		"some packets":                     {Rule{Out: "back", Narrower: true}, false},
		"a virtual address":                {Rule{Out: "back", Virtual: netip.MustParsePrefix("192.0.2.99/32")}, false},
		"another port of IPVS":             {Rule{Out: "back", IPVS: true, Port: 443}, false},
	} {
		f := working()
		require.Equal(t, tt.want, tt.rule.isOnWay(f, &f.Services[0].Servers[0], f.Routes[rs1]), name)
	}
	named := Rule{Out: "back"}
	require.False(t, named.isOnWay(&Facts{}, &Server{Addr: netip.AddrPortFrom(rs1, 80)}, working().Routes[rs1]), "interfaces that are not known")
}

// A rule names an interface, those whose names begin alike, or one by its index.
func TestRuleGoesOut(t *testing.T) {
	link := &Link{Name: "eth1", Index: 3}
	for _, tt := range []struct {
		rule Rule
		want bool
	}{
		{Rule{}, true},
		{Rule{Out: "eth1"}, true},
		{Rule{Out: "eth"}, false},
		{Rule{Out: "eth*"}, true},
		{Rule{Out: "wlan*"}, false},
		{Rule{OutIndex: 3}, true},
		{Rule{OutIndex: 2}, false},
		{Rule{Out: "eth1", OutIndex: 2}, false},
		{Rule{Out: "eth0", OutIndex: 3}, false},
	} {
		require.Equal(t, tt.want, tt.rule.goesOut(link), tt.rule)
	}
}
