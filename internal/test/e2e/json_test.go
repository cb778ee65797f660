// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// Forms of what -L --json prints, by their names in the schema.
const (
	services    = "services"
	connections = "connections"
	daemons     = "daemons"
	timeouts    = "timeouts"
)

// readJSON validates JSON against one form of the schema, and reads it into v.
func readJSON(t *testing.T, form, text string, v any) {
	t.Helper()
	root, err := kernel.Root()
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join(root, "pkg", "format", "schema.json") + "#/$defs/" + form)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	require.NoError(t, err, text)
	require.NoError(t, json.Unmarshal([]byte(text), v))
}

// list lists as JSON, which must succeed.
func list(t *testing.T, n *kernel.Namespace, form string, v any, words ...string) string {
	t.Helper()
	got := n.Ipvsadm(t, program(), append([]string{"-L", "--json"}, words...)...)
	require.Zero(t, got.Code, words)
	require.Empty(t, got.Stderr, words)
	readJSON(t, form, got.Stdout, v)
	return got.Stdout
}

type endpoint struct {
	Address string
	Port    uint16
}

type jsonService struct {
	endpoint
	Protocol, Family, Scheduler, Engine string
	Mark                                uint32
	Flags                               []string
	Persistence                         *struct {
		Timeout      uint32
		Netmask      string
		PrefixLength uint32 `json:"prefix_length"`
	}
	Counters     map[string]uint64
	Destinations []jsonDestination
}

type jsonDestination struct {
	endpoint
	Forwarding string
	Weight     int
	Upper      int `json:"upper_threshold"`
	Lower      int `json:"lower_threshold"`
	Active     int `json:"active_connections"`
	Persistent int `json:"persistent_connections"`
	Tunnel     *struct {
		Type, Checksum string
		Port           uint16
	}
	Counters map[string]uint64
}

type jsonConnection struct {
	Protocol, State, Engine      string
	Client, Virtual, Destination endpoint
	Expires                      uint32
	EngineData                   string `json:"engine_data"`
}

func (e endpoint) text() string {
	if strings.Contains(e.Address, ":") {
		return fmt.Sprintf("[%s]:%d", e.Address, e.Port)
	}
	return fmt.Sprintf("%s:%d", e.Address, e.Port)
}

// rule writes a service as -S does.
func (s *jsonService) rule() string {
	words := []string{"-A", s.option(), "-s", s.Scheduler}
	if p := s.Persistence; p != nil {
		words = append(words, "-p", fmt.Sprint(p.Timeout))
		if s.Family == "IPv6" && p.PrefixLength != 128 {
			words = append(words, "-M", fmt.Sprint(p.PrefixLength))
		}
		if s.Family == "IPv4" && p.Netmask != "255.255.255.255" {
			words = append(words, "-M", p.Netmask)
		}
	}
	if s.Engine != "" {
		words = append(words, "--pe", s.Engine)
	}
	flags := strings.Join(s.Flags, ",") + ","
	flags = strings.TrimPrefix(flags, "persistent,")
	flags, onePacket := strings.CutPrefix(flags, "one_packet,")
	if onePacket {
		words = append(words, "-o")
	}
	if flags = strings.TrimSuffix(flags, ","); flags != "" {
		words = append(words, "-b", flags)
	}
	return strings.Join(words, " ") + "\n"
}

func (s *jsonService) option() string {
	switch {
	case s.Mark != 0 && s.Family == "IPv6":
		return fmt.Sprintf("-f %d -6", s.Mark)
	case s.Mark != 0:
		return fmt.Sprint("-f ", s.Mark)
	}
	return map[string]string{"TCP": "-t ", "UDP": "-u ", "SCTP": "--sctp-service "}[s.Protocol] + s.endpoint.text()
}

// rule writes a destination of the service s as -S does.
func (d *jsonDestination) rule(s *jsonService) string {
	words := []string{"-a", s.option(), "-r", d.endpoint.text(),
		map[string]string{"Masq": "-m", "Tunnel": "-i", "Route": "-g", "Local": "-g"}[d.Forwarding], "-w", fmt.Sprint(d.Weight)}
	if d.Tunnel != nil {
		words = append(words, "--tun-type", d.Tunnel.Type)
		if d.Tunnel.Port != 0 {
			words = append(words, "--tun-port", fmt.Sprint(d.Tunnel.Port))
		}
		if d.Tunnel.Checksum != "" {
			words = append(words, "--tun-"+d.Tunnel.Checksum)
		}
	}
	return strings.Join(words, " ") + "\n"
}

