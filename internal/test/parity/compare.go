// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A Lab is where cases are run: two places, one for each program.
type Lab struct {
	Reference, Ours *Program

	// Anew starts programs afresh for each call, even if they have servers.
	Anew bool

	// The kernel orders each table by chance, as Linux 7 does: not even the same namespace has the same order again.
	chance bool

	reference, ours *place
	known           map[string]int // how often rows of the table of known differences came into it
	calls           int
}

// NewLab makes a lab that lasts until the test ends.
func NewLab(t testing.TB, reference, ours *Program) *Lab {
	t.Helper()
	return &Lab{
		Reference: reference, Ours: ours,
		reference: newPlace(t), ours: newPlace(t),
		known:  make(map[string]int),
		chance: kernel.Has(t, "tables that resize"),
	}
}

// A Difference is the first of a case.
type Difference struct {
	Call      int    // the number of the call
	What      string // what differs: "exit code", "stdout", ...
	Want, Got kernel.Result
	Table     string // if the tables differ, the lines that do
}

func (d *Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "call %d: %s\n", d.Call+1, d.What)
	if d.Table != "" {
		b.WriteString(d.Table)
	}
	for _, side := range []struct {
		name string
		kernel.Result
	}{{"reference", d.Want}, {"ours", d.Got}} {
		fmt.Fprintf(&b, "%s: exit code %d\n%s%s", side.name, side.Code,
			indent("stdout", side.Stdout), indent("stderr", side.Stderr))
	}
	return b.String()
}

// indent returns a text with a mark before each line, cut if it is long.
func indent(mark, text string) string {
	const most = 4000
	if text == "" {
		return ""
	}
	if len(text) > most {
		text = text[:most] + "..."
	}
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	} else {
		lines[len(lines)-1] += "<no newline>\n"
	}
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "  %s| %s\n", mark, escape(strings.TrimSuffix(line, "\n")))
	}
	return b.String()
}

// Try runs a case with both programs and returns the first difference, or nil.
func (l *Lab) Try(ctx context.Context, c *Case) (*Difference, error) {
	for _, p := range []*place{l.reference, l.ours} {
		if err := p.prepare(ctx, c); err != nil {
			return nil, err
		}
	}
	t := trial{Lab: l, Case: c, anew: l.Anew || needsAnew(c)}
	var wants []kernel.Result
	reordered := false
	for i := range c.Calls {
		if c.Calls[i].Drawn {
			d, err := t.drawn(ctx, i)
			if err != nil || d.What != "" {
				return d, err
			}
			wants = append(wants, kernel.Result{}) // never looked at
			continue
		}
		d, err := t.call(ctx, i)
		if err != nil {
			return nil, err
		}
		if isRefusal(&c.Calls[i], d.Want.Stderr) {
			l.known["an option goes with more commands"]++
			break
		}
		wants = append(wants, d.Want)
		switch {
		case d.What == "":
		case sameLines(d):
			same, err := t.there(ctx, i, d.Want)
			if err != nil {
				return nil, err
			}
			reordered = reordered || !same
		default:
			return d, nil
		}
	}
	if reordered {
		return t.again(ctx, wants)
	}
	return nil, nil
}

// A trial is a case being run.
type trial struct {
	*Lab
	*Case
	anew bool
}

// needsAnew reports whether programs have to be started for each call of the case, since a running program
// would not notice changes to the files that the case edits.
func needsAnew(c *Case) bool {
	for path := range c.Files {
		if path != connTable {
			return true
		}
	}
	return false
}

// call runs a call with both programs. The Difference names nothing if there is none.
func (t *trial) call(ctx context.Context, i int) (*Difference, error) {
	t.calls++
	return t.compare(ctx, i, &t.Calls[i], &t.Calls[i])
}

// compare runs a call with the reference and one with ours, which are the same except for additions.
func (t *trial) compare(ctx context.Context, i int, call, our *Call) (*Difference, error) {
	given := toReference(t.Case, call)
	want, wantTable, err := t.reference.run(ctx, t.Reference, t.Case, &given, t.anew)
	if err != nil {
		return nil, err
	}
	got, gotTable, err := t.ours.run(ctx, t.Ours, t.Case, our, t.anew)
	if err != nil {
		return nil, err
	}
	want = t.expect(t.Case, our, want, got)
	d := &Difference{Call: i, What: differs(want, got), Want: want, Got: got}
	if rows := diff(wantTable.lines(), gotTable.lines()); rows != "" && d.What != "exit code" {
		d.What, d.Table = "table", rows
	}
	return d, nil
}

// expect applies the rows of the table of known differences to what the reference did.
func (l *Lab) expect(c *Case, call *Call, want, got kernel.Result) kernel.Result {
	for _, row := range knownDifferences {
		if row.expect == nil {
			continue
		}
		if w := row.expect(c, call, want, got); w != want {
			l.known[row.name]++
			want = w
		}
	}
	return want
}

func differs(want, got kernel.Result) string {
	switch {
	case want.Code != got.Code:
		return "exit code"
	case want.Stderr != got.Stderr:
		return "stderr"
	case want.Stdout != got.Stdout:
		return "stdout"
	}
	return ""
}

// sameLines reports whether only the order of lines on stdout differs. That may be the kernel's doing: it
// orders services by a hash, which each namespace has of its own.
func sameLines(d *Difference) bool {
	if d.What != "stdout" {
		return false
	}
	want, got := strings.SplitAfter(d.Want.Stdout, "\n"), strings.SplitAfter(d.Got.Stdout, "\n")
	slices.Sort(want)
	slices.Sort(got)
	return slices.Equal(want, got)
}

// there runs a call of our program in the reference's namespace, where the reference has just run it, and reports whether
// it does the same. It cannot after a restore, which has changed the table.
func (t *trial) there(ctx context.Context, i int, want kernel.Result) (bool, error) {
	if t.Calls[i].Stdin != "" {
		return false, nil
	}
	got, _, err := t.reference.run(ctx, t.Ours, t.Case, &t.Calls[i], t.anew)
	return err == nil && differs(want, got) == "", err
}

// again runs a case whose lines were in another order with our program in the reference's namespace, where
// the kernel's order is the same, and returns the first difference from what the reference did there.
func (t *trial) again(ctx context.Context, wants []kernel.Result) (*Difference, error) {
	if err := t.reference.prepare(ctx, t.Case); err != nil {
		return nil, err
	}
	for i, want := range wants {
		if t.Calls[i].Drawn {
			if err := t.drawnAgain(ctx, &t.Calls[i]); err != nil {
				return nil, err
			}
			continue
		}
		got, _, err := t.reference.run(ctx, t.Ours, t.Case, &t.Calls[i], t.anew)
		if err != nil {
			return nil, err
		}
		d := &Difference{Call: i, What: differs(want, got), Want: want, Got: got}
		if d.What == "" || t.chance && sameLines(d) {
			continue
		}
		d.What += ", in the same namespace"
		return d, nil
	}
	return nil, nil
}

// diff returns the lines that only one of the tables has.
func diff(want, got []string) string {
	if slices.Equal(want, got) {
		return ""
	}
	var b strings.Builder
	for _, side := range []struct {
		name   string
		a, not []string
	}{{"reference", want, got}, {"ours", got, want}} {
		for _, line := range side.a {
			if !slices.Contains(side.not, line) {
				b.WriteString(indent(side.name+" table", line+"\n"))
			}
		}
	}
	if b.Len() == 0 {
		return "  the order of the lines\n"
	}
	return b.String()
}
