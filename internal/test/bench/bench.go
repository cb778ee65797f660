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
	floor, cat          program
	floorRead           int // the size of the reads of the floor
	runs, referenceRuns int // -1 for what each case says
	launcher            *launcher
	dir                 string // has room for tables and outputs
	log                 io.Writer
	loaded              size // the table that the kernel has
	connections         int  // how many it has, if connected
	names               io.Closer
}

// run runs the case: each program once for its output, which must be the same,
// then all in turn, as often as the case says.
func (b *bench) run(c benchCase) (result, error) {
	r := result{title: c.title}
	j := job{commands: c.commands}
	if err := b.prepare(c, &j); err != nil {
		return r, err
	}
	if j.table != "" {
		defer os.Remove(j.table)
	}
	runs, referenceRuns := b.counts(c)
	if !c.restores && c.ours == nil {
		if err := b.compare(c, j, referenceRuns > 0); err != nil {
			return r, err
		}
	}
	least, err := b.floorJob(c, j)
	if err != nil {
		return r, err
	}
	mine := j
	if c.ours != nil {
		mine.commands = c.ours
	}
	all := []struct {
		program
		job
		count int
		runs  *[]usage
	}{
		{b.reference, j, referenceRuns, &r.reference},
		{b.ours, mine, runs, &r.ours},
		{b.floorOf(c), least, runs, &r.floor},
	}
	for n := range max(runs, referenceRuns) {
		for _, a := range all {
			if n < a.count {
				if err := b.measure(c, a.job, a.program, a.runs); err != nil {
					return r, err
				}
			}
		}
	}
	return r, nil
}

// prepare makes what the case lists or reads.
func (b *bench) prepare(c benchCase, j *job) (err error) {
	switch {
	case c.conns > 0:
		j.table, err = b.file(fmt.Sprintf("conns-%d", c.conns), func(w io.Writer) error { return writeConns(w, c.conns) })
	case c.real > 0:
		return b.connect(c.real)
	case c.restores:
		j.stdin, err = b.rules(c.needs)
		return err
	}
	err = errors.Join(err, b.load(c.needs))
	if err == nil && c.surrounded {
		err = surround()
	}
	return err
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
	if _, err := sameFiles(rules, saved, nil); err != nil {
		return fmt.Errorf("the table of %v is not what was restored: %w", want, err)
	}
	b.loaded = want
	return nil
}

// compare fails if the output of the two programs differs, or is not about all real connections.
func (b *bench) compare(c benchCase, j job, both bool) error {
	programs := []program{b.ours, b.reference}
	if !both {
		programs = programs[:1]
	}
	var outputs []string
	for _, p := range programs {
		output := filepath.Join(b.dir, "output-"+p.name)
		defer os.Remove(output)
		if _, err := b.launcher.run(p.path, j, output); err != nil {
			return err
		}
		outputs = append(outputs, output)
	}
	var blank func([]byte)
	if c.real > 0 {
		blank = blankExpiry
	}
	lines, err := sameFiles(outputs[len(outputs)-1], outputs[0], blank)
	if err != nil {
		return fmt.Errorf("ours does not print what the reference prints: %w", err)
	}
	if heads := 2; c.real > 0 && lines != c.real+heads {
		return fmt.Errorf("%d lines of %d connections", lines, c.real)
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

// sameFiles returns an error that says where the files differ, or their number of lines. Blank, if not nil, removes from
// a line what may differ.
func sameFiles(wantPath, gotPath string, blank func(line []byte)) (lines int, err error) {
	want, err := os.Open(wantPath)
	if err != nil {
		return 0, err
	}
	defer want.Close()
	got, err := os.Open(gotPath)
	if err != nil {
		return 0, err
	}
	defer got.Close()
	return sameLines(want, got, blank)
}

func sameLines(want, got io.Reader, blank func(line []byte)) (lines int, err error) {
	w, g := bufio.NewReaderSize(want, 64<<10), bufio.NewReaderSize(got, 64<<10)
	for n := 1; ; n++ {
		a, aErr := w.ReadSlice('\n')
		b, bErr := g.ReadSlice('\n')
		if blank != nil {
			blank(a)
			blank(b)
		}
		if !bytes.Equal(a, b) {
			return 0, fmt.Errorf("line %d: got %q, want %q", n, b, a)
		}
		if aErr != nil || bErr != nil {
			if aErr == io.EOF && bErr == io.EOF {
				return n - 1, nil
			}
			return 0, errors.Join(aErr, bErr)
		}
	}
}

// blankExpiry removes the time until a connection expires, which passes between two listings.
func blankExpiry(line []byte) {
	const from, to = len("UDP "), len("UDP 59:59 ")
	for i := from; i < min(to, len(line)); i++ {
		line[i] = ' '
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
