// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/internal/test/hints"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

const hintsDocument = "../../docs/hints.md"

var update = flag.Bool("update", false, "write the hints into their document")

// hintedSchedulers are those of the kernel in the document.
const hintedSchedulers = "dh fo lblc lblcr lc mh nq ovf rr sed sh wlc wrr"

// newHinted returns a system with rules, whose standard error is a terminal.
func newHinted(t *testing.T, rules string) *testSystem {
	t.Helper()
	s := newTestSystem(t)
	s.restore(t, rules)
	for name := range strings.FieldsSeq(hintedSchedulers) {
		s.hasSchedulers = append(s.hasSchedulers, schedulers.Scheduler{Name: name, State: schedulers.Loadable})
	}
	s.director.SetSchedulers(strings.Fields(hintedSchedulers)...)
	s.hasLinks = []link{{name: "lo"}}
	s.onTerminal = true
	return s
}

// hinted runs a command line and returns what it prints on standard error, and the kinds of its hints.
func (s *testSystem) hinted(line string) (got result, kinds []string) {
	var stdout, stderr bytes.Buffer
	words := strings.Fields(line)
	con := newConsole(words[0], strings.NewReader(""), &stdout, &stderr)
	code := newRunner(&s.system, con).run(words[1:])
	return result{stdout.String(), stderr.String(), code}, con.hints.given
}

// The document has what is printed, an example for each kind of hint and one hint for each example. With -update, it is
// written there.
func TestHintsDocumented(t *testing.T) {
	d := hints.Read(t, hintsDocument)
	var examples []hints.Example
	given := map[string]bool{"nested": true, "not allowed": true, "no IPVS": true} // TestHintsElsewhere
	for _, e := range d.Examples {
		got, kinds := newHinted(t, d.Rules).hinted(e.Line)
		s := newHinted(t, d.Rules)
		s.onTerminal = false
		plain, _ := s.hinted(e.Line)
		require.Equal(t, plain.stdout, got.stdout, e.Line)
		require.Equal(t, plain.code, got.code, e.Line)
		hint, ok := strings.CutPrefix(got.stderr, plain.stderr)
		require.True(t, ok, "%s: %s", e.Line, got.stderr)
		require.Regexp(t, "^hint: [^\n]+\n$", hint, e.Line)
		examples = append(examples, hints.Example{Line: e.Line, Message: strings.TrimRight(plain.stderr, "\n"),
			Hint: strings.TrimSpace(strings.TrimPrefix(hint, "hint: "))})
		for _, kind := range kinds {
			given[kind] = true
		}
	}
	for _, row := range hintRows() {
		require.True(t, given[row.kind], row.kind)
	}
	if *update {
		require.NoError(t, os.WriteFile(hintsDocument, []byte(d.With(examples)), 0o644))
		return
	}
	require.Equal(t, d.Examples, examples, "go test ./cmd/ipvsadm -run TestHintsDocumented -update writes them")
}

// Each accepted oddity has a hint, and one change gets one.
func TestOddRows(t *testing.T) {
	for _, row := range oddRows() {
		text, of := oddText(row.oddity, &ipvsnl.Change{})
		require.NotEmpty(t, text)
		require.Equal(t, row.oddity, of)
	}
	s := newHinted(t, "")
	require.Equal(t, result{stderr: "hint: -M has no effect without -p\n"}, s.input("", "ipvsadm -A -f 1 -M 24 --pe sip"))
	text, of := oddText(0, nil)
	require.Empty(t, text)
	require.Zero(t, of)
}

func TestHintsElsewhere(t *testing.T) {
	s := newHinted(t, "")
	try := "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"
	require.Equal(t, result{stderr: try + "hint: lines of rules cannot restore\n", code: 255}, s.input("-R\n", "ipvsadm -R"))
	s.director.Refuse(func(ipvsnl.Change) int { return int(unix.EPERM) })
	allowed := "Permission denied (you must be root)\nhint: this takes root or, in a container, the capability NET_ADMIN\n"
	require.Equal(t, result{stderr: allowed, code: 255}, s.input("", "ipvsadm -A -f 1"))
	s.director.Refuse(func(ipvsnl.Change) int { return int(unix.ENOMEM) })
	require.Equal(t, result{stderr: "Memory allocation problem\n", code: 255}, s.input("", "ipvsadm -A -f 1"))
	s.director.Unload(true)
	got := s.input("", "ipvsadm -L")
	require.Equal(t, "Can't initialize ipvs: Protocol not available\nAre you sure that IP Virtual Server is built in the kernel or as module?\n"+
		"hint: \"modprobe ip_vs\" loads it, or says why not; for a container, run it on the host\n", got.stderr)
}

