// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	grammar "github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// TestDrawn runs generated cases with additions. `make parity ADDITIONS=1` runs as many as wanted.
func TestDrawn(t *testing.T) {
	const seed, cases = 1, 60
	r := newRunner(t, NewLab(t, reference(), ours(t)))
	for i := range uint64(cases) {
		if kernel.Mine(i) && len(r.seen) < *mostFlag {
			r.run(i, MakeDrawn(seed, i, nil))
		}
	}
	r.report()
}

// TestMakeDrawn checks that calls with additions come between those that the seed makes without, which stay the same,
// and that every addition comes, in words and in lines, with values that are good and not, and --netns before the
// command too.
func TestMakeDrawn(t *testing.T) {
	options, values, inLines := make(map[string]bool), make(map[string]map[string]bool), make(map[string]bool)
	netnsFirst, netnsLater := false, false
	for number := range uint64(2500) {
		c := MakeDrawn(7, number, nil)
		require.Equal(t, c.Shell(), MakeDrawn(7, number, nil).Shell())
		own := c.clone()
		own.Calls = slices.DeleteFunc(own.Calls, func(call Call) bool { return call.Drawn })
		require.Less(t, len(own.Calls), len(c.Calls))
		require.Equal(t, Make(7, number, nil).Shell(), own.Shell())
		for _, call := range c.Calls {
			if !call.Drawn {
				continue
			}
			for i, w := range call.Words {
				name, value, glued := strings.Cut(w, "=")
				if options[name] = true; values[name] == nil {
					values[name] = make(map[string]bool)
				}
				if !glued && i+1 < len(call.Words) {
					value = call.Words[i+1]
				}
				values[name][value] = true
				netnsFirst = netnsFirst || name == "--netns" && i == 0
				netnsLater = netnsLater || name == "--netns" && i > 1
			}
			for _, w := range strings.Fields(call.Stdin) {
				inLines[w] = true
			}
		}
	}
	for _, word := range additions {
		require.True(t, options[word], word)
	}
	commandRows, optionRows := grammar.Rows()
	for _, r := range slices.Concat(commandRows, optionRows) {
		if isAddition(named(strings.TrimPrefix(r.Long, "--"))) && r.Value != "" {
			require.Contains(t, addedValues, r.Value, "additions.go has makers for each kind of value")
		}
	}
	for _, o := range addedOptions {
		require.True(t, inLines["--"+o.long] || inLines["-"+o.short], o.long)
		if o.value != nil {
			require.Greater(t, len(values["--"+o.long]), 10, o.long)
		}
	}
	require.True(t, netnsFirst && netnsLater)
	require.Contains(t, options, "-4")
	require.Contains(t, options, "-6")
}

// TestWithout checks what a call is without additions.
func TestWithout(t *testing.T) {
	for words, want := range map[string]string{
		"-L -n":                         "",
		"-L --json -n":                  "-L -n",
		"-L --vip 192.0.2.1 -n":         "-L -n",
		"-L --vip=192.0.2.1 -n":         "-L -n",
		"--netns blue -L":               "-L",
		"-L --watch 5 -n":               "-L -n",
		"-L --watch -n":                 "-L -n",
		"-L --watch=5 x":                "-L x",
		"-Ln4":                          "-Ln",
		"-L -j -4":                      "-L",
		"-a -t 192.0.2.4:44 -w4 -r j":   "",
		"--sysctl nat_icmp_send=1":      "nat_icmp_send=1",
		"-A --keep -t 192.0.2.1:80 --":  "-A -t 192.0.2.1:80 --",
		"-A -- --keep":                  "",
		"-A --sort-by":                  "-A",
		"-R --replace --only --wait 10": "-R",
		"--sysctl -r -j":                "-r -j",
		"-L -t --json -n -4":            "-L -t --json -n",
		"-Lnt -j --marks":               "-Lnt -j",
		"-A --scheduler --keep --keep":  "-A --scheduler --keep",
		"-A -p --keep":                  "-A -p",
		"-A -w4 --keep -M":              "-A -w4 -M",
	} {
		rest, own := without(strings.Fields(words))
		require.Equal(t, want != "", own, words)
		if !own {
			want = words
		}
		require.Equal(t, want, strings.Join(rest, " "))
	}
}

