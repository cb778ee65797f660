// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// colored reports whether a listing has colours. JSON never has, nor have the rows of a watch that is drawn.
func (l *lister) colored(how *flags.Listing) bool {
	switch {
	case how.JSON || l.rows != nil:
		return false
	case how.Color == flags.ColorAuto:
		return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && l.terminal(l.con.sink)
	}
	return how.Color == flags.ColorAlways
}

// drawnColored reports whether a watch on a terminal has colours, which show what has changed.
func drawnColored(how *flags.Listing) bool {
	switch how.Color {
	case flags.ColorNever:
		return false
	case flags.ColorAlways:
		return true
	}
	return os.Getenv("NO_COLOR") == ""
}