// hintLines returns the hints among lines.
func hintLines(stderr string) (all []string) {
	for line := range strings.Lines(stderr) {
		if text, ok := strings.CutPrefix(line, "hint: "); ok {
			all = append(all, strings.TrimSpace(text))
		}
	}
	return all
}

// reads counts the requests to read something of a kind.
func (s *testSystem) reads(command byte) *int {
	var n int
	s.before = func(r request) error {
		if r.command == command {
			n++
		}
		return nil
	}
	return &n
}

// A restore with thousands of faults has a hint of each kind, for which the kernel is asked once.
func TestHintsOnce(t *testing.T) {
	const lines = 10_000
	var rules strings.Builder
	for i := range lines {
		fmt.Fprintf(&rules, "-D -t 192.0.2.1:%d\n-A -f 1\n-A -f 1 --num\n", i+1)
	}
	s := newHinted(t, "-A -f 1\n-A -u 192.0.2.1:1\n")
	n := s.reads(getService)
	got := s.input(rules.String(), "ipvsadm -R")
	require.Equal(t, []string{"there is -u 192.0.2.1:1", "-E changes it, and -A accepts it with --ensure", "did you mean --numeric?"},
		hintLines(got.stderr))
	require.Equal(t, 3*lines+3, strings.Count(got.stderr, "\n"))
	require.Equal(t, 1, *n)

	// Elsewhere it costs one look at standard error.
	s.onTerminal, s.looks = false, 0
	require.Empty(t, hintLines(s.input(rules.String(), "ipvsadm -R").stderr))
	require.Equal(t, 1, s.looks)
	require.Equal(t, 1, *n)

	s = newHinted(t, "")
	for _, line := range []string{"ipvsadm-restore", "ipvsadm -R --dry-run", "ipvsadm -R --replace"} {
		got := s.input(strings.Repeat("-A -t 192.0.2.1\n-A -f x\n", 100), line)
		require.Equal(t, []string{"add a port, as in 192.0.2.1:80, or -p for every port",
			"`x' is not a number from 1 to 4294967295"}, hintLines(got.stderr), line)
		require.Equal(t, 202, strings.Count(got.stderr, "\n"))
	}
	got = s.input(strings.Repeat("-A -f 1\n", 100), "ipvsadm-restore")
	require.Len(t, hintLines(got.stderr), 1)
}

// What lines of rules have that hardly anyone means is told after the last, with the first line that has it.
func TestHintsOddLines(t *testing.T) {
	rules := "-A -t 192.0.2.1:80 -p -M 24\n" + "-A -t 192.0.2.2:80 -p -M 24\n-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -w 3\n" +
		"-a -t 192.0.2.2:80 -r 10.0.0.1:8080\n-A -f 1 -M 24\n"
	want := []string{"line 1: -M 24 is the mask 0.0.0.24; a prefix of that length is -M 255.255.255.0",
		"line 3: without -m, the port of a real server is that of the service, 80", "line 5: -M has no effect without -p"}
	for _, line := range []string{"ipvsadm -R", "ipvsadm-restore", "ipvsadm -R --replace", "ipvsadm -R --dry-run", "ipvsadm-restore --dry-run"} {
		s := newHinted(t, "")
		got := s.input(rules, line)
		require.Equal(t, want, hintLines(got.stderr), line)
		require.Equal(t, 3, strings.Count(got.stderr, "\n"))
		require.Zero(t, got.code)
		s.onTerminal = false
		require.Empty(t, s.input("-C\n"+rules, "ipvsadm -R").stderr)
	}
	// The first hint about a line hides no other: it follows for a later line.
	require.Equal(t, []string{"line 1: -M has no effect without -p", "line 3: --pe has no effect without -p"},
		hintLines(newHinted(t, "").input("-A -f 1 -M 24 --pe sip\n-A -f 2 -M 24\n-A -f 3 --pe sip\n", "ipvsadm -R").stderr))
	// With a fault nothing is done, so nothing was meant otherwise.
	require.Equal(t, []string{"add a port, as in 1.2.3.4:80, or -p for every port"},
		hintLines(newHinted(t, "").input(rules+"-A -t 1.2.3.4\n", "ipvsadm-restore").stderr))
}

