// SPDX-License-Identifier: Apache-2.0

// Package completion tests the completions by driving the shells, in the test kernel, where there is a table to
// complete from.
package completion

import (
	"cmp"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestMain(m *testing.M) {
	kernel.Install("bash=bash", "zsh=zsh", "fish=fish")
	kernel.Main(m, "./cmd/ipvsadm")
}

// rules are in the table when lines are completed.
const rules = `-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 198.51.100.1:80 -m
-a -t 192.0.2.1:80 -r 198.51.100.2:8080 -m
-A -t [2001:db8::1]:443 -s rr
-A -u 192.0.2.1:53 -s rr
-a -u 192.0.2.1:53 -r 198.51.100.3:53 -m
-A --sctp-service 192.0.2.2:99 -s rr
-A -f 7 -s rr
-a -f 7 -r 198.51.100.4 -g
-A -f 9 -6 -s rr
-a -f 9 -6 -r 2001:db8::2 -g
`

// blueRules are in the table of the network namespace blue.
const blueRules = `-A -t 192.0.2.7:70 -s wlc
-a -t 192.0.2.7:70 -r 198.51.100.7:70 -m
`

// A line is what is typed and what its last word may become.
type line struct {
	text string
	want []string
}

// nothing is a machine without any values.
type nothing struct{}

func (nothing) Services(string) []ipvsnl.Service                            { return nil }
func (nothing) Destinations(string, ipvsnl.ServiceKey) []ipvsnl.Destination { return nil }
func (nothing) LocalAddrs(string) []flags.LocalAddr                         { return nil }
func (nothing) Interfaces(string) []string                                  { return nil }
func (nothing) Sysctls(string) []string                                     { return nil }
func (nothing) Schedulers() []string                                        { return nil }
func (nothing) Namespaces() []string                                        { return nil }
func (nothing) Ports(string) []flags.Port                                   { return nil }
func (nothing) Files(string) []string                                       { return nil }

// fromTable returns a line with the offers of the table of options that match its last word.
func fromTable(text string) line {
	words := strings.Split(text, " ")
	l := line{text: text}
	for _, o := range flags.Complete(words, nothing{}) {
		if o.Word != "" && strings.HasPrefix(o.Word, words[len(words)-1]) {
			l.want = append(l.want, o.Word)
		}
	}
	return l
}

// options returns lines that go on with a command, with an option, and with options after others, which are drawn.
func options() (all []line) {
	for _, text := range []string{"ipvsadm -", "ipvsadm --", "ipvsadm --st", "ipvsadm --netns blue -", "ipvsadm-save -", "ipvsadm-restore -",
		"ipvsadm-save -n --all --t", "ipvsadm-save --n", "ipvsadm -R --dry-run --", "ipvsadm-restore --replace --"} {
		all = append(all, fromTable(text))
	}
	commandRows, _ := flags.Rows()
	for _, c := range commandRows {
		all = append(all, fromTable("ipvsadm "+cmp.Or(c.Long, c.Short)+" -"))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 8 {
		all = append(all, drawn(r)...)
	}
	return all
}

// values are what an option may have of which nothing is known.
var values = []string{"1", "192.0.2.9:9", "x"}

// drawn returns a line that grows by what is offered.
func drawn(r *rand.Rand) (all []line) {
	text := "ipvsadm"
	for range 6 {
		offers := flags.Complete(strings.Split(text+" ", " "), nothing{})
		if len(offers) == 0 {
			break
		}
		word := offers[r.IntN(len(offers))].Word
		if word == "" {
			word = values[r.IntN(len(values))]
		}
		text += " " + word
		all = append(all, fromTable(text+" -"))
	}
	return all
}

// faults are lines that were once completed with what the command does not take.
func faults() []line {
	return []line{
		{"ipvsadm -L -c --s", []string{"--sctp-service", "--sort", "--syncid"}}, // and not --stats
		{"ipvsadm -A -t 192.0.2.3:80 -6", nil},
		{"ipvsadm -A -t 192.0.2.3:80 --o", nil},
		{"ipvsadm -a -g --t", []string{"--tcp-service"}},
		{"ipvsadm -Ln --n", []string{"--netns", "--nosort"}},
		{"ipvsadm --set ", nil},
		{"ipvsadm --set 1 ", nil},
		{"ipvsadm -A -b mh-port,", []string{"mh-port,mh-fallback", "mh-port,flag-1", "mh-port,flag-2", "mh-port,flag-3"}},
		{"ipvsadm -D -f ", []string{"7"}},
		{"ipvsadm -d -f 9 -6 -r ", []string{"[2001:db8::2]:0"}},
		{"ipvsadm -A -t ", []string{"192.0.2.1:", "[2001:db8::1]:"}},
		{"ipvsadm -A -t 192.0.2.1:dom", []string{"192.0.2.1:domain", "192.0.2.1:domain-s"}},
		{"ipvsadm -A -t [2001:db8::1]:dom", []string{"[2001:db8::1]:domain", "[2001:db8::1]:domain-s"}},
		{"ipvsadm -A -M 255.255.2", []string{"255.255.255.255", "255.255.255.240", "255.255.255.0", "255.255.240.0"}},
		{"ipvsadm -A -f 1 -6 -M ", []string{"128", "112", "96", "80", "64", "48", "32"}},
		{"ipvsadm -L --netns ./test", []string{"./testdata/"}},
		{"ipvsadm -L --netns=./testdata/t", []string{"--netns=./testdata/typed.zsh"}},
		{"ipvsadm -L --nosuch ", nil},
	}
}

// ofMachine are lines that go on with a value that the machine has.
func ofMachine() []line {
	tcp := []string{"192.0.2.1:80", "[2001:db8::1]:443"}
	states := []string{"master", "backup"}
	return []line{
		{"ipvsadm --start-daemon ", states},
		{"ipvsadm --stop-daemon ", states},
		{"ipvsadm --start-daemon master --mcast-interface ", []string{"lo", "vips"}},
		{"ipvsadm -E -t 192.0.2.1:80 --scheduler lb", []string{"lblc", "lblcr"}},
		{"ipvsadm -A -t 192.0.2.1:80 --pe ", []string{"sip"}},
		{"ipvsadm -a -t 192.0.2.1:80 -r 198.51.100.1 -i --tun-type ", []string{"ipip", "gue", "gre"}},
		{"ipvsadm -D -t ", tcp},
		{"ipvsadm -D -t 192.0.2.1:", tcp[:1]},
		{"ipvsadm -D -t [2001:db8::1]:4", tcp[1:]},
		{"ipvsadm -E --tcp-service ", tcp},
		{"ipvsadm -E --tcp-service=19", []string{"--tcp-service=192.0.2.1:80"}},
		{"ipvsadm -Z -u ", []string{"192.0.2.1:53"}},
		{"ipvsadm -L --sctp-service ", []string{"192.0.2.2:99"}},
		{"ipvsadm -d -t 192.0.2.1:80 -r ", []string{"198.51.100.1:80", "198.51.100.2:8080"}},
		{"ipvsadm -e -u 192.0.2.1:53 --real-server ", []string{"198.51.100.3:53"}},
		{"ipvsadm -a -t 192.0.2.1:80 -r ", []string{"198.51.100.3:53", "198.51.100.4:0"}},
		{"ipvsadm -e -t 192.0.2.1:80 -r 198.51.100.2:80", []string{"198.51.100.2:8080"}},
		{"ipvsadm -S --vip ", []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}},
		{"ipvsadm-save --timeout -t ", tcp},
		{"ipvsadm -L --sort-by in", []string{"inpkts", "inbytes", "inpps", "inbps", "inactive"}},
		{"ipvsadm --sysctl sync_v", []string{"sync_version"}},
		{"ipvsadm --sysctl conntrack=1 snat", []string{"snat_reroute"}},
		{"ipvsadm -D --netns ", []string{"blue"}},
		{"ipvsadm -D --netns blue -t ", []string{"192.0.2.7:70"}},
		{"ipvsadm -d --netns=blue -t 192.0.2.7:70 -r ", []string{"198.51.100.7:70"}},
		{"ipvsadm --netns ", []string{"blue"}},
		{"ipvsadm --netns=", []string{"--netns=blue"}},
		{"ipvsadm --netns blue -D -t ", []string{"192.0.2.7:70"}},
		{"ipvsadm --netns=blue -d -t 192.0.2.7:70 -r ", []string{"198.51.100.7:70"}},
		{"ipvsadm-save --netns blue -t ", []string{"192.0.2.7:70"}},
		{"ipvsadm-restore completion_t", []string{"completion_test.go"}},
		{"ipvsadm-restore --replace completion_t", []string{"completion_test.go"}},
	}
}

func TestCompletion(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "link add vips type dummy\nlink set vips up\naddr add 192.0.2.1/32 dev vips\naddr add 2001:db8::1/128 dev vips nodad\n")
	kernel.NewNamespace(t).Name(t, "blue")
	restore(t, n, rules, "-R")
	restore(t, n, blueRules, "-R", "--netns", "blue")
	tried := slices.Concat(options(), faults(), ofMachine())
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			check(t, tried, shell.complete(t, n, filepath.Dir(kernel.Program("ipvsadm")), tried))
		})
	}
}

