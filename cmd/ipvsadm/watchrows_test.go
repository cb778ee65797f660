// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/top"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// A watched is a listing that is watched, without a terminal.
type watched struct {
	s       *testSystem
	r       *runner
	sampler *sampler
	view    *top.View
	seconds int // of the time of the readings
}

// watchOn begins to watch with a command line.
func watchOn(t *testing.T, s *testSystem, line string, width, height int) *watched {
	t.Helper()
	con := newConsole("ipvsadm", nil, nil, nil)
	r := newRunner(&s.system, con)
	c, err := flags.Parse(strings.Fields(line), testNames{})
	require.NoError(t, err)
	require.Equal(t, exitDone, r.open(t.Context(), c.NetNS))
	t.Cleanup(r.close)
	place := r.watchPlace(c.NetNS)
	w := &watched{s: s, r: r, sampler: newSampler(r, &c, place), view: newScreenWatcher(r, &c, place, nil, nil).view}
	w.view.Where = [][]string{{"director lb1"}}
	w.view.Keyboard = true
	w.view.Resize(width, height)
	return w
}

// read reads once more, two seconds after the last time.
func (w *watched) read(t *testing.T) {
	t.Helper()
	r := w.sampler.read(t.Context(), nil)
	w.view.Alert = ""
	if r.err != nil {
		w.view.Alert = message(r.err)
	}
	if r.sample != nil {
		require.WithinDuration(t, time.Now(), r.sample.Time, time.Minute)
		r.sample.Time = time.Date(2026, 1, 2, 9, 41, 5+w.seconds, 0, time.Local)
		w.view.Model.Update(r.sample)
		w.view.Update()
	}
	w.seconds += 2
}

func (w *watched) press(keys ...screen.Key) {
	for _, k := range keys {
		w.view.Press(k)
	}
}

// screen returns what the window shows.
func (w *watched) screen() string {
	var b strings.Builder
	for _, r := range w.view.Rows() {
		b.WriteString(strings.TrimRight(r.Text(), " ") + "\n")
	}
	return b.String()
}

// newBusy returns a system with traffic.
func newBusy(t *testing.T) *testSystem {
	t.Helper()
	s := newTestSystem(t)
	s.restore(t, `-A -t 10.1.0.100:80 -s wlc -p 360
-a -t 10.1.0.100:80 -r 10.2.0.11 -m
-a -t 10.1.0.100:80 -r 10.2.0.12 -m -w 3
-A -t 10.1.0.100:443 -s wlc
-a -t 10.1.0.100:443 -r 10.2.0.11 -m
-a -t 10.1.0.100:443 -r 10.2.0.12 -m
-A -u [2001:db8::100]:53 -s rr -o
-a -u [2001:db8::100]:53 -r 2001:db8::11 -i
-A -f 7 -s sh
`)
	s.traffic(1)
	return s
}

// traffic sets the figures of all services.
func (s *testSystem) traffic(factor uint64) {
	for i, key := range []ipvsnl.ServiceKey{
		{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("10.1.0.100:80")},
		{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("10.1.0.100:443")},
		{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("[2001:db8::100]:53")},
	} {
		n := factor * uint64(i+1)
		stats := func(n uint64) ipvsnl.Stats {
			return ipvsnl.Stats{Conns: 1200 * n, InPkts: 90_000 * n, OutPkts: 80_000 * n, InBytes: 123_456_789 * n, OutBytes: 9_876_543_210 * n,
				CPS: 7 * n, InPPS: 530 * n, OutPPS: 470 * n, InBPS: 726_000 * n, OutBPS: 5_809_000 * n}
		}
		s.director.SetService(key, func(s *ipvsnl.ServiceState) { s.Stats = stats(2 * n) })
		for j, addr := range []string{"10.2.0.11", "10.2.0.12", "2001:db8::11"} {
			s.director.SetDestination(key, netip.AddrPortFrom(netip.MustParseAddr(addr), key.Addr.Port()), func(d *ipvsnl.DestinationState) {
				d.Stats = stats(n)
				d.ActiveConns, d.InactiveConns, d.PersistentConns = uint32(n)*uint32(j+2), 40*uint32(n), 3
			})
		}
	}
}

// requireScreen compares what the window shows with a file.
func (w *watched) requireScreen(t *testing.T, name string) {
	t.Helper()
	file := filepath.Join("testdata", "watch", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(w.screen()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), w.screen(), "go test ./cmd/ipvsadm -update writes %s", file)
}