// Away from a terminal nothing is read for the sake of hints.
func TestHintsUnread(t *testing.T) {
	const rules = "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m\n"
	for line, command := range map[string]byte{
		"ipvsadm -D -f 7":                             getService,
		"ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.2":      getDest,
		"ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1 -w 0": getDest,
		"ipvsadm -E -t 192.0.2.1:80":                  getService,
		"ipvsadm --stop-daemon master":                getDaemon,
	} {
		s := newHinted(t, rules)
		n := s.reads(command)
		s.input("", line)
		require.Equal(t, 1, *n, line)
		s = newHinted(t, rules)
		s.onTerminal = false
		n = s.reads(command)
		s.input("", line)
		require.Zero(t, *n, line)
	}
	// Nor on one, where there is nothing to say.
	s := newHinted(t, rules)
	n := s.reads(getDest)
	s.do(t, "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2", "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.2", "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1 --keep -w 0")
	require.Equal(t, 1, *n) // --keep itself reads
}

// What cannot be read is left out.
func TestHintsWithoutFacts(t *testing.T) {
	const rules = "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m\n-A -u 192.0.2.2:53\n"
	for _, c := range []struct {
		line     string
		unread   byte
		messages string
	}{
		{"ipvsadm -D -t 192.0.2.2:53", getService, "No such service\nhint: ipvsadm -Ln lists the services\n"},
		{"ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080", getDest, "No such destination\n"},
		{"ipvsadm --stop-daemon master", getDaemon, "No daemon is running\n"},
		{"ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1 -w 0", getDest, ""},
		{"ipvsadm -E -t 192.0.2.1:80 -p", getService, ""},
		{"ipvsadm --start-daemon master --mcast-interface eth9", 0, "No such device\nhint: there is no interface `eth9'; --mcast-interface names one\n"},
		{"ipvsadm -A -f 9 -s wrrr", 0, "Scheduler or persistence engine not found\nhint: there is no scheduler `wrrr'\n"},
		{"ipvsadm -A -f 9 -p --pe ftp", 0, "Scheduler or persistence engine not found\nhint: there is no persistence engine `ftp', only sip\n"},
	} {
		s := newHinted(t, rules)
		s.breakReading(c.unread)
		s.hasSchedulers, s.hasLinks = nil, nil
		require.Equal(t, c.messages, s.input("", c.line).stderr, c.line)
	}
	s := newHinted(t, "-A -f 1\n")
	require.Equal(t, "No such destination\n", s.input("", "ipvsadm -d -f 1 -r 10.0.0.1").stderr) // there are none to name
}

// What is missing of a scheduler and an engine is found out.
func TestHintsScheduler(t *testing.T) {
	s := newHinted(t, "")
	for words, want := range map[string]string{
		"-s nosuch -p --pe sip": "there is no scheduler `nosuch'; the kernel has " + hintedSchedulers,
		"-s nosuch -p --pe ftp": "there is no scheduler `nosuch'; the kernel has " + hintedSchedulers,
		"-s rr -p --pe ftp":     "there is no persistence engine `ftp', only sip",
		"-s twos -p --pe sip":   "the kernel cannot load the module ip_vs_twos; the kernel has " + hintedSchedulers,
		"-s lblx":               "there is no scheduler `lblx'; the kernel has " + hintedSchedulers + "; did you mean lblc?",
		"-s wrr\x1b":            "there is no scheduler `wrr<U+001B>'; the kernel has " + hintedSchedulers + "; did you mean wrr?",
	} {
		require.Equal(t, []string{want}, hintLines(s.input("", "ipvsadm -A -f 1 "+words).stderr), words)
	}
	s.director.SetSchedulers("rr")
	require.Equal(t, []string{"the kernel cannot load the module ip_vs_wrr; the kernel has " + hintedSchedulers},
		hintLines(s.input("", "ipvsadm -A -f 1 -s wrr").stderr))
	s.director.Refuse(func(ipvsnl.Change) int { return int(unix.ENOENT) })
	require.Equal(t, []string{"the kernel cannot load the module ip_vs_pe_sip"},
		hintLines(s.input("", "ipvsadm -A -f 1 -s rr -p --pe sip").stderr))
}