func restore(t *testing.T, n *kernel.Namespace, rules string, args ...string) {
	t.Helper()
	c := kernel.Command{Path: kernel.Program("ipvsadm"), Args: append([]string{"ipvsadm"}, args...), Stdin: rules}
	require.Equal(t, kernel.Result{}, n.Run(t, c), "restoring the rules")
}

// Where the command is another program that has no --complete, nothing is offered, nothing is said, and the table stays.
func TestOtherProgram(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, rules, "-R")
	tried := []line{{text: "ipvsadm -"}, {text: "ipvsadm -D -t "}, {text: "ipvsadm-save -"}, {text: "ipvsadm-restore -"}, {text: kernel.ReferenceRestore + " -"}}
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			check(t, tried, shell.complete(t, n, filepath.Dir(kernel.Reference), tried))
		})
	}
	require.Contains(t, n.Ipvsadm(t, kernel.Program("ipvsadm"), "-Sn").Stdout, "-A -f 7 -s rr\n")
}

// In bash, a redirection may be anywhere in a line, and a program may be named by its path.
func TestBash(t *testing.T) {
	n := kernel.NewNamespace(t)
	dir := filepath.Dir(kernel.Program("ipvsadm"))
	tried := []line{
		{"ipvsadm -R < completion_t", []string{"completion_test.go"}},
		{"ipvsadm -R <completion_t", []string{"<completion_test.go"}},
		{"ipvsadm -L 2>/dev/null >x --ra", []string{"--rate"}},
		{"true; ipvsadm -L --ra", []string{"--rate"}},
		{dir + "/ipvsadm -L --ra", []string{"--rate"}},
		{"ipvsadm -A -t '192.0.2.1:80' --pers", []string{"--persistent"}},
	}
	check(t, tried, shells[0].complete(t, n, dir, tried))
}