// Each view has its columns, and the sums of what services do not count.
func TestWatchViews(t *testing.T) {
	s := newBusy(t)
	s.do(t, "ipvsadm -a -f 7 -r 10.2.0.13 -x 9 -y 5 -i --tun-type gue --tun-port 6080", "ipvsadm -E -f 7 -s mh -b mh-port")
	for name, line := range map[string]string{
		"plain": "", "stats": "--stats", "rate": "--rate", "thresholds": "--thresholds", "persistent": "--persistent-conn", "tunnel": "--tun-info",
		"hidden": "--rate --sort-by weight", "shown": "--rate --sort-by CPS", "wide": "--wide --exact", "one": "-t 10.1.0.100:443", "part": "-6",
	} {
		t.Run(name, func(t *testing.T) {
			w := watchOn(t, s, "-L -n --watch "+line, 90, 14)
			w.read(t)
			w.requireScreen(t, name)
		})
	}
}

// Names are shown, and numbers found.
func TestWatchNames(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -t "+web.String()+":80\n-A -f 255\n-A -f 255 -6\n")
	w := watchOn(t, s, "-L --watch", 80, 8)
	w.read(t)
	w.requireScreen(t, "names")
	for filter, want := range map[string]string{web.String(): "web:", "web": "web:", "0xff": "FWM  255", "mark": "FWM  255", "ipv6": "FWM  255 IPv6"} {
		w.press("/")
		for _, r := range filter {
			w.press(screen.Key(r))
		}
		w.press(screen.Enter)
		require.Contains(t, w.screen(), "> "+map[bool]string{true: "TCP  "}[strings.HasPrefix(want, "web")]+want, filter)
		w.press("/", screen.CtrlU, screen.Enter)
	}
}

// A service that is deleted is shown as deleted, with the reason why there is none.
func TestWatchDeleted(t *testing.T) {
	s := newBusy(t)
	w := watchOn(t, s, "-L -n -t 10.1.0.100:443 --watch", 80, 8)
	w.read(t)
	s.do(t, "ipvsadm -D -t 10.1.0.100:443")
	w.read(t)
	w.requireScreen(t, "deleted")
	s.do(t, "ipvsadm -A -t 10.1.0.100:443 -s rr")
	w.read(t)
	w.requireScreen(t, "again")

	// What fails otherwise leaves what was read last.
	s.breakReading(getDest)
	w.read(t)
	w.requireScreen(t, "failed")
}

// A namespace that is deleted is gone, and one that is made again is read.
func TestWatchNamespace(t *testing.T) {
	s := newBusy(t)
	name := filepath.Join(t.TempDir(), "blue")
	link := func() { require.NoError(t, os.Symlink("/proc/self/ns/net", name)) }
	link()
	dials := 0
	s.dial = func() (io.ReadWriteCloser, error) {
		dials++
		return s.director.Dial()
	}
	w := watchOn(t, s, "-L -n --watch --netns "+name, 300, 8) // wide enough for the path
	opened, namespaces := s.opened.Load(), openNamespaces(t)
	require.Equal(t, 1, dials)
	w.read(t)
	require.Contains(t, w.screen(), "> TCP  10.1.0.100:80")
	require.Equal(t, 1, dials, "it reads where it has read")
	elsewhere(t, func(path string) {
		require.NoError(t, os.Remove(name))
		require.NoError(t, os.Symlink(path, name))
		w.read(t)
	})
	require.Equal(t, 2, dials, "it reads in the new one")
	require.Equal(t, opened, s.opened.Load())
	require.Equal(t, namespaces, openNamespaces(t))
	require.NoError(t, os.Remove(name))
	w.read(t)
	require.Contains(t, w.screen(), "network namespace `"+name+"' is gone\n")
	require.Contains(t, w.screen(), ">-TCP  10.1.0.100:80 ")
	free := func() {
		require.Zero(t, s.opened.Load())
		require.Zero(t, openNamespaces(t), "the namespace can be freed")
	}
	free()
	link()
	s.director.Unload(true)
	w.read(t)
	require.Contains(t, w.screen(), "Can't initialize ipvs: ")
	free()
	s.director.Unload(false)
	w.read(t)
	require.Contains(t, w.screen(), ">+TCP  10.1.0.100:80 ")
	require.NoError(t, os.Remove(name))
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	w.read(t)
	require.Contains(t, w.screen(), "\ncannot enter network namespace `")
	free()
}

// elsewhere calls f with the path of another network namespace.
func elsewhere(t *testing.T, f func(path string)) {
	t.Helper()
	made, done := make(chan string), make(chan struct{})
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			made <- err.Error()
			return
		}
		made <- fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid())
		<-done
	}()
	defer close(done)
	f(<-made)
}