// Part of the schedulers is as good as none.
func TestHintsSomeSchedulers(t *testing.T) {
	s := newHinted(t, "")
	s.noModules = errors.New("x")
	s.director.Refuse(func(ipvsnl.Change) int { return int(unix.ENOENT) })
	for words, want := range map[string]string{
		"-s rr":              "the kernel cannot load the module ip_vs_rr",
		"-s rr -p --pe sip":  "the kernel cannot load the module ip_vs_rr or ip_vs_pe_sip",
		"-s rr -p --pe ftp":  "there is no persistence engine `ftp', only sip",
		"-s rrr":             "there is no scheduler `rrr'",
		"-s rrr -p --pe sip": "there is no scheduler `rrr'",
	} {
		require.Equal(t, []string{want}, hintLines(s.input("", "ipvsadm -A -f 1 "+words).stderr), words)
	}
}

// A service that is missing may exist with another protocol, family or port.
func TestHintsService(t *testing.T) {
	s := newHinted(t, "-A -u 192.0.2.1:53\n-A --sctp-service 192.0.2.1:53\n-A -t 192.0.2.1:80\n-A -t [2001:db8::1]:80\n-A -f 70\n-A -f 80 -6\n")
	for words, want := range map[string]string{
		"-D -t 192.0.2.1:53":           "there is -u 192.0.2.1:53, --sctp-service 192.0.2.1:53",
		"-D -t 192.0.2.1:54":           "there is -u 192.0.2.1:53, --sctp-service 192.0.2.1:53, -t 192.0.2.1:80",
		"-Z -u [2001:db8::1]:80":       "there is -t [2001:db8::1]:80",
		"-S -f 70 -6":                  "there is -f 70",
		"-D -f 80":                     "there is -f 80 -6",
		"-D -f 9":                      "ipvsadm -Ln lists the services",
		"-E -f 9":                      "-A adds it",
		"-E -f 9 --keep":               "-A adds it",
		"-a -f 9 -r 10.0.0.1":          "-A adds it",
		"-a -f 9 -r 10.0.0.1 --ensure": "-A adds it",
		"-e -f 9 -r 10.0.0.1":          "ipvsadm -Ln lists the services",
		"-D -f 9 --drain":              "ipvsadm -Ln lists the services",
		"-d -f 9 -r 10.0.0.1 --drain":  "ipvsadm -Ln lists the services",
		"-L -u 192.0.2.1:80":           "there is -t 192.0.2.1:80",
		"-L -u 192.0.2.1:80 --json":    "there is -t 192.0.2.1:80",
	} {
		require.Equal(t, []string{want}, hintLines(s.input("", "ipvsadm "+words).stderr), words)
	}
}