// A shell and how it is driven.
type shell struct{ name, driver, program, completion string }

var shells = []shell{
	{"bash", "typed.zsh", "zsh", "ipvsadm.bash"},
	{"zsh", "typed.zsh", "zsh", "_ipvsadm"},
	{"fish", "fish.fish", "fish", "ipvsadm.fish"},
}

// complete has a shell complete lines, where the program is in a directory.
func (s shell) complete(t *testing.T, n *kernel.Namespace, dir string, tried []line) string {
	t.Helper()
	path, err := exec.LookPath(s.program)
	require.NoError(t, err)
	root, err := kernel.Root()
	require.NoError(t, err)
	got := n.Run(t, kernel.Command{
		Path: path,
		Args: []string{s.program, filepath.Join("testdata", s.driver), s.name, filepath.Join(root, "completions", s.completion),
			filepath.Join(t.TempDir(), "output")},
		Env:   append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C", "TERM=dumb", "PATH="+dir+":"+os.Getenv("PATH")),
		Stdin: texts(tried),
	})
	require.Zero(t, got.Code)
	require.Empty(t, got.Stderr)
	return got.Stdout
}

func texts(tried []line) string {
	var b strings.Builder
	for _, l := range tried {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// check compares the output of a driver with the expected completions.
func check(t *testing.T, tried []line, output string) {
	t.Helper()
	parts := strings.Split("\n"+output, "\n== ")[1:]
	require.Len(t, parts, len(tried))
	want, got := map[string][]string{}, map[string][]string{}
	for i, l := range tried {
		text, list, _ := strings.Cut(parts[i], "\n")
		require.Equal(t, l.text, text)
		got[text] = slices.Sorted(slices.Values(strings.Fields(list)))
		want[text] = slices.Sorted(slices.Values(l.want))
	}
	require.Empty(t, gocmp.Diff(want, got, cmpopts.EquateEmpty()), "-want +got")
}
