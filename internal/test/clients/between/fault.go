// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// A fault is what a faulty ipvsadm would do. At most one of the fields is set.
type fault struct {
	column string // of listings, whose figures are wrong
	server string // the real server, address and port, that is lost
}

// readFault reads a file with a line such as "column Weight" or "server 10.2.0.12:53". Without the file there is not a fault.
func readFault(name string) (fault, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fault{}, nil
	}
	if err != nil {
		return fault{}, err
	}
	switch words := strings.Fields(string(text)); {
	case len(words) == 2 && words[0] == "column":
		return fault{column: words[1]}, nil
	case len(words) == 2 && words[0] == "server":
		return fault{server: words[1]}, nil
	}
	return fault{}, fmt.Errorf("%s: %q is not a fault", name, text)
}

// swallows reports whether a call is not carried out: one that names the lost server.
func (f fault) swallows(words []string) bool {
	return f.server != "" && slices.Contains(words, f.server)
}

// change returns the output of a call with the fault in it.
func (f fault) change(out string) string {
	var changed strings.Builder
	column := -1 // among those after the address
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if i := slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "Address:Port") }); i >= 0 {
			if at := slices.Index(words, f.column); f.column != "" && at >= 0 {
				column = at - i
			}
		} else if column >= 0 && len(words) > 1+column && words[0] == "->" {
			line = falsified(line, 1+column)
		}
		if f.server == "" || !slices.Contains(words, f.server) {
			changed.WriteString(line)
		}
	}
	return changed.String()
}

// falsified returns a line with a 9 before a word, by its number.
func falsified(line string, number int) string {
	at := 0
	for i, word := range strings.Fields(line) {
		at += strings.Index(line[at:], word)
		if i == number {
			break
		}
		at += len(word)
	}
	return line[:at] + "9" + line[at:]
}