// A real server that is missing may exist with another port.
func TestHintsServer(t *testing.T) {
	rules := "-A -t 192.0.2.1:80\n-A -f 1\n-a -f 1 -r 10.0.0.9:90\n-A -t 192.0.2.2 -p\n-a -t 192.0.2.2 -r 10.0.0.9:90 -m\n"
	for i := range 7 {
		rules += fmt.Sprintf("-a -t 192.0.2.1:80 -r 10.0.0.1:%d -m\n", 8080+i)
	}
	s := newHinted(t, rules)
	has := "the service has 10.0.0.1:8086, 10.0.0.1:8085, 10.0.0.1:8084, 10.0.0.1:8083, 10.0.0.1:8082 and 2 more"
	for words, want := range map[string]string{
		"-e -t 192.0.2.1:80 -r 10.0.0.1:8080":        has + "; without -m, the port is that of the service, 80",
		"-e -t 192.0.2.1:80 -r 10.0.0.1:8070 -m":     has,
		"-e -t 192.0.2.1:80 -r 10.0.0.1 -m":          has,
		"-e -t 192.0.2.1:80 -r 10.0.0.1 -w 5 --keep": has,
		"-d -t 192.0.2.1:80 -r 10.0.0.1":             has + "; without a port, it is that of the service, 80",
		"-d -t 192.0.2.1:80 -r 10.0.0.1 --drain":     has + "; without a port, it is that of the service, 80",
		"-d -t 192.0.2.1:80 -r 10.0.0.1:1":           has,
		"-d -r 10.0.0.1 -t 192.0.2.1:80":             has + "; with -r before the service, its port is 0",
		"-d -t 192.0.2.1:80 -r 10.0.0.2":             has,
		"-d -t 192.0.2.2 -r 10.0.0.9":                "the service has 10.0.0.9:90; without a port, it is that of the service, 0",
		"-d -f 1 -r 10.0.0.9":                        "the service has 10.0.0.9:90",
	} {
		require.Equal(t, []string{want}, hintLines(s.input("", "ipvsadm "+words).stderr), words)
	}
}

// Lines that are run on a table in memory have no hints about the kernel's, which is another, and none is read.
func TestHintsChecked(t *testing.T) {
	for rules, want := range map[string][]string{
		"-a -t 192.0.2.1:80 -r 10.0.0.1":                    {"-A adds it"},
		"-e -t 192.0.2.1:80 -r 10.0.0.1":                    nil,
		"-D -t 192.0.2.1:81":                                nil,
		"-A -f 1\n-d -f 1 -r 10.0.0.1":                      nil,
		"-A -f 9\n-a -f 9 -r 10.0.0.1\n-d -f 9 -r 10.0.0.2": nil,
		"-A -f 1\n-A -f 1":                                  {"-E changes it, and -A accepts it with --ensure"},
		"--start-daemon master\n--start-daemon master":      {"--stop-daemon master stops it"},
		"--stop-daemon master\n--stop-daemon master":        nil,
		"-A -t 192.0.2.1":                                   {"add a port, as in 192.0.2.1:80, or -p for every port"},
	} {
		s := newHinted(t, "-A -t 192.0.2.1:80\n-A -f 1\n-a -f 1 -r 10.0.0.2\n--start-daemon backup --mcast-interface lo\n")
		var read int
		s.before = func(request) error { read++; return nil }
		got := s.input(rules+"\n", "ipvsadm -R --replace")
		require.Equal(t, want, hintLines(got.stderr), rules)
		require.Equal(t, flags.ExitFault, got.code, rules)
		s.onTerminal = false
		reads := read
		s.input(rules+"\n", "ipvsadm -R --replace")
		require.Equal(t, 2*reads, read, rules)
	}
}

func TestNamed(t *testing.T) {
	require.Equal(t, "a, b, c, d, e", named([]string{"a", "b", "c", "d", "e"}))
	require.Equal(t, "a, b, c, d, e and 1 more", named([]string{"a", "b", "c", "d", "e", "f"}))
}

