// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// newAnswered returns a network with a service of two real servers, of which each has two open connections.
func newAnswered(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	for range 4 {
		c := n.dial(t, client1, vip, 80)
		t.Cleanup(func() { _ = c.Close() })
	}
	return n
}

// TestOneServerDocumented runs the section of docs/listings.md about one real server.
func TestOneServerDocumented(t *testing.T) {
	n := newAnswered(t)
	replayed(t, n.director, transcript(t, "docs/listings.md", "One real server"), strings.Clone)
	requireRefused(t, n.director, []string{"-L", "-t", "10.1.0.100:80", "-r", "10.2.0.12"})
}

// TestOneServer lists a real server with its traffic in each form, as the reference does among the others.
func TestOneServer(t *testing.T) {
	n := newAnswered(t)
	const one = " -t 10.1.0.100:80 -r 10.2.0.11:8080"
	for _, view := range []string{"", "--stats", "--thresholds", "--persistent-conn", "--tun-info"} {
		eventually(t, func() bool {
			want := strings.SplitAfter(n.director.Ipvsadm(t, kernel.Reference, strings.Fields("-L -n -t 10.1.0.100:80 "+view)...).Stdout, "\n")
			require.Contains(t, want[3], "10.2.0.11:8080")
			return strings.Join(want[:4], "") == kernel.AsReference(n.run(t, "-L -n "+view+one))
		}, view)
	}
	var all []jsonService
	list(t, n.director, services, &all, strings.Fields(one)...)
	require.Len(t, all, 1)
	require.Len(t, all[0].Destinations, 1)
	require.Equal(t, "10.2.0.11", all[0].Destinations[0].Address)
	require.Contains(t, n.run(t, "-L -n --rate"+one), "  -> 10.2.0.11:8080 ")
	for _, missing := range []string{"10.2.0.11:80", "10.2.0.13"} {
		require.Equal(t, kernel.Result{Stderr: "No such destination\n", Code: 1},
			n.director.Ipvsadm(t, program(), "-L", "-t", "10.1.0.100:80", "-r", missing))
	}
	words := strings.Fields("ipvsadm -L -t 10.1.0.100:80 -r 10.2.0.13")
	require.Equal(t, kernel.Result{Stderr: "No such destination\nhint: the service has 10.2.0.12:8080, 10.2.0.11:8080\n", Code: 1},
		onTerminal(t, n.director, kernel.Command{Path: program(), Args: words}))
}

// TestTotalsDocumented runs the section of docs/listings.md about totals.
func TestTotalsDocumented(t *testing.T) {
	n := newAnswered(t)
	n.set(t, "-A -f 7\n-a -f 7 -r 10.2.0.12 -m -w 3")
	replayed(t, n.director, transcript(t, "docs/listings.md", "Totals"), strings.Clone)
	for question, want := range map[string]string{
		"Connections of all services, and since IPVS was loaded": "4\n4\n",
		"Open connections of each service":                       `["TCP","10.1.0.100",80,null,4]` + "\n" + `[null,null,null,7,0]` + "\n",
	} {
		command, ok := docCommands(t, "docs/listings.md", "Totals")[question]
		require.True(t, ok, question)
		n.answers(t, command, want)
	}
	requireRefused(t, n.director, []string{"-L", "--total"})
}

// jsonTotals is what -L --json --total prints, as far as tests look at it.
type jsonTotals struct {
	Services []struct {
		jsonService
		Totals jsonSums
	}
	Totals struct {
		Services     jsonSums
		Destinations jsonSums
		Kernel       jsonSums
	}
}

type jsonSums struct {
	Number   int
	Active   int `json:"active_connections"`
	Counters map[string]uint64
}

