// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A result is what became of a job.
type result struct {
	job
	output bytes.Buffer
	file   *os.File // which gets the same
	code   int
	ended  bool
	took   time.Duration
}

// A score counts the cases of a job.
type score struct {
	same   int
	differ []string // their names
	lacks  []string // why others were not run
}

var (
	verdict   = regexp.MustCompile(`(?m)^( *)--- (PASS|FAIL|SKIP): (\S+)`)
	generated = regexp.MustCompile(`seed \d+: (\d+) cases, .*; (\d+) differ`)
	lacking   = regexp.MustCompile(`(?m)the kernel lacks (.*)$`)
)

// score counts. Cases are subtests of the one test of golden cases, what the generator's last line says, else tests.
func (r *result) score() score {
	text := r.output.String()
	var s score
	if m := generated.FindStringSubmatch(text); m != nil {
		cases, _ := strconv.Atoi(m[1])
		differ, _ := strconv.Atoi(m[2])
		s.same = cases - differ
		for range differ {
			s.differ = append(s.differ, "a generated case")
		}
		return s
	}
	depth := ""
	if r.pkg == "golden" {
		depth = "    "
	}
	for _, m := range verdict.FindAllStringSubmatch(text, -1) {
		if m[1] != depth {
			continue
		}
		switch m[2] {
		case "PASS":
			s.same++
		case "FAIL":
			s.differ = append(s.differ, m[3])
		}
	}
	for _, m := range lacking.FindAllStringSubmatch(text, -1) {
		s.lacks = append(s.lacks, m[1])
	}
	return s
}

// withEarlier adds to results those of the other jobs, from what they wrote the last time.
func withEarlier(results []*result, jobs []job, dir string) ([]*result, error) {
	var all []*result
	for _, j := range jobs {
		i := slices.IndexFunc(results, func(r *result) bool { return r.name == j.name })
		if i >= 0 {
			all = append(all, results[i])
			continue
		}
		r := &result{job: j, ended: true}
		text, err := os.ReadFile(filepath.Join(dir, r.fileName()))
		if err != nil {
			return nil, fmt.Errorf("the last results of %q: %w", j.name, err)
		}
		r.output.Write(text)
		if !bytes.HasSuffix(text, []byte("PASS\n")) {
			r.code = 1
		}
		all = append(all, r)
	}
	return all, nil
}

// fileName is the name of the file of what the job writes.
func (r *result) fileName() string { return strings.ReplaceAll(r.name, " ", "-") }

// failed reports whether a job did not come to a good end.
func (r *result) failed() bool { return !r.ended || r.code != 0 }