// -E and -e tell what they have reset.
func TestHintsReset(t *testing.T) {
	for _, c := range []struct{ rules, line, want string }{
		{"-A -t 192.0.2.1:80 -s sh -b sh-port -p 60 -M 255.255.0.0 --pe sip", "-E -t 192.0.2.1:80",
			"-E resets what is not given, here -s sh -b sh-port -p 60 -M 255.255.0.0 --pe sip; with --keep it stays"},
		{"-A -t [::1]:80 -p 60 -M 64", "-E -t [::1]:80 -s wlc", "-E resets what is not given, here -p 60 -M 64; with --keep it stays"},
		{"-A -t [::1]:80 -p 60 -M 64", "-E -t [::1]:80 -p 60", "-E resets what is not given, here -M 64; with --keep it stays"},
		{"-A -u 192.0.2.1:80 -o", "-E -u 192.0.2.1:80 -s rr", "-E resets what is not given, here -o; with --keep it stays"},
		{"-A -u 192.0.2.1:80 -o", "-E -u 192.0.2.1:80 -s rr -o", ""},
		{"-A -u 192.0.2.1:80", "-E -u 192.0.2.1:80", ""},
		{"-A -f 1\n-a -f 1 -r 10.0.0.1 -m -w 5 -x 9 -y 3", "-e -f 1 -r 10.0.0.1",
			"-e resets what is not given, here -m -w 5 -x 9 -y 3; with --keep it stays"},
		{"-A -f 1\n-a -f 1 -r 10.0.0.1 -i --tun-type gue --tun-port 9", "-e -f 1 -r 10.0.0.1 -w 1",
			"-e resets what is not given, here -i --tun-type gue --tun-port 9 --tun-nocsum; with --keep it stays"},
		{"-A -f 1\n-a -f 1 -r 10.0.0.1 -i --tun-type gre --tun-csum", "-e -f 1 -r 10.0.0.1 -w 1",
			"-e resets what is not given, here -i --tun-type gre --tun-csum; with --keep it stays"},
		{"-A -f 1\n-a -f 1 -r 10.0.0.1 -w 0", "-e -f 1 -r 10.0.0.1 -m", "-e resets what is not given, here -w 0; with --keep it stays"},
		{"-A -f 1\n-a -f 1 -r 10.0.0.2 -w 9\n-a -f 1 -r 10.0.0.1 -m", "-e -f 1 -r 10.0.0.1 -m -w 2", ""},
	} {
		got := newHinted(t, c.rules+"\n").input("", "ipvsadm "+c.line)
		require.Equal(t, c.want, strings.Join(hintLines(got.stderr), "; "), c.line)
		require.Zero(t, got.code)
	}
	// One that fails has reset nothing.
	s := newHinted(t, "-A -f 1\n-a -f 1 -r 10.0.0.1 -w 5\n")
	got := s.input("", "ipvsadm -e -f 1 -r 10.0.0.1 -y 5")
	require.Equal(t, []string{"-y may not be above -x, and 5 is above 0"}, hintLines(got.stderr))
	// Nor are there hints after lines of a restore about what each has reset.
	require.Equal(t, result{}, s.input("-e -f 1 -r 10.0.0.1\n", "ipvsadm -R"))
}

// Persistence without a timeout has no options, as -p 0 is refused.
func TestHintsResetNoOption(t *testing.T) {
	c, err := flags.Parse(strings.Fields("-E -f 1"), testNames{})
	require.NoError(t, err)
	e := &edited{service: c.Change.Service}
	e.service.Persistence = ipvsnl.Persistence{Timeout: ipvsnl.PersistZero, Mask: ipvsnl.Mask4([4]byte{255})}
	require.Empty(t, e.resetting(&c))
	e.service.Scheduler = "rr"
	require.Equal(t, " -s rr", e.reset(&c))
}

func TestHintsNumbers(t *testing.T) {
	s := newHinted(t, "-A -f 1\n")
	s.director.Refuse(func(c ipvsnl.Change) int {
		if c.Destination.Weight == 7 {
			return int(unix.ERANGE)
		}
		return int(unix.EINVAL)
	})
	for server, want := range map[string][]string{
		"10.0.0.1 -w 7":           nil,
		"10.0.0.1 -x 5 -y 5 -w 7": nil,
		"10.0.0.1 -x 5 -y 6 -w 7": {"-y may not be above -x, and 6 is above 5"},
		"10.0.0.1":                nil,
		"0.0.0.0":                 {"0.0.0.0 cannot be the address of a real server"},
		"255.255.255.255":         {"255.255.255.255 cannot be the address of a real server"},
		"239.1.1.1":               {"239.1.1.1 cannot be the address of a real server"},
		"fe80::1 -i":              {"fe80::1 cannot be the address of a real server"},
		"169.254.1.1":             nil,
		"ff02::1 -i":              {"ff02::1 cannot be the address of a real server"},
		"2001:db8::1 -i":          nil,
	} {
		require.Equal(t, want, hintLines(s.input("", "ipvsadm -a -f 1 -r "+server).stderr), server)
	}
	require.Empty(t, hintLines(s.input("", "ipvsadm -D -f 1").stderr))
}