// What has been counted and listed is summed up. Malformed lines hide no others, however many there are.
func TestWatchConnectionSums(t *testing.T) {
	const good = "TCP CB007107 A002 0A010064 0050 0A02000C 0050 FIN_WAIT          9\n" +
		"TCP CB007107 A001 0A010064 0050 0A02000B 0050 ESTABLISHED     899\n"
	s := newBusy(t)
	s.connTable = emptyTable + good
	for name, line := range map[string]string{"counted": "-L -n -c --count --watch", "listed": "-L -n -c --watch"} {
		w := watchOn(t, s, line, 100, 9)
		w.read(t)
		w.requireScreen(t, name)
		w.press("f")
		require.NotContains(t, w.screen(), "->", "real servers can be hidden")
	}
	s.connTable = emptyTable + good + strings.Repeat("x\n", maxBroken+1)
	for _, line := range []string{"-L -n -c --count --watch", "-L -n -c --watch"} {
		w := watchOn(t, s, line, 100, 9)
		w.read(t)
		require.Contains(t, w.screen(), "\n/proc/net/ip_vs_conn: line 14: malformed entry\n")
		require.Contains(t, w.screen(), "10.1.0.100:80")
	}
}

// The times of connections change all the time, which is not marked.
func TestWatchQuiet(t *testing.T) {
	for _, c := range newConnectionRows(&flags.Listing{PersistentConn: true, Origin: true}, nil).columns {
		require.Equal(t, c.Name == "Expire", c.Quiet, c.Name)
	}
}

// A service has its scheduler in a column of its own.
func TestFlagsOf(t *testing.T) {
	for want, s := range map[string]ipvsnl.Service{
		"":              {Scheduler: "sh"},
		"(sh-fallback)": {Scheduler: "sh", SchedulerFlags: ipvsnl.SchedulerFlag1},
		"ops":           {Scheduler: "sh", OnePacket: true},
		"persistent 1":  {Scheduler: "sh", Persistence: ipvsnl.Persistence{Timeout: time.Second}},
	} {
		require.Equal(t, want, flagsOf(&ipvsnl.ServiceState{Service: s}))
	}
}

// The column by which a listing is sorted is there once.
func TestWatchSortColumn(t *testing.T) {
	require.Equal(t, newTableRows(format.Rate, "", nil).shown, newTableRows(format.Rate, "cps", nil).shown)
	require.Len(t, newTableRows(format.Rate, "weight", nil).shown, 1+len(watchViews[format.Rate]))
}

// Idle are services without packets and connections, as far as the kernel tells.
func TestWatchIdle(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1\n-a -f 1 -r 10.0.0.1\n")
	key, addr := ipvsnl.ServiceKey{Mark: 1}, netip.MustParseAddrPort("10.0.0.1:0")
	for _, tt := range []struct {
		stats  ipvsnl.Stats
		active uint32
		idle   bool
	}{
		{ipvsnl.Stats{}, 0, true},
		{ipvsnl.Stats{Conns: 1, InPkts: 1}, 0, true},
		{ipvsnl.Stats{CPS: 1}, 0, false},
		{ipvsnl.Stats{InPPS: 1}, 0, false},
		{ipvsnl.Stats{OutPPS: 1}, 0, false},
		{ipvsnl.Stats{CPS: 1, InPPS: 1, OutPPS: 1}, 0, false},
		{ipvsnl.Stats{}, 1, false},
	} {
		require.True(t, s.director.SetService(key, func(s *ipvsnl.ServiceState) { s.Stats = tt.stats }))
		require.True(t, s.director.SetDestination(key, addr, func(d *ipvsnl.DestinationState) { d.ActiveConns = tt.active }))
		w := watchOn(t, s, "-L -n --watch", 80, 8)
		w.read(t)
		w.press("i")
		require.Equal(t, tt.idle, !strings.Contains(w.screen(), "FWM  1"), tt)
	}
}

// A service with the address that a real server had before is a service, in the same line of the table.
func TestWatchTexts(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 192.0.2.2:80\n")
	w := watchOn(t, s, "-L -n --watch", 80, 8)
	w.read(t)
	require.Contains(t, w.screen(), "\n    -> 192.0.2.2:80 ")
	s.do(t, "ipvsadm -d -t 192.0.2.1:80 -r 192.0.2.2:80", "ipvsadm -A -t 192.0.2.2:80")
	w.read(t)
	require.Contains(t, w.screen(), "\n +TCP  192.0.2.2:80 ")
}

