// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A suite is the compiled tests of one package.
type suite struct {
	pkg     string
	dir     string
	program string
	tests   []*test
}

// A test is one function of a suite, and what it did with all mutants off.
type test struct {
	name    string
	reaches map[int]bool
	cpu     time.Duration
	wall    time.Duration
}

// compile compiles the tests of a package with its mutants and those of all others. A package without tests has no suite.
func compile(p goPackage, overlayPath, work string) (*suite, error) {
	program := filepath.Join(work, strings.ReplaceAll(p.ImportPath, "/", "_")+".test")
	cmd := exec.Command(goCommand(), "test", "-c", "-vet=off", "-overlay", overlayPath, "-o", program, p.ImportPath)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compiling the mutants: %w\n%s", err, out)
	}
	if _, err := os.Stat(program); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	s := &suite{pkg: p.ImportPath, dir: p.Dir, program: program}
	r := s.run(nil, limits{time.Minute, time.Minute}, "-test.list", ".")
	if r.err != nil {
		return nil, fmt.Errorf("%s: listing tests: %w", s.pkg, r.err)
	}
	for line := range strings.Lines(r.output) {
		if name := strings.TrimSpace(line); regexp.MustCompile(`^(Test|Fuzz|Example)\w*$`).MatchString(name) {
			s.tests = append(s.tests, &test{name: name})
		}
	}
	return s, nil
}

// observe runs every test by itself, with no mutant, and notes which it reaches.
func (s *suite) observe() error {
	for _, t := range s.tests {
		path := s.program + ".log"
		os.Remove(path)
		r := s.run([]string{"MUTANT_LOG=" + path}, limits{10 * time.Minute, 10 * time.Minute}, "-test.run", "^"+t.name+"$")
		if r.err != nil {
			return fmt.Errorf("%s: %s fails without a mutant: %w\n%s", s.pkg, t.name, r.err, r.output)
		}
		t.cpu, t.wall = r.cpu, r.wall
		t.reaches = map[int]bool{}
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for line := range strings.Lines(string(data)) {
			id, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				return err
			}
			t.reaches[id] = true
		}
	}
	return nil
}

// An outcome is what became of a mutant.
type outcome string

const (
	killed    outcome = "killed"    // a test failed
	endless   outcome = "endless"   // a test took far more time than without the mutant
	survived  outcome = "survived"  // all tests passed
	unreached outcome = "unreached" // no test came there
)

// try runs the tests that reach a mutant, those of its own package first, until one fails. Patience is by how much
// longer than usual they may wait.
func try(m *Mutant, suites []*suite, patience time.Duration) outcome {
	result := unreached
	ordered := slices.Clone(suites)
	slices.SortStableFunc(ordered, func(a, b *suite) int {
		switch m.Pkg {
		case a.pkg:
			return -1
		case b.pkg:
			return 1
		}
		return 0
	})
	for _, s := range ordered {
		for _, isQuick := range []bool{true, false} {
			tests := slices.DeleteFunc(slices.Clone(s.tests), func(t *test) bool { return !t.reaches[m.ID] || (t.cpu <= quick) != isQuick })
			if len(tests) == 0 {
				continue
			}
			if result = s.try(m, tests, patience); result != survived {
				return result
			}
		}
	}
	return result
}

// quick is the processor time of tests that are tried before the others: these usually kill the mutant.
const quick = 100 * time.Millisecond

// try runs tests for a mutant until one fails.
func (s *suite) try(m *Mutant, tests []*test, patience time.Duration) outcome {
	var names []string
	limit := limits{cpu: time.Second, wall: 5 * time.Second}
	for _, t := range tests {
		names = append(names, t.name)
		limit.cpu += 5 * t.cpu
		limit.wall += 10 * t.wall
	}
	limit.wall *= patience
	r := s.run([]string{"MUTANT=" + strconv.Itoa(m.ID)}, limit,
		"-test.failfast", "-test.timeout", "0", "-test.run", "^("+strings.Join(names, "|")+")$")
	switch {
	case r.exceeded:
		return endless
	case r.err != nil:
		return killed
	}
	return survived
}

type limits struct{ cpu, wall time.Duration }

type result struct {
	output    string
	err       error
	exceeded  bool
	cpu, wall time.Duration
}

// run runs a suite. It has a limit of CPU time for what spins, which holds on a busy machine as on an idle one, a longer
// one for what waits, and one of memory.
func (s *suite) run(environment []string, limit limits, args ...string) result {
	ctx, cancel := context.WithTimeout(context.Background(), limit.wall)
	defer cancel()
	seconds := int(limit.cpu.Seconds()) + 1
	script := fmt.Sprintf(`ulimit -t %d -v 8000000; exec "$0" "$@"`, seconds)
	cmd := exec.CommandContext(ctx, "bash", append([]string{"-c", script, s.program}, args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(append(unmutated(os.Environ()), "TMPDIR="+filepath.Dir(s.program)), environment...) // mutants leave files
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	// The tests are killed if this program is. The signal goes by thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	start := time.Now()
	err := cmd.Run()
	r := result{output: output.String(), err: err, wall: time.Since(start)}
	if state := cmd.ProcessState; state != nil {
		r.cpu = state.UserTime() + state.SystemTime()
		status, ok := state.Sys().(syscall.WaitStatus)
		r.exceeded = ok && status.Signaled() && status.Signal() == syscall.SIGKILL
	}
	return r
}

// unmutated returns an environment that selects no mutant: this package's own tests run the tests of another module, whose
// mutants have the same numbers.
func unmutated(environment []string) []string {
	return slices.DeleteFunc(environment, func(v string) bool { return strings.HasPrefix(v, "MUTANT") })
}
