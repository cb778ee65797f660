package reconcile_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/simulation"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// noNames knows no names.
type noNames struct{}

func (noNames) Addr(string) (netip.Addr, bool)                    { return netip.Addr{}, false }
func (noNames) PortNumber(string, ipvsnl.Protocol) (uint16, bool) { return 0, false }

// run runs rules, none of which may be refused.
func run(t *testing.T, m *model.Model, rules string) {
	t.Helper()
	for line := range strings.Lines(rules) {
		c, err := flags.Parse(strings.Fields(line), noNames{})
		if err == nil {
			err = m.Run(&c)
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

// table returns the table that rules make.
func table(t *testing.T, rules string) reconcile.Table {
	t.Helper()
	var m model.Model
	run(t, &m, rules)
	return m.Table()
}

// asKernel returns a table as the kernel would list it: with flags and counters of its own.
func asKernel(table reconcile.Table) reconcile.Table {
	for i := range table {
		e := &table[i]
		e.Service.Flags |= ipvsnl.FlagHashed
		e.Service.FlagMask = ^ipvsnl.ServiceFlags(0)
		e.Service.Stats.Conns = 99
		for j := range e.Destinations {
			e.Destinations[j].ActiveConns = 3
			e.Destinations[j].Stats.InBytes = 99
		}
	}
	return table
}

// plan returns the changes from one table to another as rules.
func plan(t *testing.T, current, wanted reconcile.Table) string {
	t.Helper()
	changes, err := reconcile.Plan(current, wanted)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for i := range changes {
		b = format.AppendChange(b, &changes[i])
	}
	return string(b)
}

func TestPlan(t *testing.T) {
	const whole = `-A -t 192.0.2.1:80 -s sh -p 300 -M 255.255.255.0 --pe sip -b sh-port,flag-3
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 1 -x 9 -y 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-csum
-A -f 7 -6 -s wlc
`
	for _, c := range []struct{ name, current, wanted, want string }{
		{"nothing", "", "", ""},
		{"the same", whole, whole, ""},
		{"all is new", "", whole, whole},
		{"all is gone", whole, "", "-D -t 192.0.2.1:80\n-D -f 7 -6\n"},
		{
			"a service for another",
			"-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1 -m",
			"-A -t 192.0.2.1:81\n-a -t 192.0.2.1:81 -r 10.0.0.1 -m\n-A -u 192.0.2.1:80",
			`-A -t 192.0.2.1:81 -s wlc
-a -t 192.0.2.1:81 -r 10.0.0.1:81 -m -w 1
-A -u 192.0.2.1:80 -s wlc
-D -t 192.0.2.1:80
`,
		},
		{
			"real servers for others, before deletions of any service's",
			"-A -f 1\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.2\n-A -f 2\n-A -f 3\n-a -f 3 -r 10.0.0.1\n-a -f 3 -r 10.0.0.2",
			"-A -f 1\n-a -f 1 -r 10.0.0.2\n-a -f 1 -r 10.0.0.3\n-A -f 3\n-a -f 3 -r 10.0.0.2\n-a -f 3 -r 10.0.0.3",
			`-a -f 1 -r 10.0.0.3:0 -g -w 1
-a -f 3 -r 10.0.0.3:0 -g -w 1
-d -f 1 -r 10.0.0.1:0
-d -f 3 -r 10.0.0.1:0
-D -f 2
`,
		},
		{
			"what is new in any service before edits of all",
			"-A -f 1\n-a -f 1 -r 10.0.0.1\n-A -f 2",
			"-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -w 0\n-A -f 2 -s rr\n-a -f 2 -r 10.0.0.1\n-A -f 3",
			`-a -f 2 -r 10.0.0.1:0 -g -w 1
-A -f 3 -s wlc
-E -f 1 -s rr
-E -f 2 -s rr
-e -f 1 -r 10.0.0.1:0 -g -w 0
`,
		},
		{
			"weights are taken away last",
			"-A -f 1\n-a -f 1 -r 10.0.0.1 -w 1\n-a -f 1 -r 10.0.0.2 -w 0",
			"-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -w 0\n-a -f 1 -r 10.0.0.2 -w 1\n-a -f 1 -r 10.0.0.3 -w 1",
			`-a -f 1 -r 10.0.0.3:0 -g -w 1
-E -f 1 -s rr
-e -f 1 -r 10.0.0.2:0 -g -w 1
-e -f 1 -r 10.0.0.1:0 -g -w 0
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := plan(t, asKernel(table(t, c.current)), table(t, c.wanted)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// Each setting alone makes a difference, which an edit makes good.
func TestPlanEdits(t *testing.T) {
	const service, server = "-t 192.0.2.1:80", "-t 192.0.2.1:80 -r 10.0.0.1"
	for _, options := range []string{"-s rr", "-s wlc -p 5", "-s wlc -M 255.0.0.0", "-s wlc --pe sip", "-s wlc -b flag-3"} {
		want := "-E " + service + " " + options + "\n"
		if got := plan(t, table(t, "-A "+service), table(t, "-A "+service+" "+options)); got != want {
			t.Errorf("got %swant %s", got, want)
		}
		want = "-E " + service + " -s wlc\n"
		if got := plan(t, table(t, "-A "+service+" "+options), table(t, "-A "+service)); got != want {
			t.Errorf("from %s: got %swant %s", options, got, want)
		}
	}
	for _, options := range []string{"-m -w 1", "-i -w 1 --tun-type ipip", "-g -w 7", "-g -w 1 -x 1", "-g -w 1 -x 2 -y 1",
		"-i -w 1 --tun-type gre --tun-nocsum", "-i -w 1 --tun-type gre --tun-csum", "-i -w 1 --tun-type gue --tun-port 5 --tun-nocsum",
		"-i -w 1 --tun-type gue --tun-port 5 --tun-remcsum"} {
		add := "-A " + service + "\n-a " + server + ":80 "
		want := "-e " + server + ":80 " + options + "\n"
		if got := plan(t, table(t, add+"-g"), table(t, add+options)); got != want {
			t.Errorf("got %swant %s", got, want)
		}
		want = "-e " + server + ":80 -g -w 1\n"
		if got := plan(t, table(t, add+options), table(t, add+"-g")); got != want {
			t.Errorf("from %s: got %swant %s", options, got, want)
		}
	}
}

// What a request leaves to the kernel, or the kernel sets by itself, is no difference.
func TestPlanSame(t *testing.T) {
	current := asKernel(table(t, "-A -f 7 -s rr -p 5\n-A -t 192.0.2.1:80"))
	wanted := table(t, "-A -f 7 -s rr -p 5\n-A -t 192.0.2.1:80")
	wanted[0].Service.Family = 0            // IPv4
	wanted[0].Service.Protocol = ipvsnl.UDP // of no use to a mark
	wanted[0].Service.Flags, wanted[0].Service.FlagMask = ipvsnl.FlagOnePacket, ipvsnl.FlagSched1
	wanted[1].Service.Family = 0
	wanted[1].Service.Flags = ipvsnl.FlagHashed
	if got := plan(t, current, wanted); got != "" {
		t.Errorf("changes:\n%s", got)
	}
	wanted[0].Service.FlagMask |= ipvsnl.FlagOnePacket
	if got := plan(t, current, wanted); got != "-E -f 7 -s rr -o\n" {
		t.Errorf("changes:\n%s", got)
	}
}

// A listing may show twice what was moved while it was made.
func TestPlanListedTwice(t *testing.T) {
	current := table(t, "-A -f 1\n-a -f 1 -r 10.0.0.1\n-A -f 2")
	current[0].Destinations = append(current[0].Destinations, current[0].Destinations...)
	current = append(current, current...)
	want := "-d -f 1 -r 10.0.0.1:0\n-D -f 2\n"
	if got := plan(t, current, table(t, "-A -f 1")); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestPlanTwice(t *testing.T) {
	service := table(t, "-A -t 192.0.2.1:80")
	again := table(t, "-A -t 192.0.2.1:80 -s rr")
	again[0].Service.Family = 0
	server := table(t, "-A -f 1\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.2")
	server[0].Destinations[1].Addr = server[0].Destinations[0].Addr
	for _, c := range []struct {
		wanted reconcile.Table
		want   string
	}{
		{append(service, again...), "service TCP 192.0.2.1:80 is twice in the wanted table"},
		{server, "destination 10.0.0.1:0 of service mark 1 IPv4 is twice in the wanted table"},
	} {
		changes, err := reconcile.Plan(nil, c.wanted)
		if changes != nil || !errors.Is(err, reconcile.ErrTwice) || err.Error() != c.want {
			t.Errorf("%v, %v, want %s", changes, err, c.want)
		}
	}
}

// TestPlanKeepsServing runs plans between random tables step by step: what is in both is there at every step, and
// at the end there is what is wanted.
func TestPlanKeepsServing(t *testing.T) {
	for seed := range uint64(300) {
		g := rand.New(rand.NewPCG(seed, 0))
		from, to := randomRules(g), randomRules(g)
		current, wanted := table(t, from), table(t, to)
		both := addresses(current)
		for key := range both {
			if !addresses(wanted)[key] {
				delete(both, key)
			}
		}
		var m model.Model
		run(t, &m, from)
		for line := range strings.Lines(plan(t, asKernel(current), wanted)) {
			run(t, &m, line)
			now := addresses(m.Table())
			for key := range both {
				if !now[key] {
					t.Fatalf("seed %d: %s is not there after %s", seed, key, line)
				}
			}
		}
		if left := plan(t, m.Table(), wanted); left != "" {
			t.Errorf("seed %d: left to do:\n%s", seed, left)
		}
	}
}

// addresses returns the services of a table, and their real servers with them.
func addresses(t reconcile.Table) map[string]bool {
	all := map[string]bool{}
	for _, e := range t {
		all[e.Service.String()] = true
		for _, d := range e.Destinations {
			all[fmt.Sprint(e.Service, " -> ", d.Addr)] = true
		}
	}
	return all
}

// randomRules makes some of few services with some of few real servers.
func randomRules(g *rand.Rand) string {
	var b strings.Builder
	services := []string{"-t 192.0.2.1:80", "-u 192.0.2.1:80", "-t [2001:db8::1]:80", "-f 7", "-f 7 -6"}
	g.Shuffle(len(services), func(i, j int) { services[i], services[j] = services[j], services[i] })
	for _, s := range services[:g.IntN(len(services)+1)] {
		fmt.Fprintf(&b, "-A %s -s %s\n", s, []string{"rr", "wlc"}[g.IntN(2)])
		host := "10.0.0."
		if strings.Contains(s, "-6") || strings.Contains(s, "::") {
			host = "2001:db8::"
		}
		for _, i := range g.Perm(5)[:g.IntN(6)] {
			fmt.Fprintf(&b, "-a %s -r %s%d -m -w %d\n", s, host, i+1, g.IntN(3))
		}
	}
	return b.String()
}

func TestPlanTimeouts(t *testing.T) {
	current := ipvsnl.Timeouts{TCP: 900, TCPFin: 120, UDP: 300}
	for _, c := range []struct{ wanted, want ipvsnl.Timeouts }{
		{wanted: ipvsnl.Timeouts{}},
		{wanted: current},
		{wanted: ipvsnl.Timeouts{TCPFin: 120}},
		{ipvsnl.Timeouts{TCP: 1, TCPFin: 120}, ipvsnl.Timeouts{TCP: 1}},
		{ipvsnl.Timeouts{TCP: 1, TCPFin: 2, UDP: 3}, ipvsnl.Timeouts{TCP: 1, TCPFin: 2, UDP: 3}},
	} {
		var want []reconcile.Change
		if c.want != (ipvsnl.Timeouts{}) {
			want = []reconcile.Change{{Op: ipvsnl.OpSetTimeouts, Timeouts: c.want}}
		}
		if got := reconcile.PlanTimeouts(current, c.wanted); !slices.Equal(got, want) {
			t.Errorf("%+v: got %v", c.wanted, got)
		}
	}
}

func TestPlanDaemons(t *testing.T) {
	group := netip.MustParseAddr("224.0.0.81")
	master := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 5, MaxLen: 1472, Group: group, Port: 8848, TTL: 1}
	backup := ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", MaxLen: 1024, Group: group, Port: 8848, TTL: 1}
	running := []ipvsnl.Daemon{master, backup}
	set := func(d ipvsnl.Daemon, change func(*ipvsnl.Daemon)) *ipvsnl.Daemon {
		change(&d)
		return &d
	}
	short := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 5}
	shortBackup := ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo"}
	for _, c := range []struct {
		name        string
		current     []ipvsnl.Daemon
		wanted      map[ipvsnl.DaemonState]*ipvsnl.Daemon
		stop, start []ipvsnl.Daemon
	}{
		{name: "none is spoken of", current: running},
		{name: "as they are", current: running, wanted: map[ipvsnl.DaemonState]*ipvsnl.Daemon{ipvsnl.Master: &short,
			ipvsnl.Backup: set(shortBackup, func(d *ipvsnl.Daemon) { d.MaxLen = 7 })}},
		{name: "stopped", current: running, wanted: map[ipvsnl.DaemonState]*ipvsnl.Daemon{ipvsnl.Master: nil}, stop: running[:1]},
		{name: "not running", current: running[:1], wanted: map[ipvsnl.DaemonState]*ipvsnl.Daemon{ipvsnl.Backup: nil}},
		{name: "started", current: running[:1], wanted: map[ipvsnl.DaemonState]*ipvsnl.Daemon{ipvsnl.Backup: &shortBackup},
			start: []ipvsnl.Daemon{shortBackup}},
		{name: "of another group", current: running,
			wanted: map[ipvsnl.DaemonState]*ipvsnl.Daemon{ipvsnl.Master: set(short, func(d *ipvsnl.Daemon) { d.SyncID = 6 })},
			stop:   running[:1], start: []ipvsnl.Daemon{*set(short, func(d *ipvsnl.Daemon) { d.SyncID = 6 })}},
		{name: "of longer messages", current: running,
			wanted: map[ipvsnl.DaemonState]*ipvsnl.Daemon{ipvsnl.Master: set(short, func(d *ipvsnl.Daemon) { d.MaxLen = 7 })},
			stop:   running[:1], start: []ipvsnl.Daemon{*set(short, func(d *ipvsnl.Daemon) { d.MaxLen = 7 })}},
		{name: "of the longest messages there can be", current: []ipvsnl.Daemon{
			*set(master, func(d *ipvsnl.Daemon) { d.Group, d.MaxLen = netip.MustParseAddr("ff02::1"), 65487 })},
			wanted: map[ipvsnl.DaemonState]*ipvsnl.Daemon{
				ipvsnl.Master: set(short, func(d *ipvsnl.Daemon) { d.Group, d.MaxLen = netip.MustParseAddr("ff02::1"), 65507 })}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stop, start := reconcile.PlanDaemons(c.current, c.wanted)
			if got := daemons(t, stop, ipvsnl.OpStopDaemon); !slices.Equal(got, c.stop) {
				t.Errorf("stop %+v, want %+v", got, c.stop)
			}
			if got := daemons(t, start, ipvsnl.OpStartDaemon); !slices.Equal(got, c.start) {
				t.Errorf("start %+v, want %+v", got, c.start)
			}
		})
	}
}

// daemons returns the daemons of changes, which are all of one kind.
func daemons(t *testing.T, changes []reconcile.Change, op ipvsnl.Op) (all []ipvsnl.Daemon) {
	t.Helper()
	for _, c := range changes {
		if c.Op != op {
			t.Errorf("%v, want %v", c, op)
		}
		all = append(all, c.Daemon)
	}
	return all
}
