// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"encoding/hex"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

var record = flag.Bool("record", false, "have this machine's kernel take the rules, and record what it says of them; this takes root, nft and iptables-legacy")

// recorded are commands that make rules, and what the checks then say of a service of mark 7 and of a server at the end of a
// tunnel gue, to port 6080 of 10.2.0.11 over the interface back. What the kernel says of the rules is in testdata.
var recorded = map[string]struct {
	commands string
	want     []string
}{
	"nft map of marks":           {mangle + "add rule ip m pre meta mark set tcp dport map { 80 : 7, 443 : 8 }", nil},
	"nft named map of marks":     {mangle + "add map ip m ports { type inet_service : mark; elements = { 80 : 8 }; }\nadd rule ip m pre meta mark set tcp dport map @ports", nil},
	"nft map of chains":          {mangle + "add chain ip m seven\nadd rule ip m seven meta mark set 7\nadd rule ip m pre tcp dport vmap { 80 : jump seven, 81 : accept }", nil},
	"nft sets and a mark":        {mangle + "add set ip m ports { type inet_service; }\nadd rule ip m pre ip daddr { 10.1.0.100, 10.1.0.101 } tcp dport @ports meta mark set 7", nil},
	"nft sets and another mark":  {mangle + "add rule ip m pre tcp dport { 80, 443 } meta mark set 8", []string{noMark}},
	"nft marks by turns":         {mangle + "add rule ip m pre meta mark 0 meta mark set numgen inc mod 2 map { 0 : 7, 1 : 8 }", nil},
	"nft marks by numbers":       {mangle + "add rule ip m pre meta mark 0 meta mark set numgen inc mod 2 offset 7", nil},
	"nft mark of the connection": {mangle + "add rule ip m pre meta mark set ct mark", nil},
	"nft bits of the mark":       {mangle + "add rule ip m pre meta mark set meta mark and 0xffffff00 or 0x7", nil},
	"nft other bits of the mark": {mangle + "add rule ip m pre meta mark set meta mark and 0xffffff00 or 0x8", []string{noMark}},
	"nft mark of the other family": {
		"add table ip6 m\nadd chain ip6 m pre { type filter hook prerouting priority mangle; }\nadd rule ip6 m pre meta mark set 7", []string{noMark}},
	"nft mark of both families, for one": {
		"add table inet m\nadd chain inet m pre { type filter hook prerouting priority mangle; }\nadd rule inet m pre meta nfproto ipv6 meta mark set 7", []string{noMark}},
	"nft mark that comes too late": {
		"add table ip m\nadd chain ip m f { type filter hook forward priority mangle; }\nadd rule ip m f meta mark set 7", []string{noMark}},
	"nft dormant table": {
		"add table ip m { flags dormant; }\nadd chain ip m pre { type filter hook prerouting priority mangle; }\nadd rule ip m pre meta mark set 7\n" +
			"add chain ip m out { type filter hook output priority 0; policy drop; }", []string{noMark}},

	"nft usual filter": {filter + "add rule inet f out ct state established,related accept\nadd rule inet f out oif lo accept\n" +
		"add rule inet f out oifname \"lo\" accept\nadd rule inet f out tcp dport { 22, 80 } accept\nadd rule inet f out ip protocol icmp accept", []string{noMark, noTunnel}},
	"nft filter with a set":               {filter + "add rule inet f out udp dport { 53, 6080 } accept", []string{noMark}},
	"nft filter with a named set":         {filter + "add set inet f servers { type ipv4_addr; }\nadd rule inet f out ip daddr @servers accept", []string{noMark}},
	"nft filter with a map of verdicts":   {filter + "add rule inet f out udp dport vmap { 53 : drop, 6080 : accept }", []string{noMark}},
	"nft filter with states in a map":     {filter + "add rule inet f out ct state vmap { established : accept, related : accept, invalid : drop }", []string{noMark}},
	"nft filter with a chain":             {filter + "add chain inet f more\nadd rule inet f more accept\nadd rule inet f out udp dport 6000-6100 jump more", []string{noMark}},
	"nft filter with two things in a set": {filter + "add rule inet f out ip daddr . udp dport { 10.2.0.11 . 6080 } accept", []string{noMark}},
	"nft filter with a number":            {filter + "add rule inet f out meta l4proto { icmp, udp } accept", []string{noMark}},
	"nft filter with new connections":     {filter + "add rule inet f out ct state { established, new } accept", []string{noMark}},
	"nft filter of the interface": {"add table inet f\nadd chain inet f out { type filter hook output priority 0; }\n" +
		"add rule inet f out oifname \"eth*\" drop\nadd rule inet f out oifname \"ba*\" counter drop", []string{noMark, noTunnel}},
	"nft filter of other interfaces": {"add table inet f\nadd chain inet f out { type filter hook output priority 0; }\n" +
		"add rule inet f out oifname \"eth*\" drop\nadd rule inet f out oif lo drop\nadd rule inet f out udp dport { 53, 54 } drop\n" +
		"add rule inet f out ip daddr 10.3.0.0/16 drop", []string{noMark}},
	"nft filter of networks": {"add table inet f\nadd chain inet f out { type filter hook output priority 0; }\n" +
		"add rule inet f out ip daddr 10.2.0.0/20 udp dport 6080 reject", []string{noMark, noTunnel}},

	"iptables mark in a chain": {"-t mangle -N own\n-t mangle -A own -j MARK --set-mark 7\n-t mangle -A PREROUTING -p tcp --dport 80 -j own", nil},
	"iptables other mark":      {"-t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-mark 8", []string{noMark}},
	"iptables usual filter": {"-P OUTPUT DROP\n-A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n-A OUTPUT -m state --state ESTABLISHED -j ACCEPT\n" +
		"-A OUTPUT -o lo -j ACCEPT\n-A OUTPUT -p tcp -m multiport --dports 22,80 -j ACCEPT", []string{noMark, noTunnel}},
	"iptables filter with new connections": {"-P OUTPUT DROP\n-A OUTPUT -m conntrack --ctstate ESTABLISHED,NEW -j ACCEPT", []string{noMark}},
	"iptables filter with a chain":         {"-P OUTPUT DROP\n-N own\n-A own -p udp -j ACCEPT\n-A OUTPUT -j own", []string{noMark}},
	"iptables filter with ports":           {"-P OUTPUT DROP\n-A OUTPUT -p udp -m multiport --dports 53,6080 -j ACCEPT", []string{noMark}},
	"iptables filter of the interface":     {"-A OUTPUT -o eth+ -j ACCEPT\n-A OUTPUT -o ba+ -j DROP", []string{noMark, noTunnel}},
	"iptables filter of other interfaces":  {"-A OUTPUT -o eth+ -j DROP\n-A OUTPUT -o b -j DROP\n-A OUTPUT ! -o eth1 -d 10.3.0.0/16 -j DROP", []string{noMark}},
}