// Nobody knows what was wrong with a change that is in doubt.
func TestHintsInDoubt(t *testing.T) {
	s := newHinted(t, "")
	s.breakAt(1)
	require.Equal(t, result{stderr: "It is unknown whether this was done: netlink send-messages: broken\n", code: exitChange}, s.input("", "ipvsadm -A -f 1"))
}

func TestCutPort(t *testing.T) {
	for word, want := range map[string][2]string{":80": {"", "80"}, "[::1]:http": {"[::1]", "http"}, "web:": {"web", ""}, "web": {"web", ""}} {
		host, port, ok := cutPort(word)
		require.Equal(t, want, [2]string{host, port}, word)
		require.Equal(t, word != "web", ok)
	}
}

// A restore from a terminal says that it waits.
func TestHintsWaiting(t *testing.T) {
	each := "hint: waiting for rules from the terminal: each is run when it is entered, Ctrl-D ends them, and Ctrl-C leaves the table as it is then\n"
	all := "hint: waiting for rules from the terminal: Ctrl-D ends them, and Ctrl-C leaves the table alone\n"
	for line, want := range map[string]string{"ipvsadm -R": each, "ipvsadm-restore": all, "ipvsadm -R --replace": all, "ipvsadm -R --dry-run": all} {
		s := newHinted(t, "")
		require.Equal(t, result{}, s.input("", line), line)
		s.fromTerminal = true
		require.Equal(t, result{stderr: want}, s.input("", line), line)
		s.onTerminal = false
		require.Equal(t, result{}, s.input("", line), line)
	}
}

// Hints follow what fails in the middle of larger operations, too.
func TestHintsWithin(t *testing.T) {
	s := newHinted(t, "-A -f 1\n-A -f 2\n")
	s.director.Refuse(func(ipvsnl.Change) int { return int(unix.EPERM) })
	const hint = "this takes root or, in a container, the capability NET_ADMIN"
	for _, line := range []string{"ipvsadm -Z -4", "ipvsadm -C -4", "ipvsadm -R --replace", "ipvsadm-restore"} {
		got := s.input("-A -f 3\n-A -f 4\n", line)
		require.Equal(t, []string{hint}, hintLines(got.stderr), line)
		require.GreaterOrEqual(t, strings.Count(got.stderr, "Permission denied"), 2, line)
	}
}

// What users have typed cannot do anything to the terminal.
func TestHintsVisible(t *testing.T) {
	s := newHinted(t, "-A -f 1\n")
	for _, words := range [][]string{
		{"-A", "-f", "\x1b[2J"}, {"-A", "-t", "\x1b[2J:80"}, {"-A", "-t", "1::\x1b[2J:80"}, {"-A", "-t", "[\x1b[2J]"}, {"-A", "-t", "1.2.3.4:\x1b[2J"},
		{"-a", "-f", "1", "\x1b[2J"}, {"-R", "\x1b[2J"}, {"-A", "-f", "1", "-s", "\x1b[2J"}, {"--start-daemon", "master", "--mcast-interface", "\x1b[2J"},
		{"-A", "-f", "1", "-b", "\x1b[2J"}, {"-A", "-f", "9", "-p", "--pe", "\x1b[2J"}, {"\u2013A"}, {"-L", "\u2013n"},
	} {
		var stdout, stderr bytes.Buffer
		s.run(append([]string{"ipvsadm"}, words...), strings.NewReader(""), &stdout, &stderr)
		all := hintLines(stderr.String())
		require.Len(t, all, 1, words)
		require.NotContains(t, all[0], "\x1b", words)
		require.NotContains(t, all[0], "\u2013", words)
	}
}

