// SPDX-License-Identifier: Apache-2.0

// Mutants changes the product's code in small ways, one at a time, and reports the changes that no test notices.
//
//	go run ./internal/test/mutants [-accepted FILE] [-changed REVISION] [-only REGEXP] [-limit DURATION] PACKAGE... -- PACKAGE...
//
// It mutates the packages before the "--" and runs the tests of those after it. It negates conditions and drops guards,
// shifts bounds, changes operators, numbers and truth values, drops cases, deletes statements and returns zero values.
// All mutants are compiled at once, and the environment of a test selects one. What is run for a mutant are the tests
// that have been seen to reach it.
//
// A survivor is accepted if FILE gives a reason. The run fails for any other, for one that FILE lists and that does not
// exist or that a test kills, and if fewer than 95 % of all mutants are killed.
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const goal = 95 // percent of mutants to be killed

type options struct {
	accepted string
	changed  string
	only     string
	limit    time.Duration
	seed     uint64
	mutated  []string
	tests    []string
}

func main() {
	var o options
	flag.StringVar(&o.accepted, "accepted", "", "file of accepted survivors")
	flag.StringVar(&o.changed, "changed", "", "only mutate lines changed since this revision")
	flag.StringVar(&o.only, "only", "", "only run mutants whose lines in the file of survivors match this regular expression")
	flag.DurationVar(&o.limit, "limit", 0, "stop after this time; the mutants come in an order that -seed gives")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of that order")
	flag.Parse()
	args := flag.Args()
	i := slices.Index(args, "--")
	if i < 1 || i == len(args)-1 {
		flag.Usage()
		os.Exit(2)
	}
	o.mutated, o.tests = args[:i], args[i+1:]
	ok, err := o.run(os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run reports whether all is as it should be.
func (o *options) run(w io.Writer) (bool, error) {
	start := time.Now()
	listed, err := readAccepted(o.accepted)
	if err != nil {
		return false, err
	}
	all, files, err := mutants(o.mutated)
	if err != nil {
		return false, err
	}
	ok := true
	keys, dirs := map[string]bool{}, map[string]bool{}
	for _, m := range all {
		keys[m.Key], dirs[dirOf(m.Key)] = true, true
	}
	for key, a := range listed {
		if !keys[key] && dirs[dirOf(key)] {
			fmt.Fprintf(w, "%s:%d: does not exist: %s\n", o.accepted, a.line, key)
			ok = false
		}
	}
	chosen, err := o.choose(all)
	if err != nil || len(chosen) == 0 {
		fmt.Fprintln(w, "no mutants to run")
		return ok, err
	}

	work, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(work)
	suites, err := prepare(o.tests, files, work)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(w, "%d mutants, prepared in %s\n", len(chosen), time.Since(start).Round(time.Second))
	if o.limit > 0 {
		r := rand.New(rand.NewPCG(o.seed, 0))
		r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	}

	outcomes := o.tryAll(chosen, suites, listed, start)
	counts := map[outcome]int{}
	for _, m := range chosen {
		result := outcomes[m]
		if result == "" {
			continue
		}
		counts[result]++
		a, isListed := listed[m.Key]
		switch dead := result == killed || result == endless; {
		case dead && isListed:
			fmt.Fprintf(w, "%s:%d: %s: %s\n", o.accepted, a.line, result, m.Key)
			ok = false
		case !dead && !isListed:
			fmt.Fprintf(w, "%s:%d: %s: %s\n", relative(m.File), m.Line, result, m.Key)
			ok = false
		}
	}
	if n := len(outcomes); n < len(chosen) {
		fmt.Fprintf(w, "a sample: %d of %d mutants were run in %s, by seed %d\n", n, len(chosen), o.limit, o.seed)
	}
	dead := counts[killed] + counts[endless]
	percent := 100 * float64(dead) / float64(max(len(outcomes), 1))
	fmt.Fprintf(w, "%.1f%% of %d mutants are killed, %d of them as endless; %d survived, %d were not reached; %s\n", percent,
		len(outcomes), counts[endless], counts[survived], counts[unreached], time.Since(start).Round(time.Second))
	if o.changed == "" && o.only == "" && len(outcomes) == len(chosen) && percent < goal {
		fmt.Fprintf(w, "fewer than %d%%\n", goal)
		ok = false
	}
	return ok, nil
}

// dirOf returns the directory of the package in a key.
func dirOf(key string) string {
	dir, _, _ := strings.Cut(key, " ")
	return dir
}

// choose returns the mutants to run, in the order of their files.
func (o *options) choose(all []*Mutant) ([]*Mutant, error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, err
	}
	var lines changedLines
	if o.changed != "" {
		if lines, err = changedSince(o.changed); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(m *Mutant) bool {
		return lines != nil && !lines[m.File][m.Line] || !only.MatchString(m.Key)
	}), nil
}

// prepare compiles the tests and sees what each reaches.
func prepare(patterns []string, files overlay, work string) ([]*suite, error) {
	path, err := files.write(work)
	if err != nil {
		return nil, err
	}
	packages, err := list(patterns...)
	if err != nil {
		return nil, err
	}
	suites := make([]*suite, len(packages))
	errs := make([]error, len(packages))
	parallel(len(packages), func(i int) {
		if suites[i], errs[i] = compile(packages[i], path, work); suites[i] != nil {
			errs[i] = suites[i].observe()
		}
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(suites, func(s *suite) bool { return s == nil }), nil
}

// tryAll returns what became of the mutants that there was time for. An accepted one that seems endless is tried again, as
// a busy machine makes every test slow.
func (o *options) tryAll(chosen []*Mutant, suites []*suite, listed map[string]accepted, start time.Time) map[*Mutant]outcome {
	outcomes := map[*Mutant]outcome{}
	var mu sync.Mutex
	parallel(len(chosen), func(i int) {
		if o.limit > 0 && time.Since(start) > o.limit {
			return
		}
		result := try(chosen[i], suites, 1)
		if _, isListed := listed[chosen[i].Key]; isListed && result == endless {
			result = try(chosen[i], suites, 10)
		}
		mu.Lock()
		defer mu.Unlock()
		outcomes[chosen[i]] = result
	})
	return outcomes
}

// parallel calls f with the numbers below n, in order, some at once: two for each processor, as some only wait.
func parallel(n int, f func(int)) {
	var all errgroup.Group
	all.SetLimit(2 * runtime.GOMAXPROCS(0))
	for i := range n {
		all.Go(func() error { f(i); return nil })
	}
	_ = all.Wait()
}

func relative(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil {
		return rel
	}
	return path
}
