// SPDX-License-Identifier: Apache-2.0

package clients_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A client is a program of others, and what it is given to do.
type client struct {
	name  string
	deb   string            // its Debian package; without one, its file is in testdata
	table string            // rules that are there first, one per line
	sends int               // datagrams that then go through the table
	files map[string]string // files of its root, by name

	// script is run by a shell. What it prints is compared.
	script string
	// daemon, if there is one, goes on while the steps are taken, one after the other. The script is run after each. In the
	// last step it ends. If it reports, what it has printed is compared, too.
	daemon  string
	steps   []step
	reports bool

	masks []mask // what is different each time
	by    string // the way it gets or changes the table: "ipvsadm", or past it
	fault string // of ipvsadm, which it must notice
}

// A step is something that happens, and what then becomes of the table.
type step struct {
	name  string
	do    func(t *testing.T, b *bed, d *daemon)
	rules string // a pattern for lines of `-Sn` and `-L --daemon`
	times int    // so many of them match, in the end
	asks  string // the address that a client then asks for pages
	finds string // what --check prints then, without its last line
}

// A mask covers what is different each time.
type mask struct {
	pattern *regexp.Regexp
	text    string
}

// An outcome is what a client sees and does.
type outcome struct {
	Scenes []scene
	Calls  []call // after those for the table
	Report string
}

// A scene is what is to be seen after a step, or of a script.
type scene struct {
	Step    string
	Output  string // of the script
	Rules   string // what the reference saves and lists
	Listing string
	Answers map[string]int
}

var only = flag.String("client", "", "the one client to run")

// What a client sees and does is the same with both programs, and not with a faulty one.
func TestClients(t *testing.T) {
	var names []string
	for i, c := range clients {
		names = append(names, c.name)
		if !kernel.Mine(uint64(i)) || *only != "" && c.name != *only {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			want, got, faulty := c.runs(t)
			if testing.Verbose() {
				t.Logf("%+v", want)
			}
			require.NotEmpty(t, want.output(c))
			require.Equal(t, c.by == "ipvsadm" || c.daemon != "", len(want.Calls) > 0) // a daemon's script lists the table
			require.Empty(t, cmp.Diff(want, got))
			require.NotEqual(t, want.output(c), faulty.output(c), c.fault)
		})
	}
	if *only != "" {
		require.Contains(t, names, *only, "the client to run")
	}
}

// runs runs a client with the reference, with ours, and with ours that has the fault; at the same time, for much of it is
// waiting.
func (c *client) runs(t *testing.T) (want, got, faulty outcome) {
	t.Helper()
	require.NotEmpty(t, c.fault)
	ok := t.Run("programs", func(t *testing.T) {
		for _, r := range []struct {
			name    string
			program product
			fault   string
			outcome *outcome
		}{
			{"reference", reference, "", &want},
			{"ours", ours, "", &got},
			{c.fault, ours, c.fault, &faulty},
		} {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				*r.outcome = c.run(t, r.program, r.fault)
			})
		}
	})
	require.True(t, ok)
	return want, got, faulty
}

// output is what shows that a client notices a fault: of a script, what it prints; of a daemon, what it does.
func (o *outcome) output(c *client) string {
	if c.daemon == "" {
		return o.Scenes[0].Output
	}
	return fmt.Sprintf("%+v", *o)
}

// sort sorts what a daemon reports and calls: which of the services of a server it checks first when that has failed is
// not the same each time.
func (o *outcome) sort() {
	slices.SortFunc(o.Calls, func(a, b call) int { return slices.Compare(a.Words, b.Words) })
	lines := strings.SplitAfter(o.Report, "\n")
	slices.Sort(lines)
	o.Report = strings.Join(lines, "")
}

// run runs a client with the programs of a product.
func (c *client) run(t *testing.T, program product, fault string) (o outcome) {
	t.Helper()
	r := newRoot(t, newBed(t), program, fault)
	for file, text := range c.files {
		if from, ok := strings.CutPrefix(text, "testdata/"); ok {
			text = testdata(t, from)
		}
		r.write(t, file, text)
	}
	c.fill(t, r, fault != "")
	if c.daemon == "" {
		o.Scenes = []scene{c.look(t, r, scene{})}
	} else {
		o.Scenes, o.Report = c.attend(t, r)
	}
	o.Calls = r.calls(t)
	if c.daemon != "" {
		o.sort()
	}
	return o
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

// fill makes the table and has traffic go through it.
func (c *client) fill(t *testing.T, r *root, faulty bool) {
	t.Helper()
	if c.table != "" {
		require.Equal(t, kernel.Result{}, r.shell(t, "ipvsadm -R <<EOF\n"+c.table+"\nEOF"))
	}
	if c.sends > 0 {
		answered := r.bed.datagrams(t, c.sends)
		require.True(t, faulty || answered == c.sends)
	}
	r.calls(t)
}

// attend starts a daemon and takes the steps. It returns what is to be seen after each, and what the daemon reports.
func (c *client) attend(t *testing.T, r *root) (all []scene, report string) {
	t.Helper()
	d := r.start(t, c.daemon)
	for _, s := range c.steps {
		all = append(all, c.take(t, r, d, s))
	}
	if c.reports {
		report = c.masked(d.output(t))
	}
	return all, report
}

// take takes a step and waits until the table is what it should be.
func (c *client) take(t *testing.T, r *root, d *daemon, s step) scene {
	t.Helper()
	if s.do != nil {
		s.do(t, r.bed, d)
	}
	pattern := regexp.MustCompile("(?m)" + s.rules)
	for end := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		table := r.bed.reference(t, "-Sn") + r.bed.reference(t, "-L", "--daemon")
		if len(pattern.FindAllString(table, -1)) == s.times {
			break
		}
		require.True(t, time.Now().Before(end), "%s: %v later not %d lines match %q; the table is\n%s\nand the daemon says\n%s",
			s.name, patience, s.times, s.rules, table, d.output(t))
	}
	one := scene{Step: s.name}
	if s.asks != "" {
		one.Answers = r.bed.tally(t, 4, s.asks)
	}
	if r.checks {
		r.check(t, s)
	}
	return c.look(t, r, one)
}

// check requires that --check finds on the director what is so after a step, and nothing else: a table that clients make
// raises no false alarm. It is not called by the client, so it is not among the calls.
func (r *root) check(t *testing.T, s step) {
	t.Helper()
	want := kernel.Result{Stdout: s.finds}
	if !strings.HasPrefix(s.finds, "note: ") && s.finds != "" {
		want.Code = 1
	}
	got := r.bed.director.Ipvsadm(t, ours("ipvsadm"), "--check")
	lines := strings.SplitAfter(strings.TrimSuffix(got.Stdout, "\n"), "\n")
	last := lines[len(lines)-1]
	require.Regexp(t, `^\d+ services?, \d+ real servers?: `, last)
	got.Stdout = strings.TrimSuffix(got.Stdout, last+"\n")
	require.Equal(t, want, got, "--check when %s", s.name)
}

// look runs the client's script and looks at the table.
func (c *client) look(t *testing.T, r *root, s scene) scene {
	t.Helper()
	got := r.shell(t, c.script)
	require.Zero(t, got.Code, got.Stdout)
	s.Output = c.masked(got.Stdout)
	s.Rules, s.Listing = r.bed.reference(t, "-Sn"), r.bed.reference(t, "-Ln")
	return s
}

func (c *client) masked(text string) string {
	for _, m := range c.masks {
		text = m.pattern.ReplaceAllString(text, m.text)
	}
	return text
}
