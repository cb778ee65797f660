// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// A Run is one of a page, in one of its ways.
type Run struct {
	page     *Page
	way      string
	show     io.Writer // for what is done, as a terminal shows it; or nil
	record   bool      // keep what differs from the page, rather than end
	printed  map[*Step]string
	heading  string // the last that was shown
	machines map[string]*machine
}

// Start starts the machines of a page. They end with the test.
func (p *Page) Start(t testing.TB, way string, show io.Writer) *Run {
	t.Helper()
	r := &Run{page: p, way: way, show: show, machines: map[string]*machine{}, printed: map[*Step]string{}}
	namespaces := connect(t, p)
	for _, name := range p.Machines() {
		r.machines[name] = start(t, namespaces[name], name, p.layers(t, name, way))
	}
	return r
}

// Steps does what the page says. Each command must print what is shown, and what the page undoes must be undone.
func (r *Run) Steps(t testing.TB) {
	t.Helper()
	names := r.undone()
	before := r.states(t, names)
	working := "" // the heading under which the page shows that it works
	for i := range r.page.Steps {
		s := &r.page.Steps[i]
		if !s.Takes(r.way) {
			continue
		}
		if working != "" && s.Heading != working {
			r.checkDirectors(t)
			working = ""
		}
		if showsThatItWorks(s.Heading) {
			working = s.Heading
		}
		r.title(s)
		for _, name := range s.Machines {
			err := r.step(t, s, r.machines[name])
			if errors.Is(err, errDiffers) && r.record {
				t.Logf("docs/recipes/%s.md:%d: recorded", r.page.Name, s.Line)
			} else if err != nil {
				t.Fatalf("docs/recipes/%s.md:%d: on %s: %s%s\n%v", r.page.Name, s.Line, name, s.Command, s.File, err)
			}
		}
	}
	requireUndone(t, before, r.states(t, names))
}

// showsThatItWorks reports whether everything works after the commands under a heading.
func showsThatItWorks(heading string) bool {
	return strings.HasSuffix(heading, "What a client sees") || strings.HasSuffix(heading, "How to check it")
}

// checkDirectors requires that --check finds nothing on machines with our package.
func (r *Run) checkDirectors(t testing.TB) {
	t.Helper()
	for _, name := range r.page.Machines() {
		m := r.machines[name]
		if !m.ours {
			continue
		}
		got, code, err := m.shell(t, false).run("ipvsadm --check </dev/null")
		if err != nil || code != 0 {
			t.Errorf("docs/recipes/%s.md: a false alarm on %s (exit code %d, %v):\n%s", r.page.Name, name, code, err, got)
		}
		t.Logf("%s: %s", name, got)
	}
}

// step does one step on a machine.
func (r *Run) step(t testing.TB, s *Step, m *machine) error {
	t.Helper()
	if s.File != "" {
		if s.Link != "" {
			r.print("%s# # %s is docs/recipes/%s\n", m.name, s.File, s.Link)
		} else {
			r.print("%s# cat %s\n%s", m.name, s.File, s.Text)
		}
		return m.write(s.File, s.Text)
	}
	r.print("%s%s %s\n", m.name, s.sign(), s.Command)
	if packages, isInstall := s.Packages(); isInstall {
		return m.install(packages)
	}
	got, err := r.command(t, s, m)
	r.print("%s", got)
	if errors.Is(err, errDiffers) {
		r.printed[s] = got
	}
	return err
}

// retries is how long a command is repeated that has to print what it does not print yet.
const retries = 90 * time.Second

// command runs the command of a step until it does what the page says, or is not to be repeated.
func (r *Run) command(t testing.TB, s *Step, m *machine) (string, error) {
	t.Helper()
	shell := m.shell(t, s.User)
	for end := time.Now().Add(retries); ; time.Sleep(200 * time.Millisecond) {
		got, code, err := shell.run(s.Command)
		if err != nil {
			return got, fmt.Errorf("%w; it has printed\n%s", err, got)
		}
		err = s.check(got, code)
		if err == nil || !s.Retry || time.Now().After(end) {
			return got, err
		}
	}
}

// errDiffers means that a command has not printed what the page shows.
var errDiffers = errors.New("it has printed something else")

// check compares what a command has done with the page. It may fail only if the page shows that it does.
func (s *Step) check(got string, code int) error {
	switch {
	case !s.matches(got):
		return fmt.Errorf("%w (exit code %d):\n%s\nthan the page shows:\n%s", errDiffers, code, got, s.Want)
	case code != 0 && s.Want == "":
		return fmt.Errorf("exit code %d", code)
	}
	return nil
}

// sign is the end of the prompt.
func (s *Step) sign() string {
	if s.User {
		return "$"
	}
	return "#"
}

// title shows the heading that a step is under, once.
func (r *Run) title(s *Step) {
	if s.Heading != r.heading {
		r.heading = s.Heading
		r.print("\n%s\n\n", s.Heading)
	}
}

func (r *Run) print(format string, args ...any) {
	if r.show != nil {
		fmt.Fprintf(r.show, format, args...)
	}
}

// recorded returns the text of the page with what commands have printed in place of what it shows, where these differ.
func (r *Run) recorded(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i := len(r.page.Steps) - 1; i >= 0; i-- {
		s := &r.page.Steps[i]
		got, ok := r.printed[s]
		if !ok {
			continue
		}
		from := s.Line + strings.Count(s.Command, "\n")
		to := from + strings.Count(s.Want, "\n")
		shown := splitLines(got)
		for i := range shown {
			shown[i] += "\n"
		}
		lines = slices.Replace(lines, from, to, shown...)
	}
	return strings.Join(lines, "")
}
