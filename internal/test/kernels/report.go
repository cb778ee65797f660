// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// failed reports whether a machine shows a fault.
func (r *run) failed() bool {
	return r.err != nil || slices.ContainsFunc(r.results, (*result).failed)
}

// append adds to the file of what the job has written, in a directory.
func (r *result) append(dir string, text []byte) error {
	if r.file == nil {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		var err error
		if r.file, err = os.Create(filepath.Join(dir, strings.ReplaceAll(r.name, " ", "-"))); err != nil {
			return err
		}
	}
	_, err := r.file.Write(text)
	return err
}

// explain writes why a machine has failed.
func (r *run) explain(w io.Writer) {
	if r.err != nil {
		fmt.Fprintf(w, "%s: %v\n", r.name, r.err)
	}
	for _, j := range r.results {
		if !j.failed() {
			continue
		}
		fmt.Fprintf(w, "%s: %s: exit code %d, %s\n", r.name, j.name, j.code, strings.Join(j.score().differ, ", "))
		for _, line := range failures(j.output.String()) {
			fmt.Fprintln(w, line)
		}
	}
}

// failures are the lines of tests' output from which a fault can be seen.
func failures(text string) []string {
	const most = 200
	var kept, block []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "=== RUN") {
			block = nil
		}
		block = append(block, line)
		if strings.Contains(line, "--- FAIL") || strings.HasPrefix(line, "panic:") {
			kept = append(kept, block...)
			block = nil
		}
	}
	return append(kept, block[max(0, len(block)-5):]...)[:min(most, len(kept)+min(5, len(block)))]
}

// table is the result as a table.
func table(runs []*run) string {
	var b strings.Builder
	b.WriteString("| kernel | machine | golden cases | generated cases | end-to-end tests | differ | it lacks |\n|---|---|---|---|---|---|---|\n")
	for _, r := range runs {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.kernelCell(), r.arch.describe(),
			r.cell("golden"), r.cell("generated"), r.cell("end to end", "table"), r.differCell(), r.lacksCell())
	}
	return b.String()
}

func (r *run) kernelCell() string {
	if r.kernel == nil {
		return r.name
	}
	cell := fmt.Sprintf("%s (%s, boots in %.0f s)", r.kernel.release, r.suites[0], r.boot.Seconds())
	if r.hangs > 0 {
		cell += fmt.Sprintf("; hung %d times", r.hangs)
	}
	return cell
}

// describe names a machine as qemu does.
func (a *arch) describe() string {
	words := a.name + ": "
	for i, w := range a.machine {
		if w == "-M" || w == "-cpu" {
			words += a.machine[i+1] + " "
		}
	}
	return strings.TrimSpace(words)
}

// cell counts the cases of jobs that are the same.
func (r *run) cell(names ...string) string {
	same, seen := 0, false
	for _, j := range r.results {
		if slices.Contains(names, j.name) {
			seen = true
			same += j.score().same
		}
	}
	if !seen {
		return "–"
	}
	return fmt.Sprint(same)
}

func (r *run) differCell() string {
	if r.err != nil {
		return "failed"
	}
	var all []string
	for _, j := range r.results {
		all = append(all, j.score().differ...)
		if j.failed() && len(j.score().differ) == 0 {
			all = append(all, j.name+" failed")
		}
	}
	if len(all) == 0 {
		return "0"
	}
	return strings.Join(all, ", ")
}

func (r *run) lacksCell() string {
	var all []string
	for _, j := range r.results {
		all = append(all, j.score().lacks...)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// The table is between these lines of the document.
const (
	begin = "<!-- made by make kernels ALL=1 -->\n"
	end   = "<!-- end -->\n"
)

// write puts the table into the document.
func write(name, text string, now time.Time) error {
	document, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(document), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no place for the table", name)
	}
	text = fmt.Sprintf("%s%s%s\n\n%s\n%s%s", before, begin, "On "+now.UTC().Format("2 January 2006")+":", text, end, after)
	return os.WriteFile(name, []byte(text), 0o644)
}