// plantKindVar says which of the plants stands in for a program.
const plantKindVar = "IPVSADM_PARITY_PLANT_KIND"

// plants are programs that do wrong what calls with additions must not.
var plants = map[string]func(words []string) int{
	"nothing": func(words []string) int { // in its place, as it may be told to end
		fmt.Fprintln(os.Stderr, syscall.Exec(os.Getenv(plantVar), append([]string{"ipvsadm"}, words...), os.Environ()))
		return 99
	},
	"takes": func([]string) int { return 0 },
	"changes, refusing": func(words []string) int {
		_ = planting([]string{"-A", "-t", "203.0.113.77:77"}, "")
		return planting(words, "")
	},
	"changes, reading": func(words []string) int {
		_ = planting([]string{"-C"}, "")
		return planting(words, "")
	},
	"mute":   func(words []string) int { return planting(words, "there is a fault\n") },
	"silent": func([]string) int { return 2 },
	"panics": func([]string) int {
		fmt.Fprint(os.Stderr, "panic: --json\n\ngoroutine 1 [running]:\n")
		return 2
	},
	"crashes": func([]string) int { return crashed },
	"hangs": func([]string) int {
		for {
			time.Sleep(time.Hour)
		}
	},
}

// planting runs our program, and with other words on stderr if there are any.
func planting(words []string, stderr string) int {
	cmd := &exec.Cmd{Path: os.Getenv(plantVar), Args: append([]string{"ipvsadm"}, words...), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	if stderr != "" {
		cmd.Stderr = nil
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	code := cmd.ProcessState.ExitCode()
	if code != 0 {
		fmt.Fprint(os.Stderr, stderr)
	}
	return code
}

// TestFindsDrawn checks that each thing that can be wrong with a call that has additions is found.
func TestFindsDrawn(t *testing.T) {
	before := patience
	patience = 5 * time.Second
	t.Cleanup(func() { patience = before })
	self, err := os.Executable()
	require.NoError(t, err)
	good, program := ours(t), inGuest(t, self)
	planted := func(kind, path string) *Program {
		return &Program{Path: program, Env: []string{plantVar + "=" + path, plantKindVar + "=" + kind}}
	}
	lab := NewLab(t, nil, nil)
	key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.7:80")}
	for _, tt := range []struct {
		kind, words, stdin string
		ofReference        bool
		want               string
	}{
		{"nothing", "-L --json", "", false, ""},
		{"nothing", "-L --keep", "", false, ""},
		{"nothing", "-L -n --watch 3", "", false, ""},
		{"nothing", "-A --ensure -t 192.0.2.9:80", "", false, ""},
		{"nothing", "-e --keep -t 192.0.2.9:80 -r 192.0.2.8 -w 3", "", false, ""},
		{"nothing", "-R", "-A -t 192.0.2.9:80\n-A --keep -t 192.0.2.9:81\n-A -t 192.0.2.9:82\n", false, ""},
		{"nothing", "-R", "-A --ensure -t 192.0.2.9:80\n-a --ensure -t 192.0.2.9:80 -r 192.0.2.8\n", false, ""},
		{"nothing", "-R --replace", "-A -t 192.0.2.9:80 -s rr\n", false, ""},
		{"nothing", "--sysctl nat_icmp_send=1", "", false, ""},
		{"nothing", "--sysctl expire_quiescent_template=9999999999", "", false, ""},
		{"nothing", "-A -f 0x2 ''", "", false, ""},
		{"nothing", "--sysctl --sctp-service ''", "", false, ""},
		{"nothing", "--sysctl -bk es", "", false, ""},
		{"nothing", "--sysctl -r -j", "", false, ""},
		{"nothing", "--sysctl -b=sh-port,k es", "", false, ""},
		{"nothing", "-R --wait 2", " #", false, ""},
		{"nothing", "--netns /proc/self/ns/net --schedulers -w ''", "", false, ""},
		{"nothing", "-R --wait 2", "-A -t 192.0.2.9:80\n-a\n", false, ""},
		{"nothing", "-R --replace", "", false, ""},
		{"nothing", "-R --wait 1", "-A -f 3\n-a --netns / -ur\n", false, ""},
		{"takes", "-L --json", "", true, referenceTakes},
		{"changes, refusing", "-L --json", "", true, referenceChanges},
		{"takes", "-A -t 192.0.2.9:80 --json", "", false, takesIllegal},
		{"takes", "--netns x -A -t 192.0.2.9:80 --json", "", false, takesIllegal},
		{"changes, refusing", "-a --json -t 192.0.2.9:80 -r 192.0.2.8", "", false, changesRefused},
		{"changes, refusing", "-R --json", "-A -t 192.0.2.9:80\n", false, changesRefused},
		{"changes, refusing", "-R --replace", "-A\n", false, changesRefused},
		{"changes, reading", "-L --json", "", false, changesReading},
		{"changes, reading", "-C --dry-run", "", false, changesReading},
		{"changes, reading", "-R --replace --dry-run", "-A -t 192.0.2.9:80\n", false, changesReading},
		{"mute", "-L --keep", "", false, namesNothing},
		{"mute", "-e --keep -t 192.0.2.9:80 -r 192.0.2.8 -w 3", "", false, namesNothing},
		{"mute", "-R", "-A -t 192.0.2.9:80\n-A --keep -t 192.0.2.9:81\n", false, namesNothing},
		{"silent", "-L --keep", "", false, namesNothing},
		{"changes, refusing", "-R", "-A -t 192.0.2.9:80\n-A --keep -t 192.0.2.9:81\n-A -t 192.0.2.9:82\n", true, "table, of the other lines"},
		{"panics", "-L --json", "", false, crashes},
		{"crashes", "-L --json", "", false, crashes},
		{"hangs", "-L --json", "", false, hangs},
	} {
		if lab.Reference, lab.Ours = reference(), good; tt.ofReference {
			lab.Reference = planted(tt.kind, kernel.Reference)
		} else {
			lab.Ours = planted(tt.kind, good.Path)
		}
		c := &Case{Calls: []Call{{Words: strings.Fields(tt.words), Stdin: tt.stdin, Drawn: true}}}
		for _, p := range []*place{lab.reference, lab.ours} {
			require.NoError(t, p.prepare(t.Context(), c))
			require.NoError(t, p.client.Apply(t.Context(), ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "rr"})))
		}
		for i, w := range c.Calls[0].Words {
			c.Calls[0].Words[i] = strings.Trim(w, "'")
		}
		d, err := (&trial{Lab: lab, Case: c}).drawn(t.Context(), 0)
		require.NoError(t, err, tt)
		require.Equal(t, tt.want, d.What, "%+v\n%v", tt, d)
	}
}