// TestJSONTable turns the JSON of a big table into rules: they match the saved ones, in the same order.
func TestJSONTable(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, program(), bigTable())
	var all []jsonService
	text := list(t, n, services, &all)
	var b strings.Builder
	for i := range all {
		s := &all[i]
		b.WriteString(s.rule())
		for j := range s.Destinations {
			b.WriteString(s.Destinations[j].rule(s))
		}
	}
	sameText(t, "rules", b.String(), n.Ipvsadm(t, program(), "-S", "-n").Stdout)

	// A line each, between those of the brackets.
	lines := strings.Split(text, "\n")
	require.Len(t, lines, len(all)+3)
	require.Equal(t, "[", lines[0])
	require.Equal(t, "]", lines[len(lines)-2])
	require.Empty(t, lines[len(lines)-1])
	for _, s := range all[:20] {
		var one []jsonService
		got := list(t, n, services, &one, strings.Fields(s.option())...)
		require.Len(t, one, 1, "of %s", s.option())
		require.Equal(t, s.rule(), one[0].rule(), "of %s", s.option())
		require.Contains(t, text, strings.Split(got, "\n")[1], "of %s", s.option())
	}
	var unsorted []jsonService
	list(t, n, services, &unsorted, "--nosort")
	var first string
	for line := range strings.Lines(n.Ipvsadm(t, program(), "-L", "-n", "--nosort").Stdout) {
		if first = line; !strings.HasPrefix(line, "Prot") && !strings.HasPrefix(line, "IP ") && !strings.HasPrefix(line, "  -> Remote") {
			break
		}
	}
	if s := unsorted[0]; len(unsorted) != len(all) || !strings.Contains(first, s.Scheduler) || s.Mark == 0 && !strings.Contains(first, s.endpoint.text()) {
		t.Errorf("the first of %d services is %s, want %s", len(unsorted), s.rule(), first)
	}
}

// TestJSONNothing lists what is empty, and what there is not.
func TestJSONNothing(t *testing.T) {
	n := kernel.NewNamespace(t)
	for form, words := range map[string][]string{services: nil, connections: {"-c"}, daemons: {"--daemon"}} {
		var all []any
		require.Equal(t, "[\n]\n", list(t, n, form, &all, words...), form)
	}
	want := kernel.Result{Stderr: "No such service\n", Code: 1}
	require.Equal(t, want, n.Ipvsadm(t, program(), "-Ljt", "192.0.2.1:80"))
}

func TestJSONThresholds(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, program(), "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 127.0.0.1 -x 2147483647 -y 5\n")
	var all []jsonService
	list(t, n, services, &all)
	if d := all[0].Destinations[0]; d.Upper != 1<<31-1 || d.Lower != 5 || d.Forwarding != "Route" {
		t.Errorf("got %+v", d)
	}
}

