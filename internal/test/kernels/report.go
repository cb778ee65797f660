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
		if r.file, err = os.Create(filepath.Join(dir, r.fileName())); err != nil {
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

// A row is a line of the table.
type row struct {
	Kernel, Machine, Golden, EndToEnd, Generated, Differ, Lacks, Date string
}

// row is the result as a line of the table.
func (r *run) row(now time.Time) row {
	return row{
		Kernel: r.kernelCell(), Machine: r.arch.describe(),
		Golden: r.cell("golden"), EndToEnd: r.cell("end to end", "table"), Generated: r.cell("generated"),
		Differ: r.differCell(), Lacks: r.lacksCell(), Date: now.UTC().Format(time.DateOnly),
	}
}

// table writes lines as Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| kernel | machine | golden cases | end-to-end tests | generated cases | differ | it lacks | run on |\n" +
		"|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n",
			r.Kernel, r.Machine, r.Golden, r.EndToEnd, r.Generated, r.Differ, r.Lacks, r.Date)
	}
	return b.String()
}

// rowsIn reads the lines of a table, its head among them.
func rowsIn(text string) (rows []row) {
	for line := range strings.Lines(text) {
		c := strings.Split(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "| "), " |"), " | ")
		if len(c) == 8 {
			rows = append(rows, row{c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]})
		}
	}
	return rows
}

// of reports whether a row is that of a machine.
func (r *row) of(m *machine) bool {
	return r.Machine == m.arch.describe() && (r.Kernel == m.name || strings.Contains(r.Kernel, " ("+m.suites[0]+", "))
}

// allRows returns the rows of all machines that have any, in the order of the machines: the new ones, or else the old.
func allRows(old, fresh []row) (all []row) {
	rows := slices.Concat(fresh, old)
	for i := range machines {
		if j := slices.IndexFunc(rows, func(r row) bool { return r.of(&machines[i]) }); j >= 0 {
			all = append(all, rows[j])
		}
	}
	return all
}

func (r *run) kernelCell() string {
	if r.kernel == nil {
		return r.name
	}
	cell := fmt.Sprintf("%s (%s, boots in %.0f s)", r.kernel.release, r.suites[0], r.boot.Seconds())
	switch r.hangs {
	case 0:
	case 1:
		cell += "; hung once"
	default:
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

// cell counts the cases of jobs that are the same, and all of them.
func (r *run) cell(names ...string) string {
	same, all, seen := 0, 0, false
	for _, j := range r.results {
		if slices.Contains(names, j.name) {
			s := j.score()
			seen = true
			same += s.same
			all += s.same + len(s.differ)
		}
	}
	if !seen {
		return "–"
	}
	return fmt.Sprintf("%d of %d", same, all)
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

// update puts rows into the table of a document.
func update(name string, rows []row) error {
	document, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(document), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no place for the table", name)
	}
	return os.WriteFile(name, []byte(before+begin+table(allRows(rowsIn(old), rows))+end+after), 0o644)
}