func TestHintTexts(t *testing.T) {
	s := newHinted(t, "-A -t 192.0.2.1:80\n")
	for words, want := range map[string]string{
		"-A -t 1.2.3.4:-1":            "`-1' is not a port from 0 to 65535",
		"-A -t fe80::1%eth0":          "`fe80::1%eth0' is not an IPv6 address without a zone",
		"-A -t 2001:db8::1:99999":     "`2001:db8::1:99999' is not an IPv6 address",
		"-A -t ::0":                   "add a port, as in [::0]:80, or -p for every port",
		"-A -t 2001:db8::2:0":         "with a port write [2001:db8::2]:0",
		"-A -t [2001:db8::2]:0":       "port 0 is every port, and needs -p",
		"-A -t [2001:db8::2]:00":      "port 0 is every port, and needs -p",
		"-A -t 1.2.3.4:00":            "port 0 is every port, and needs -p",
		"-A -t 1.2.3.4:+0":            "port 0 is every port, and needs -p",
		"-A -t [1.2.3.4]:80":          "brackets take an IPv6 address: write 1.2.3.4:80",
		"-A -t [1.2.3.4:0]:80":        "brackets take an IPv6 address: write 1.2.3.4:80",
		"-A -t 2001:db8:0:0:0:0:0:80": "add a port, as in [2001:db8:0:0:0:0:0:80]:80, or -p for every port",
		"-A -t 2001:db8::2:8a":        "add a port, as in [2001:db8::2:8a]:80, or -p for every port",
		"-A -t [nosuch":               "brackets take an IPv6 address, and a port after them: [nosuch]:80",
		"--netns":                     "--netns takes NAME",
		"-L -Q":                       "",
		"-L x":                        "",
		"-L -":                        "",
		"-L \u00fcber":                "",
		"-L \u2212n":                  "`<U+2212>n' begins with a character that only looks like -",
		"-L \u2014n":                  "`<U+2014>n' begins with a character that only looks like -",
		"-a -f 1 x":                   "is `x' the value of -r?",
	} {
		require.Equal(t, want, strings.Join(hintLines(s.input("", "ipvsadm "+words).stderr), "\n"), words)
	}
	var stderr bytes.Buffer
	s.run([]string{"ipvsadm", "-A", "-t", ""}, strings.NewReader(""), io.Discard, &stderr)
	require.Equal(t, []string{"the address is empty"}, hintLines(stderr.String()))
	stderr.Reset()
	s.run([]string{"ipvsadm", "-L", ""}, strings.NewReader(""), io.Discard, &stderr)
	require.Empty(t, hintLines(stderr.String()))
}

// A prefix length that is taken for a mask is said as the mask that it stands for.
func TestMaskIsLength(t *testing.T) {
	for length, want := range map[byte]string{1: "128.0.0.0", 8: "255.0.0.0", 31: "255.255.255.254", 32: "255.255.255.255"} {
		c := ipvsnl.AddService(ipvsnl.Service{Persistence: ipvsnl.Persistence{Timeout: time.Second, Mask: ipvsnl.Mask4([4]byte{3: length})}})
		text := fmt.Sprintf("-M %d is the mask 0.0.0.%d; a prefix of that length is -M %s", length, length, want)
		require.Equal(t, text, maskIsLength(&c))
	}
}

// Standard error is looked at once, whoever asks first: a restore reads lines while it reports others.
func TestHintsAskedOnce(t *testing.T) {
	s := newHinted(t, "")
	s.looks = 0
	h := newHinter(newRunner(&s.system, newConsole("ipvsadm", nil, io.Discard, io.Discard)))
	require.Zero(t, s.looks) // until there is a hint
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			h.active()
		}()
	}
	all.Wait()
	require.True(t, h.active())
	require.Equal(t, 1, s.looks)
}

// A hinter that has nobody to read it does nothing.
func TestNoHinter(t *testing.T) {
	var h *hinter
	h.after(errors.New("x"))
	h.afterFailure(nil)
	h.tell()
	h.waits("")
	h.note(&flags.Command{Oddities: flags.MaskIgnored}, 1)
	h.afterSuccess(&flags.Command{Oddities: flags.MaskIgnored}, nil)
	require.Nil(t, h.look(t.Context(), &flags.Command{Change: ipvsnl.SetService(ipvsnl.Service{})}))
}
