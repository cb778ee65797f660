// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A program is one of the two.
type program struct{ name, path string }

// A bench runs cases.
type bench struct {
	reference, ours     program
	runs, referenceRuns int // -1 for what each case says
	launcher            *launcher
	dir                 string // has room for tables and outputs
	log                 io.Writer
	loaded              size // the table that the kernel has
	names               io.Closer
}

// run runs the case: each program once for its output, which must be the same,
// then both in turn, as often as the case says.
func (b *bench) run(c benchCase) (result, error) {
	r := result{title: c.title}
	j := job{commands: c.commands}
	var err error
	if c.conns > 0 {
		if j.table, err = b.file(fmt.Sprintf("conns-%d", c.conns), func(w io.Writer) error { return writeConns(w, c.conns) }); err != nil {
			return r, err
		}
		defer os.Remove(j.table)
	}
	if c.restores {
		if j.stdin, err = b.rules(c.needs); err != nil {
			return r, err
		}
	} else {
		if err := b.load(c.needs); err != nil {
			return r, err
		}
		if c.ours == nil {
			err = b.compare(j)
		}
		if err != nil {
			return r, err
		}
	}
	runs, referenceRuns := b.counts(c)
	for n := range max(runs, referenceRuns) {
		if n < referenceRuns {
			if err := b.measure(c, j, b.reference, &r.reference); err != nil {
				return r, err
			}
		}
		if n < runs {
			if err := b.measure(c, j, b.ours, &r.ours); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// counts returns how often each program runs. The reference does not take more runs
// than the case has unless told so: it is the slow one.
func (b *bench) counts(c benchCase) (runs, referenceRuns int) {
	runs, referenceRuns = c.runs, c.runs
	if b.runs >= 0 {
		runs, referenceRuns = b.runs, min(b.runs, c.runs)
	}
	if b.referenceRuns >= 0 {
		referenceRuns = b.referenceRuns
	}
	return runs, referenceRuns
}

// measure runs the case once by one program.
func (b *bench) measure(c benchCase, j job, p program, runs *[]usage) error {
	if c.restores {
		if err := b.fresh(); err != nil {
			return err
		}
	}
	if p == b.ours && c.ours != nil {
		j.commands = c.ours
	}
	u, err := b.launcher.run(p.path, j, os.DevNull)
	if err != nil {
		return err
	}
	*runs = append(*runs, u)
	fmt.Fprintf(b.log, "%-10s %-9s %v\n", c.name, p.name, u)
	if c.restores {
		return b.checkTable(c.needs)
	}
	return nil
}

// load loads the table into the kernel unless it is loaded already.
func (b *bench) load(want size) error {
	if b.loaded == want {
		return nil
	}
	if err := b.fresh(); err != nil || want == empty {
		return err
	}
	rules, err := b.rules(want)
	if err != nil {
		return err
	}
	if _, err := b.launcher.run(b.ours.path, job{commands: [][]string{{"-R"}}, stdin: rules}, os.DevNull); err != nil {
		return err
	}
	return b.checkTable(want)
}

// checkTable fails if the kernel's table, as the reference saves it, is not the
// one of that size.
func (b *bench) checkTable(want size) error {
	rules, err := b.rules(want)
	if err != nil {
		return err
	}
	saved := filepath.Join(b.dir, "saved")
	defer os.Remove(saved)
	if _, err := b.launcher.run(b.reference.path, job{commands: [][]string{{"-Sn"}}}, saved); err != nil {
		return err
	}
	if err := sameFiles(rules, saved); err != nil {
		return fmt.Errorf("the table of %v is not what was restored: %w", want, err)
	}
	b.loaded = want
	return nil
}

// compare fails if the output of the two programs differs.
func (b *bench) compare(j job) error {
	var outputs []string
	for _, p := range []program{b.reference, b.ours} {
		output := filepath.Join(b.dir, "output-"+p.name)
		defer os.Remove(output)
		if _, err := b.launcher.run(p.path, j, output); err != nil {
			return err
		}
		outputs = append(outputs, output)
	}
	if err := sameFiles(outputs[0], outputs[1]); err != nil {
		return fmt.Errorf("ours does not print what the reference prints: %w", err)
	}
	return nil
}

// rules returns the path of the table of that size.
func (b *bench) rules(s size) (string, error) {
	return b.file(fmt.Sprintf("rules-%dx%d", s.services, s.servers), func(w io.Writer) error {
		return writeRules(w, s.services, s.servers)
	})
}

// file returns the path of the file of that name, which it writes if it does not exist.
func (b *bench) file(name string, write func(io.Writer) error) (string, error) {
	path := filepath.Join(b.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 64<<10)
	if err := errors.Join(write(w), w.Flush(), f.Close()); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, nil
}

// sameFiles returns an error that says where the files differ; nil if they do not.
func sameFiles(wantPath, gotPath string) error {
	want, err := os.Open(wantPath)
	if err != nil {
		return err
	}
	defer want.Close()
	got, err := os.Open(gotPath)
	if err != nil {
		return err
	}
	defer got.Close()
	return sameLines(want, got)
}

func sameLines(want, got io.Reader) error {
	w, g := bufio.NewReaderSize(want, 64<<10), bufio.NewReaderSize(got, 64<<10)
	for n := 1; ; n++ {
		a, aErr := w.ReadSlice('\n')
		b, bErr := g.ReadSlice('\n')
		if !bytes.Equal(a, b) {
			return fmt.Errorf("line %d: got %q, want %q", n, b, a)
		}
		if aErr != nil || bErr != nil {
			if aErr == io.EOF && bErr == io.EOF {
				return nil
			}
			return errors.Join(aErr, bErr)
		}
	}
}

// caseNames returns the names of all cases.
func caseNames() string {
	var names []string
	for _, c := range cases {
		names = append(names, c.name)
	}
	return strings.Join(names, ",")
}