// TestJSONState lists timeouts and sync daemons, on interfaces of odd names.
func TestJSONState(t *testing.T) {
	n := kernel.NewNamespace(t)
	modprobe(t, "dummy")
	const quoted, invalid = `"\` + "\x01\x7f", "\xff\xc3\xa9\xe2\x82"
	for i, name := range []string{quoted, invalid} {
		n.IP(t, fmt.Sprintf("link add dummy%d type dummy", i))
		got := n.Run(t, kernel.Command{Path: "/sbin/ip", Args: []string{"ip", "link", "set", fmt.Sprint("dummy", i), "name", name}})
		if got.Code != 0 {
			t.Fatal(got.Stderr)
		}
		n.Run(t, kernel.Command{Path: "/sbin/ip", Args: []string{"ip", "link", "set", name, "up", "multicast", "on"}})
		got = n.Run(t, kernel.Command{Path: "/sbin/ip", Args: []string{"ip", "address", "add", fmt.Sprintf("192.0.2.%d/24", i+1), "dev", name}})
		if got.Code != 0 {
			t.Fatal(got.Stderr)
		}
	}
	for _, words := range [][]string{
		{"--set", "2678400", "2", "3"},
		{"--start-daemon", "master", "--mcast-interface", quoted, "--syncid", "255"},
		{"--start-daemon", "backup", "--mcast-interface", invalid, "--mcast-group", "224.0.0.99", "--mcast-port", "65535", "--mcast-ttl", "255", "--sync-maxlen", "1400"},
	} {
		require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), words...), words)
	}
	var all []struct {
		State, Interface, Group   string
		SyncID, MaxLen, Port, TTL int
	}
	list(t, n, daemons, &all, "--daemon")
	const want = `[{master "\` + "\x01\x7f" + ` 224.0.0.81 255 1472 8848 1} {backup ` + "\ufffdé\ufffd\ufffd" + ` 224.0.0.99 0 1400 65535 255}]`
	require.Equal(t, want, fmt.Sprint(all))
	var kept map[string]int
	if list(t, n, timeouts, &kept, "--timeout"); fmt.Sprint(kept) != "map[tcp:2678400 tcp_fin:2 udp:3]" {
		t.Errorf("timeouts: %v", kept)
	}
	for _, state := range []string{"master", "backup"} {
		n.Ipvsadm(t, program(), "--stop-daemon", state)
	}
}

// TestJSONTraffic lists what traffic has made.
func TestJSONTraffic(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "-p 600", ":8080")
	n.set(t, "-A -t [fd00:1::100]:80 -s rr\n-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m")
	open, open6 := n.dial(t, client1, vip, 80), n.dial(t, client6, vip6, 80)
	defer open.Close()
	defer open6.Close()

	var table []jsonConnection
	list(t, n.director, connections, &table, "-c")
	server := endpoint{"10.2.0.11", 8080}
	if open.name == "r2" {
		server.Address = "10.2.0.12"
	}
	seen := map[string]int{}
	for _, c := range table {
		if c.Client.Address != client1 && c.Client.Address != client6 || c.Protocol != "TCP" || c.Expires == 0 || c.Expires > 900 {
			t.Errorf("a connection that has not been made: %+v", c)
		}
		if c.Client.Address == client1 && c.Destination != server {
			t.Errorf("to the wrong real server: %+v", c)
		}
		seen[c.State+" "+c.Virtual.text()]++
	}
	require.Equal(t, "map[ASSURED 10.1.0.100:80:1 ESTABLISHED 10.1.0.100:80:1 ESTABLISHED [fd00:1::100]:80:1]", fmt.Sprint(seen))

	// The kernel adds up what its processors have counted every two seconds.
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		var all []jsonService
		text := list(t, n.director, services, &all)
		s := all[0]
		sum := map[string]uint64{}
		active, persistent := 0, 0
		for _, d := range s.Destinations {
			active, persistent = active+d.Active, persistent+d.Persistent
			for name, count := range d.Counters {
				sum[name] += count
			}
		}
		if fmt.Sprint(sum) == fmt.Sprint(s.Counters) && s.Counters["connections"] == 1 && s.Counters["bytes_out"] > 100 && active == 1 && persistent == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal(text)
		}
	}
}

const connectionHead = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"

// connectionTable is one as the kernel shows it, with a line that is none and data of all sorts.
const connectionTable = connectionHead +
	"TCP\n" +
	"UDP 0A000001 C350 0A000002 13C4 0A000003 13C4 UDP             299 sip \"\\\x01\xff\xc3\xa9\n" +
	"TCP 20010DB8000000000000000000000001 C350 x\n" +
	"TCP 2001:0db8:0000:0000:0000:0000:0000:0001 C350 0000:0000:0000:0000:0000:ffff:0102:0304 0050 " +
	"2001:0db8:0000:0000:0000:0000:0000:0002 1F90 ESTABLISHED     899\n" +
	"IP  0A000001 0000 00000007 0000 0A000003 0000 NONE        73786976294838206\n"