// TestTotals compares sums with those of the lines, and the kernel's totals with its file, while a service with traffic
// is deleted: its connections are in the kernel's totals from then on, and in no sum.
func TestTotals(t *testing.T) {
	n := newAnswered(t)
	n.set(t, "-A -t [fd00:1::100]:80 -s rr\n-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m")
	c := n.dial(t, client6, vip6, 80)
	defer c.Close()
	var all jsonTotals
	read := func(services, kernel uint64) func() bool {
		return func() bool {
			all = jsonTotals{}
			list(t, n.director, "services_totals", &all, "--total")
			return all.Totals.Services.Counters["connections"] == services && all.Totals.Kernel.Counters["connections"] == kernel
		}
	}
	eventually(t, read(5, 5))
	require.Len(t, all.Services, 2)
	require.Equal(t, []int{2, 3, 5}, []int{all.Totals.Services.Number, all.Totals.Destinations.Number, all.Totals.Destinations.Active})
	for _, name := range []string{"connections", "packets_in", "packets_out", "bytes_in", "bytes_out"} {
		var services, servers uint64
		for _, s := range all.Services {
			var own uint64
			for _, d := range s.Destinations {
				own += d.Counters[name]
			}
			require.Equal(t, own, s.Totals.Counters[name], name)
			services, servers = services+s.Counters[name], servers+own
		}
		require.Equal(t, services, all.Totals.Services.Counters[name], name)
		require.Equal(t, servers, all.Totals.Destinations.Counters[name], name)
	}
	file := strings.Fields(strings.Split(shell(t, n.director, "cat /proc/net/ip_vs_stats").Stdout, "\n")[2])
	for i, name := range []string{"connections", "packets_in", "packets_out", "bytes_in", "bytes_out"} {
		figure, err := strconv.ParseUint(file[i], 16, 64)
		require.NoError(t, err)
		require.GreaterOrEqual(t, figure, all.Totals.Kernel.Counters[name], name)
		require.GreaterOrEqual(t, all.Totals.Kernel.Counters[name], all.Totals.Services.Counters[name], name)
	}
	n.set(t, "-D -t [fd00:1::100]:80")
	eventually(t, read(4, 5))
	lines := strings.Split(n.run(t, "-L -n --stats --total --nosort"), "\n")
	require.Regexp(t, `^Sum  1 service +4 `, lines[len(lines)-4])
	require.Regexp(t, `^  =  2 real servers +4 `, lines[len(lines)-3])
	require.Regexp(t, `^All  deleted ones included +5 `, lines[len(lines)-2])
	metrics := n.run(t, "-L --metrics")
	require.Contains(t, metrics, "\nipvs_connections_total 5\n")
	require.Contains(t, metrics, "\nipvs_service_connections_total{protocol=\"TCP\",address=\"10.1.0.100\",port=\"80\",mark=\"\",family=\"IPv4\"} 4\n")

	// The counters of a service include those of real servers that have been deleted, and the kernel's own those of
	// services that have been zeroed.
	n.set(t, "-d -t 10.1.0.100:80 -r 10.2.0.11:8080")
	require.True(t, read(4, 5)())
	require.EqualValues(t, 2, all.Totals.Destinations.Counters["connections"])
	n.set(t, "-Z -t 10.1.0.100:80")
	require.True(t, read(0, 5)())
	n.set(t, "-Z")
	require.True(t, read(0, 0)())
}

// TestColor fills a real server up to its threshold with real connections, and looks at the colours of the lines.
func TestColor(t *testing.T) {
	n := newAnswered(t)
	n.set(t, "-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 3 -y 1\n-e -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 0\n-A -f 7")
	codes := regexp.MustCompile("\x1b\\[[0-9]+m")
	colors := func(words string) map[string]string {
		all := map[string]string{}
		for line := range strings.Lines(n.run(t, "-L -n "+words)) {
			all[strings.Fields(codes.ReplaceAllString(line, "") + " -")[1]] = strings.Join(codes.FindAllString(line, -1), "")
		}
		return all
	}
	const yellow, red, magenta = "\x1b[33m\x1b[0m", "\x1b[31m\x1b[0m", "\x1b[35m\x1b[0m"
	got := colors("--color")
	require.Equal(t, []string{"", "", yellow, magenta}, []string{got["10.1.0.100:80"], got["10.2.0.11:8080"], got["10.2.0.12:8080"], got["7"]})
	n.ask(t, client1, vip, 80) // the third of three
	for _, words := range []string{"--color=always", "--color --stats --total", "--color --wide"} {
		require.Equal(t, red, colors(words)["10.2.0.11:8080"], words)
	}
	require.Equal(t, codes.ReplaceAllString(n.run(t, "-L -n --color"), ""), n.run(t, "-L -n --color=auto"), "not on a terminal")
	requireRefused(t, n.director, []string{"-L", "--color"})
}

// TestProcTable lists a table in each of two namespaces whole. The kernel's file may lack rows of it then.
func TestProcTable(t *testing.T) {
	const services = 34
	var all []*kernel.Namespace
	for _, network := range []string{"10.1.0.", "10.2.0."} {
		n := kernel.NewNamespace(t)
		var b strings.Builder
		for i := range services {
			vip := network + strconv.Itoa(i+1) + ":80"
			b.WriteString("-A -t " + vip + " -s rr\n-a -t " + vip + " -r 10.0.0.1:80 -m\n-a -t " + vip + " -r 10.0.0.2:80 -m\n")
		}
		restore(t, n, kernel.Reference, b.String())
		all = append(all, n)
	}
	for _, n := range all {
		got := n.Ipvsadm(t, program(), "-L", "-n")
		require.Equal(t, services, strings.Count(got.Stdout, "\nTCP "))
		require.Equal(t, 2*services, strings.Count(got.Stdout, "\n  -> 10.0.0."))
		require.Equal(t, n.Ipvsadm(t, kernel.Reference, "-L", "-n"), got)
		shown := strings.Count(shell(t, n, "cat /proc/net/ip_vs").Stdout, "\nTCP ")
		require.LessOrEqual(t, shown, services)
		t.Logf("/proc/net/ip_vs shows %d of %d services", shown, services)
	}
}