// TestDrawnChangesNothing checks that what calls with additions have done is gone when the next one comes.
func TestDrawnChangesNothing(t *testing.T) {
	lab := NewLab(t, reference(), ours(t))
	c := &Case{Calls: []Call{{Words: []string{"-R"}, Stdin: "-A -t 192.0.2.7:80 -s rr\n-a -t 192.0.2.7:80 -r 192.0.2.8 -m\n" +
		"-a -t 192.0.2.7:80 -r 192.0.2.7 -m -w 3\n--set 10 20 30\n--start-daemon master --mcast-interface lo --syncid 3\n" +
		"-A -u [::ffff:192.0.2.1]:53 -s rr\n-a -u [::ffff:192.0.2.1]:53 -r [::ffff:192.0.2.8] -m\n"}}}
	for _, words := range []string{
		"-C --ipv4", "-D -t 192.0.2.7:80 --ensure", "-E -t 192.0.2.7:80 --keep -p 60", "-d --ensure -t 192.0.2.7:80 -r 192.0.2.8", "-A -f 0x102",
		"--set 1 2 3 --netns " + ownNetNS, "--stop-daemon master --netns " + ownNetNS, "--start-daemon backup --netns " + ownNetNS,
		"--sysctl conn_reuse_mode=0 nat_icmp_send=1", "-D --ensure -u [::ffff:192.0.2.1]:53",
	} {
		c.Calls = append(c.Calls, Call{Words: strings.Fields(words), Drawn: true}, Call{Words: []string{"-S", "-n"}})
	}
	d, err := lab.Try(t.Context(), c)
	require.NoError(t, err)
	require.Nil(t, d)
	require.Equal(t, len(c.Calls)/2, lab.known["an addition is taken"])
	values, err := lab.ours.settings()
	require.NoError(t, err)
	require.Equal(t, "1\n", values["conn_reuse_mode"])
	require.Equal(t, "0\n", values["nat_icmp_send"])
}
