// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// A result is what a case came to: the runs of each program.
type result struct {
	title                  string
	reference, ours, floor []usage
}

// writeTable writes the results as Markdown.
func writeTable(w io.Writer, machine string, results []result) error {
	rows := [][]string{{"", "reference", "ours", "floor", "reference / ours", "ours / floor", "peak memory, reference", "ours"}}
	for _, r := range results {
		a, b, least := elapsed(r.reference), elapsed(r.ours), elapsed(r.floor)
		rows = append(rows, []string{r.title, seconds(a), seconds(b), seconds(least), ratio(a, b, 1), ratio(b, least, 2),
			mebibytes(peak(r.reference)), mebibytes(peak(r.ours))})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	text := ""
	for n, row := range rows {
		text += tableRow(row, widths)
		if n == 0 {
			text += tableRule(widths)
		}
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", text, machine)
	return err
}

// tableRow returns a row, the first column to the left and the others to the right.
func tableRow(row []string, widths []int) string {
	text := fmt.Sprintf("| %-*s |", widths[0], row[0])
	for i, cell := range row[1:] {
		text += fmt.Sprintf(" %*s |", widths[i+1], cell)
	}
	return text + "\n"
}

func tableRule(widths []int) string {
	text := "|"
	for i, width := range widths {
		dashes := ""
		for range width {
			dashes += "-"
		}
		if i == 0 {
			text += " " + dashes + " |"
		} else {
			text += " " + dashes + ":|"
		}
	}
	return text + "\n"
}

// none stands for what was not measured.
const none = "-"

// elapsed returns the median of the times; 0 for no run.
func elapsed(runs []usage) time.Duration {
	times := make([]time.Duration, len(runs))
	for i, u := range runs {
		times[i] = u.elapsed
	}
	return median(times)
}

// peak returns the largest of the peaks.
func peak(runs []usage) int64 {
	var most int64
	for _, u := range runs {
		most = max(most, u.peak)
	}
	return most
}

// median returns the time in the middle, or between the two there; 0 for none.
func median(times []time.Duration) time.Duration {
	n := len(times)
	if n == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	low, high := sorted[(n-1)/2], sorted[n/2]
	return low + (high-low)/2
}

// ratio returns the ratio of two times.
func ratio(a, b time.Duration, digits int) string {
	if a <= 0 || b <= 0 {
		return none
	}
	return strconv.FormatFloat(a.Seconds()/b.Seconds(), 'f', digits, 64)
}

// seconds rounds to three digits, or to a millisecond.
func seconds(d time.Duration) string {
	ms := d.Round(time.Millisecond)
	switch {
	case d <= 0:
		return none
	case ms < time.Second:
		return fmt.Sprintf("%d ms", ms.Milliseconds())
	case d.Round(10*time.Millisecond) < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func mebibytes(kib int64) string {
	if kib == 0 {
		return none
	}
	return fmt.Sprintf("%.1f MiB", float64(kib)/1024)
}