const (
	mangle = "add table ip m\nadd chain ip m pre { type filter hook prerouting priority mangle; }\n"
	filter = "add table inet f\nadd chain inet f out { type filter hook output priority 0; policy drop; }\n"

	noMark   = "mark"
	noTunnel = "gue-port"
)

// marked is what the rules are about.
func marked(all check.Rulesets) *check.Facts {
	all.Read = true
	server := netip.MustParseAddrPort("10.2.0.11:80")
	return &check.Facts{
		Services: []check.Service{{Key: check.Key{Mark: 7}, Servers: []check.Server{
			{Addr: server, Method: check.Tunnel, Weight: 1, Tunnel: "gue", TunnelPort: 6080}}}},
		Links:    []check.Link{{Name: "lo", Index: 1}, {Name: "back", Index: 9, Up: true, Running: true, MTU: 1500}},
		Routes:   map[netip.Addr]*check.Route{server.Addr(): {Kind: check.Unicast, Link: 9, Next: server.Addr()}},
		Firewall: all,
	}
}

// TestPlaceRecorded reads what a kernel of a machine of 64 bits and little endian has said of rules.
func TestPlaceRecorded(t *testing.T) {
	for name, c := range recorded {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", strings.NewReplacer(" ", "-", ",", "").Replace(name)+".txt")
			if *record {
				require.NoError(t, os.WriteFile(file, ask(t, c.commands), 0o644))
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			made, said, ok := strings.Cut(string(text), "\n\n")
			require.True(t, ok)
			require.Equal(t, c.commands, made, "-record records it again")
			var all check.Rulesets
			readRecord(t, said, &all)
			var got []string
			for _, f := range check.Run([]check.Check{*check.ByName("mark"), *check.ByName("gue-port")}, marked(all)) {
				got = append([]string{f.Check}, got...) // the worst come first
			}
			require.Empty(t, gocmp.Diff(c.want, got), "%+v", all)
		})
	}
}

// readRecord reads lines, each of a kind, a number of a family or the name of a table, and bytes.
func readRecord(t *testing.T, said string, all *check.Rulesets) {
	t.Helper()
	var o objects
	var info []byte
	for line := range strings.Lines(said) {
		fields := strings.Fields(line)
		require.Len(t, fields, 3)
		b, err := hex.DecodeString(fields[2])
		require.NoError(t, err)
		family, _ := strconv.Atoi(fields[1])
		thing := object{uint8(family), b}
		switch fields[0] {
		case "table":
			o.tables = append(o.tables, thing)
		case "chain":
			o.chains = append(o.chains, thing)
		case "rule":
			o.rules = append(o.rules, thing)
		case "info":
			info = b
		case "entries":
			require.NoError(t, ipv4.read(fields[1], info, b, all))
		}
	}
	o.read(all)
}

// ask makes rules in a network namespace, and returns what the kernel says of them.
func ask(t *testing.T, commands string) (text []byte) {
	t.Helper()
	text = append(text, commands+"\n\n"...)
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return err
			}
			if strings.HasPrefix(commands, "-") {
				return askIptables(commands, &text)
			}
			return askNft(commands, &text)
		}()
	}()
	require.NoError(t, <-done)
	return text
}

func askNft(commands string, text *[]byte) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(commands + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	o, err := dumpAll(dump)
	for i, all := range [][]object{o.tables, o.chains, o.rules} {
		for _, x := range all {
			*text = fmt.Appendf(*text, "%s %d %x\n", [...]string{"table", "chain", "rule"}[i], x.family, x.attributes)
		}
	}
	return err
}

func askIptables(commands string, text *[]byte) error {
	for line := range strings.Lines(commands) {
		if out, err := exec.Command("iptables-legacy", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s%w: %s", line, err, out)
		}
	}
	names, err := os.ReadFile("/proc/thread-self/net/ip_tables_names")
	for _, name := range strings.Fields(string(names)) {
		info, b, err := ipv4.get(getsockopt, name)
		if err != nil {
			return err
		}
		*text = fmt.Appendf(*text, "info %s %x\nentries %s %x\n", name, info, name, b)
	}
	return err
}