// The rows of a watch append nothing to what a listing writes.
func TestWatchRowsAppendNothing(t *testing.T) {
	const text = "text"
	table := newTableRows(format.Plain, "", nil)
	table.fill(new(top.Sample))
	listed := newConnectionRows(&flags.Listing{}, nil)
	listed.fill(new(top.Sample))
	counted := &countRows{sample: new(top.Sample), counter: counter{counts: map[place]*format.States{}, recent: map[ends]*format.States{}}}
	connection := &conns.Connection{Protocol: "TCP", Virtual: netip.MustParseAddrPort("192.0.2.1:80")}
	for i, got := range [][]byte{
		table.AppendHead([]byte(text)), table.AppendService([]byte(text), &ipvsnl.ServiceState{}),
		table.AppendDestination([]byte(text), nil, &ipvsnl.DestinationState{}), table.AppendServiceEnd([]byte(text)), table.AppendEnd([]byte(text)),
		listed.AppendHead([]byte(text)), listed.AppendConnection([]byte(text), connection), listed.AppendEnd([]byte(text)),
		counted.AppendHead([]byte(text)), counted.AppendConnection([]byte(text), connection), counted.AppendEnd([]byte(text)),
	} {
		require.Equal(t, text, string(got), i)
	}
	listed.all = maxWatched
	require.Equal(t, text, string(listed.AppendConnection([]byte(text), connection)))
	listed.AppendEnd(nil)
	require.Equal(t, [][]string{{"100001 connections"}, {"without the last 1: -t, -r, --client or --count"}}, listed.sample.Sums)
}

// Connections are listed with their state, and counted.
func TestWatchConnectionRows(t *testing.T) {
	s := newBusy(t)
	s.connTable = emptyTable +
		"TCP CB007107 A001 0A010064 0050 0A02000B 0050 ESTABLISHED     899\n" +
		"TCP CB007107 A002 0A010064 0050 0A02000C 0050 FIN_WAIT          9\n" +
		"x\n" +
		"UDP CB007108 A001 0A010064 0035 0A02000B 0035 UDP             100\n"
	w := watchOn(t, s, "-L -n -c --watch", 100, 8)
	w.read(t)
	w.requireScreen(t, "connections")
	w = watchOn(t, s, "-L -n -c --count --watch", 100, 11)
	w.read(t)
	w.requireScreen(t, "count")
	w = watchOn(t, s, "-L -c --client 203.0.113.8 --persistent-conn --watch", 100, 8)
	w.read(t)
	w.requireScreen(t, "engines")
}

// documented are the screens of docs/watch.md.
func documented(t *testing.T) map[string]string {
	s := newBusy(t)
	s.do(t, "ipvsadm -A -t 10.1.0.100:8443 -s rr", "ipvsadm -a -t 10.1.0.100:8443 -r 10.2.0.13 -m")
	shell := func(line string, w *watched) string { return "# ipvsadm " + line + "\n\n" + w.screen() }
	screens := map[string]string{}

	line := "-Ln --rate --sort-by cps --watch"
	w := watchOn(t, s, line, 90, 16)
	w.read(t)
	s.traffic(2)
	s.do(t, "ipvsadm -d -t 10.1.0.100:443 -r 10.2.0.12", "ipvsadm -a -u [2001:db8::100]:53 -r 2001:db8::12 -i", "ipvsadm -D -t 10.1.0.100:8443")
	w.read(t)
	screens["rate"] = shell(line, w)

	small := watchOn(t, s, "-Ln --watch", 20, 5)
	small.read(t)
	screens["small"] = shell("-Ln --watch", small)

	w = watchOn(t, s, "-Ln --stats --watch", 90, 8)
	w.read(t)
	w.press("f", "/", ":", "1", "0", "0", screen.Backspace, screen.CtrlU, "1", "0", ".", "1", screen.Enter, ">")
	screens["folded"] = shell("-Ln --stats --watch", w)

	s.connTable = emptyTable +
		"TCP CB007107 A001 0A010064 0050 0A02000B 0050 ESTABLISHED     899\n" +
		"TCP CB007107 A002 0A010064 0050 0A02000C 0050 FIN_WAIT          9\n"
	w = watchOn(t, s, "-Lnc --watch 1", 90, 7)
	w.read(t)
	screens["connections"] = shell("-Lnc --watch 1", w)
	return screens
}

