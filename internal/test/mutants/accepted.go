// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// An accepted survivor is a mutant that no test need kill.
type accepted struct {
	line   int
	reason string
}

// readAccepted reads a file of accepted survivors by their keys. Each is a line that begins with its key, followed by
// indented lines that give the reason; empty lines and lines that begin with # are skipped.
func readAccepted(path string) (map[string]accepted, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := map[string]accepted{}
	var keys []string // those that the next reason is for
	fresh := false
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(line, "#"):
		case line[0] == '\t':
			if len(keys) == 0 {
				return nil, fmt.Errorf("%s:%d: a reason before the first survivor", path, n)
			}
			for _, key := range keys {
				a := all[key]
				a.reason = strings.TrimSpace(a.reason + " " + text)
				all[key] = a
			}
			fresh = true
		default:
			if fresh {
				keys, fresh = nil, false
			}
			if _, ok := all[text]; ok {
				return nil, fmt.Errorf("%s:%d: listed twice", path, n)
			}
			keys = append(keys, text)
			all[text] = accepted{line: n}
		}
	}
	for key, a := range all {
		if a.reason == "" {
			return nil, fmt.Errorf("%s:%d: no reason for %s", path, a.line, key)
		}
	}
	return all, nil
}
