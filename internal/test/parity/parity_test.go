// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// With no flags, cases of fixed seeds are run.
var (
	seedFlag    = flag.Uint64("seed", 1, "what the cases follow from")
	casesFlag   = flag.Uint64("cases", 400, "how many cases to run")
	caseFlag    = flag.Int64("case", -1, "the number of the one case to run")
	familyFlag  = flag.String("families", "", "the families of the cases, with commas between; all if empty")
	kernelsFlag = flag.Int("kernels", 1, "how many kernels to spread the cases over")
	anewFlag    = flag.Uint64("anew", 20, "start programs for each call in one of this many cases")
	showFlag    = flag.Bool("show", false, "print each case")
	drawFlag    = flag.Bool("additions", false, "have calls with our additions among the others")
	mostFlag    = flag.Int("most", 10, "how many differences to show before giving up")
)

// TestMain runs the tests in the guest, or stands in for a program there.
func TestMain(m *testing.M) {
	if os.Getenv(plantVar) != "" {
		os.Exit(planted())
	}
	flag.Parse()
	if !kernel.HasShare() {
		os.Exit(spread(*kernelsFlag))
	}
	kernel.Main(m, "./cmd/ipvsadm")
}

// reference returns the reference. It has a server where the library for it was built.
func reference() *Program {
	p := &Program{Path: kernel.Reference}
	if library := os.Getenv(forkServerVar); library != "" {
		p.Server = &Program{Path: kernel.Reference, Env: []string{"LD_BIND_NOW=1", "LD_PRELOAD=" + library}}
	}
	return p
}

// ours returns our program.
func ours(t *testing.T) *Program {
	t.Helper()
	p := &Program{Path: inGuest(t, kernel.Program("ipvsadm"))}
	p.Server = &Program{Path: inGuest(t, os.Getenv(serverVar))}
	return p
}

// inGuest copies a program to a file system of the guest, from which anyone may run it.
func inGuest(t *testing.T, path string) string {
	t.Helper()
	from, err := os.Open(path)
	require.NoError(t, err)
	defer from.Close()
	dir, err := os.MkdirTemp("/run", "bin-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	require.NoError(t, err)
	to, err := os.OpenFile(dir+"/program", os.O_WRONLY|os.O_CREATE, 0o755)
	require.NoError(t, err)
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	require.NoError(t, to.Close())
	return to.Name()
}

// TestParity runs generated cases with the reference and with ours.
func TestParity(t *testing.T) {
	only := make(map[string]bool)
	for name := range strings.SplitSeq(*familyFlag, ",") {
		if name == "" {
			continue
		}
		require.NoError(t, CheckFamily(name))
		only[name] = true
	}
	lab := NewLab(t, reference(), ours(t))
	first, last := uint64(0), *casesFlag
	if *caseFlag >= 0 {
		first, last = uint64(*caseFlag), uint64(*caseFlag)+1
	}
	r := newRunner(t, lab)
	for i := first; i < last && len(r.seen) < *mostFlag; i++ {
		if *caseFlag >= 0 || kernel.Mine(i) {
			r.run(i, makeOf[*drawFlag](*seedFlag, i, only))
		}
	}
	r.report()
}

// makeOf makes cases, with additions or without.
var makeOf = map[bool]func(seed, number uint64, only map[string]bool) *Case{false: Make, true: MakeDrawn}

// A tally is what is known of a family at the end.
type tally struct {
	cases, calls int
	time         time.Duration
}

type runner struct {
	*testing.T
	lab      *Lab
	start    time.Time
	done     int
	byFamily map[string]*tally
	seen     map[string]bool // the shrunk cases that differ
}

func newRunner(t *testing.T, lab *Lab) *runner {
	return &runner{T: t, lab: lab, start: time.Now(), byFamily: make(map[string]*tally), seen: make(map[string]bool)}
}

func (r *runner) run(number uint64, c *Case) {
	if *showFlag {
		fmt.Printf("# case %d (%s)\n%s", number, c.Family, c.Shell())
	}
	start, calls := time.Now(), r.lab.calls
	r.lab.Anew = number%*anewFlag == 0
	d, err := r.lab.Try(r.Context(), c)
	if err != nil {
		r.Fatalf("case %d of seed %d: %v\n%s", number, *seedFlag, err, c.Shell())
	}
	f := r.byFamily[c.Family]
	if f == nil {
		f = &tally{}
		r.byFamily[c.Family] = f
	}
	f.cases++
	f.calls += r.lab.calls - calls
	f.time += time.Since(start)
	if r.done++; r.done%200 == 0 {
		r.Logf("%d cases in %v", r.done, time.Since(r.start).Round(time.Second))
	}
	if d != nil {
		r.different(number, c, d)
	}
}

// different shows a case that differs, cut down, unless it has been seen.
func (r *runner) different(number uint64, c *Case, d *Difference) {
	small, d, err := r.lab.Shrink(r.Context(), c, d, 30*time.Second)
	if err != nil {
		r.Fatalf("shrinking case %d of seed %d: %v\n%s", number, *seedFlag, err, c.Shell())
	}
	fresh := NewLab(r, r.lab.Reference, r.lab.Ours)
	fresh.Anew = true
	if again, err := fresh.Try(r.Context(), small); err != nil || again == nil {
		r.Errorf("case %d of seed %d differs only in namespaces and programs that are not new (%v):\n%s%s",
			number, *seedFlag, err, small.Shell(), d)
		return
	}
	if text := small.Shell(); !r.seen[text] {
		r.seen[text] = true
		r.Errorf("case %d of seed %d (%s) differs:\n%s%s", number, *seedFlag, c.Family, text, d)
	}
}

func (r *runner) report() {
	seconds := time.Since(r.start).Seconds()
	r.Logf("seed %d: %d cases, %d calls of each program, in %.0f s: %.1f cases a second; %d differ",
		*seedFlag, r.done, r.lab.calls, seconds, float64(r.done)/seconds, len(r.seen))
	for _, f := range families {
		if n := r.byFamily[f.name]; n != nil {
			r.Logf("%-12s %5d cases, %6d calls, %4.0f s", f.name, n.cases, n.calls, n.time.Seconds())
		}
	}
	for name, n := range r.lab.known {
		r.Logf("known: %s: %d times", name, n)
	}
}
