// SPDX-License-Identifier: Apache-2.0

package clients_test

import (
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
	table string            // calls of ipvsadm that are made first, one per line
	sends int               // datagrams that then go through the table
	files map[string]string // files of its root, by name

	// script is run by a shell. What it prints is compared.
	script string
	// daemon, if there is one, goes on while the steps are taken, one after the other. The script is run after each. In the
	// last step it ends. If it reports, what it has printed is compared, too.
	daemon  string
	steps   []step
	reports bool

	masks  []mask   // what is different each time
	by     string   // the way it gets or changes the table: "ipvsadm", or past it
	faults []string // of ipvsadm, which it must notice
}

// A step is something that happens, and what then becomes of the table.
type step struct {
	name  string
	do    func(t *testing.T, b *bed, d *daemon)
	rules string // a pattern for lines of `-Sn` and `-L --daemon`
	times int    // so many of them match, in the end
	asks  string // the address that a client then asks for pages
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
	Reached bool   // the table has become what it should
	Output  string // of the script
	Code    int
	Rules   string // what the reference saves and lists
	Listing string
	Answers map[string]int
}

// What a client sees and does is the same with both programs, and not with a faulty one.
func TestClients(t *testing.T) {
	program, err := ours()
	require.NoError(t, err)
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			want, longest := c.run(t, "reference", filepath.Dir(kernel.Reference), "", patience)
			if testing.Verbose() {
				t.Logf("%+v", want)
			}
			for _, s := range want.Scenes {
				require.Zero(t, s.Code, s.Output)
			}
			require.NotEmpty(t, want.output(c))
			require.Equal(t, c.by == "ipvsadm" || c.daemon != "", len(want.Calls) > 0) // a daemon's script lists the table
			got, _ := c.run(t, "ours", program, "", patience)
			require.Empty(t, cmp.Diff(want, got))
			require.NotEmpty(t, c.faults)
			for _, fault := range c.faults {
				faulty, _ := c.run(t, fault, program, fault, 2*longest) // the table may never become what it should
				require.NotEqual(t, want.output(c), faulty.output(c), fault)
			}
		})
	}
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

// run runs a client, as a test of that name, with the programs of a directory. A step of a daemon may take so long; the
// longest it took is returned.
func (c *client) run(t *testing.T, name, programs, fault string, limit time.Duration) (o outcome, longest time.Duration) {
	ok := t.Run(name, func(t *testing.T) {
		b := newBed(t)
		b.director.Name(t, namespace)
		r := newRoot(t, b, programs, fault)
		for file, text := range c.files {
			if from, ok := strings.CutPrefix(text, "testdata/"); ok {
				text = testdata(t, from)
			}
			r.write(t, file, text)
		}
		c.fill(t, r, fault != "")
		if c.daemon == "" {
			o.Scenes = []scene{c.look(t, r, scene{Reached: true})}
		} else {
			o.Scenes, o.Report, longest = c.attend(t, r, limit)
			last := o.Scenes[len(o.Scenes)-1]
			require.True(t, fault != "" || last.Reached, "%s: the table is\n%s\nand the daemon says\n%s", last.Step, last.Rules, o.Report)
		}
		o.Calls = r.calls(t)
		if c.daemon != "" {
			o.sort()
		}
	})
	require.True(t, ok)
	return o, longest
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
	var script strings.Builder
	for line := range strings.Lines(c.table) {
		script.WriteString("ipvsadm " + line)
	}
	require.Equal(t, kernel.Result{}, r.shell(t, script.String()))
	if c.sends > 0 {
		answered := r.bed.datagrams(t, c.sends)
		require.True(t, faulty || answered == c.sends)
	}
	r.calls(t)
}

// attend starts a daemon and takes the steps, up to the first that does not lead to the table it should. It returns what is
// to be seen after each, what the daemon reports, and how long the longest step took.
func (c *client) attend(t *testing.T, r *root, limit time.Duration) (all []scene, report string, longest time.Duration) {
	t.Helper()
	d := r.start(t, c.daemon)
	for _, s := range c.steps {
		start := time.Now()
		one := c.take(t, r, d, s, limit)
		longest = max(longest, time.Since(start))
		all = append(all, one)
		if !one.Reached {
			return all, d.output(t), longest
		}
	}
	if c.reports {
		report = c.masked(d.output(t))
	}
	return all, report, longest
}

// take takes a step.
func (c *client) take(t *testing.T, r *root, d *daemon, s step, limit time.Duration) scene {
	t.Helper()
	if s.do != nil {
		s.do(t, r.bed, d)
	}
	pattern := regexp.MustCompile("(?m)" + s.rules)
	one := scene{Step: s.name}
	for end := time.Now().Add(limit); !one.Reached && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		table := r.bed.reference(t, "-Sn") + r.bed.reference(t, "-L", "--daemon")
		one.Reached = len(pattern.FindAllString(table, -1)) == s.times
	}
	if one.Reached && s.asks != "" {
		one.Answers = r.bed.tally(t, 4, s.asks)
	}
	return c.look(t, r, one)
}

// look runs the client's script and looks at the table.
func (c *client) look(t *testing.T, r *root, s scene) scene {
	t.Helper()
	got := r.shell(t, c.script)
	s.Output, s.Code = c.masked(got.Stdout), got.Code
	s.Rules, s.Listing = r.bed.reference(t, "-Sn"), r.bed.reference(t, "-Ln")
	return s
}

func (c *client) masked(text string) string {
	for _, m := range c.masks {
		text = m.pattern.ReplaceAllString(text, m.text)
	}
	return text
}