// inTop are the keys of top(1) of procps-ng for the same.
var inTop = map[string]string{
	"q": "`q`", "?": "`?` `h`", "/": "`o`, `L` to look for a text", "<": "`<`", ">": "`>`", "r": "`R`", "f": "", "Enter": "`v`", "i": "`i`",
	"p": "", "d": "`d` `s`", "Space": "`Space` `Enter`", "j Down": "`Down`", "k Up": "`Up`", "PgDn": "`PgDn`", "PgUp": "`PgUp`",
	"g Home": "`Home`", "G End": "`End`", "Right": "`Right`", "Left": "`Left`", "Ctrl-L": "",
}

// The screens and the table of keys in docs/watch.md are true; with -update, they are written there.
func TestWatchDocumented(t *testing.T) {
	const file = "../../docs/watch.md"
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	text := string(b)
	replace := func(begin, end, with string) {
		before, rest, found := strings.Cut(text, begin)
		require.True(t, found, begin)
		i := strings.Index(rest, end)
		require.GreaterOrEqual(t, i, 0, begin)
		text = before + begin + with + rest[i:]
	}
	for name, screen := range documented(t) {
		replace("<!-- screen: "+name+" -->\n```\n", "```\n", screen)
	}
	var rows strings.Builder
	for _, k := range top.Bindings {
		if k.Help != "" {
			require.Contains(t, inTop, k.Names)
			rows.WriteString("| `" + strings.ReplaceAll(k.Names, " ", "` `") + "` | " + k.Help + " | " + inTop[k.Names] + " |\n")
		}
	}
	replace("| key | what it does | in top |\n|---|---|---|\n", "\n## ", rows.String())
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	require.Equal(t, text, string(b), "go test ./cmd/ipvsadm -update writes %s", file)
}

// The manual has all keys, and no others.
func TestWatchManual(t *testing.T) {
	manual, err := os.ReadFile("../../man/ipvsadm.8")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(manual), "\n.Ss Watching\n")
	section, _, _ = strings.Cut(section, "\n.El\n")
	var described, named []string
	for line := range strings.Lines(section) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != ".It" {
			continue
		}
		for _, word := range words[2:] {
			if word == "Ar" {
				break
			}
			if word != "," {
				described = append(described, strings.TrimPrefix(word, `\&`))
			}
		}
	}
	for _, k := range top.Bindings {
		if k.Help != "" {
			named = append(named, strings.Fields(k.Names)...)
		}
	}
	require.ElementsMatch(t, append(named, "h"), append(described, "Enter"))
}

// The head says where the table is.
func TestWatchWhere(t *testing.T) {
	require.Empty(t, where("", ""))
	require.Equal(t, [][]string{{"director a?", "a?"}}, where("", "a\x1b"))
	host, err := os.Hostname()
	require.NoError(t, err)
	director := []string{"director " + host, host}
	r := newRunner(&newTestSystem(t).system, newConsole("ipvsadm", nil, nil, nil))
	for word, want := range map[string][][]string{
		"": {director}, "blue": {{"namespace blue", "blue"}, director}, "a\x1b": {{"namespace a<U+001B>", "a<U+001B>"}, director},
	} {
		c := &flags.Command{NetNS: word, Listing: flags.Listing{Watch: 7, SortBy: "cps"}}
		view := newScreenWatcher(r, c, r.watchPlace(word), nil, nil).view
		require.Equal(t, want, view.Where)
		require.Equal(t, 7*time.Second, view.Every)
		require.Equal(t, "cps", view.SortBy)
	}
}

// Of more connections than can be watched, the first are, and the others are counted.
func TestWatchManyConnections(t *testing.T) {
	s := newBusy(t)
	s.connTable = emptyTable + strings.Repeat("TCP CB007107 A001 0A010064 0050 0A02000B 0050 ESTABLISHED     899\n", maxWatched+7)
	w := watchOn(t, s, "-L -n -c --watch", 100, 6)
	w.read(t)
	require.Contains(t, w.screen(), "\n100007 connections  without the last 7: -t, -r, --client or --count\n")
	require.Contains(t, w.screen(), " 1-2/100000\n")
	s.connTable = emptyTable + strings.Repeat("TCP CB007107 A001 0A010064 0050 0A02000B 0050 ESTABLISHED     899\n", maxWatched)
	w.read(t)
	require.Contains(t, w.screen(), "\n100000 connections\n")
}

// Origins are a column.
func TestWatchOrigins(t *testing.T) {
	s := newBusy(t)
	s.syncTable = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n" +
		"TCP CB007107 A001 0A010064 0050 0A02000B 0050 ESTABLISHED SYNC       899\n"
	w := watchOn(t, s, "-L -n -c --origin --watch", 100, 6)
	w.read(t)
	w.requireScreen(t, "origin")
}