// TestJSONManyConnections lists more connections than are read at a time.
func TestJSONManyConnections(t *testing.T) {
	const count = 5000
	var b strings.Builder
	b.WriteString(connectionHead)
	for port := range count {
		fmt.Fprintf(&b, "TCP 0A000001 %04X 0A000002 0050 0A000003 0050 ESTABLISHED     899\n", port)
	}
	n := kernel.NewNamespace(t)
	got := n.Run(t, kernel.Command{Path: "/usr/bin/unshare", Args: showing(t, b.String(), program(), []string{"-Lcj"})})
	require.Zero(t, got.Code)
	require.Empty(t, got.Stderr)
	var table []jsonConnection
	readJSON(t, connections, got.Stdout, &table)
	require.Len(t, table, count)
	for i, c := range table {
		require.Equal(t, i, int(c.Client.Port))
	}
}

// TestJSONConnectionTable lists a table that has everything, and two broken lines, which are reported.
func TestJSONConnectionTable(t *testing.T) {
	n := kernel.NewNamespace(t)
	got := n.Run(t, kernel.Command{Path: "/usr/bin/unshare", Args: showing(t, connectionTable, program(), []string{"-Lcj"})})
	const reported = "/proc/net/ip_vs_conn: line 2: malformed entry\n/proc/net/ip_vs_conn: line 4: malformed entry\n"
	require.Equal(t, 1, got.Code)
	require.Equal(t, reported, got.Stderr)
	var table []jsonConnection
	readJSON(t, connections, got.Stdout, &table)
	want := []jsonConnection{
		{Protocol: "UDP", State: "UDP", Expires: 299, Engine: "sip", EngineData: "\"\\\x01\ufffdé",
			Client: endpoint{"10.0.0.1", 50000}, Virtual: endpoint{"10.0.0.2", 5060}, Destination: endpoint{"10.0.0.3", 5060}},
		{Protocol: "TCP", State: "ESTABLISHED", Expires: 899, Client: endpoint{"2001:db8::1", 50000},
			Virtual: endpoint{"::ffff:1.2.3.4", 80}, Destination: endpoint{"2001:db8::2", 8080}},
		{Protocol: "IP", State: "NONE", Client: endpoint{"10.0.0.1", 0}, Virtual: endpoint{"0.0.0.7", 0}, Destination: endpoint{"10.0.0.3", 0}},
	}
	require.Empty(t, cmp.Diff(want, table))
}

// TestJSONBrokenLines checks that lines that do not parse as connections leave the array valid, wherever they are
// and however many there are, and that they are reported only after it.
func TestJSONBrokenLines(t *testing.T) {
	const entry = "TCP 0A000001 C350 0A000002 0050 0A000003 0050 ESTABLISHED     899\n"
	for _, tt := range []struct {
		name  string
		table string
		count int    // of connections
		says  string // by "line N" or "more: N" for each message
	}{
		{"all", "x\n\ny\n", 0, "line 2, line 3, line 4"},
		{"the first", "x\n" + entry + entry, 2, "line 2"},
		{"in the middle", entry + "x\n" + entry + "x\n" + entry, 3, "line 3, line 5"},
		{"the last, which does not end", entry + "TCP 0A0", 1, "line 3"},
		{"ten", entry + strings.Repeat("x\n", 10), 1, "line 3, line 4, line 5, line 6, line 7, line 8, line 9, line 10, line 11, line 12"},
		{"many blocks of them", entry + strings.Repeat("x\n", 1000000) + entry, 2,
			"line 3, line 4, line 5, line 6, line 7, line 8, line 9, line 10, line 11, line 12, more: 999990"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := kernel.NewNamespace(t)
			got := n.Run(t, kernel.Command{Path: "/usr/bin/unshare",
				Args: showing(t, connectionHead+tt.table, program(), []string{"-Lcj", "2>&1"})})
			require.Equal(t, 1, got.Code)
			array, messages, found := strings.Cut(got.Stdout, "\n]\n")
			require.True(t, found, "%s", got.Stdout)
			var table []jsonConnection
			readJSON(t, connections, array+"\n]\n", &table)
			require.Len(t, table, tt.count)
			says := strings.NewReplacer("/proc/net/ip_vs_conn: ", "", ": malformed entry\n", ", ", " malformed entries", "", "\n", ", ").Replace(messages)
			require.Equal(t, tt.says, strings.TrimSuffix(says, ", "))
		})
	}
}
