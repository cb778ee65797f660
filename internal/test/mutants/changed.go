// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// changedLines are the lines of files, by path, that are new or changed since a revision, in the working tree.
type changedLines map[string]map[int]bool

// changedSince asks git for what changed.
func changedSince(revision string) (changedLines, error) {
	root, err := git("rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	diff, err := git("diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-prefix", revision, "--", "*.go")
	if err != nil {
		return nil, err
	}
	return parseDiff(strings.TrimSpace(root), diff)
}

func git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, stderr.String())
	}
	return string(out), nil
}

var hunk = regexp.MustCompile(`^@@ -\S+ \+(\d+)(?:,(\d+))? @@`)

// parseDiff reads a diff without context.
func parseDiff(root, diff string) (changedLines, error) {
	changed := changedLines{}
	var lines map[int]bool
	for line := range strings.Lines(diff) {
		if path, ok := strings.CutPrefix(line, "+++ "); ok {
			lines = map[int]bool{}
			changed[filepath.Join(root, strings.TrimSpace(path))] = lines
			continue
		}
		found := hunk.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		first, err := strconv.Atoi(found[1])
		if err != nil {
			return nil, err
		}
		count := 1
		if found[2] != "" {
			if count, err = strconv.Atoi(found[2]); err != nil {
				return nil, err
			}
		}
		for i := range count {
			lines[first+i] = true
		}
	}
	return changed, nil
}
