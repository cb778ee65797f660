// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"strings"
	"testing"
)

// Every option is in the help, except second names for one that is.
func TestUsage(t *testing.T) {
	usage := Usage()
	for _, o := range options {
		if o.heading == "" && o.long != "" && !strings.Contains(usage, "--"+o.long+" ") {
			t.Errorf("--%s is not in the help", o.long)
		}
		if o.long != "" && o.help == "" {
			t.Errorf("--%s has no help", o.long)
		}
	}
	for line := range strings.Lines(usage) {
		if len(line) > 128 {
			t.Errorf("long line: %s", line)
		}
	}
}

// Every option can be read by both of its words, and no word is given twice.
func TestOptionTable(t *testing.T) {
	seen := map[string]bool{}
	for i := range options {
		o := &options[i]
		if o.heading != "" {
			continue
		}
		if o.long != "" && longOptions[o.long] != o || o.short != 0 && shortOptions[o.short] != o {
			t.Errorf("-%c --%s leads to another option", o.short, o.long)
		}
		if o.action == None && o.set == nil {
			t.Errorf("--%s does nothing", o.long)
		}
		if seen[o.long] && o.long != "" {
			t.Errorf("--%s is there twice", o.long)
		}
		seen[o.long] = true
	}
	for id, name := range optionNames {
		if name == "" {
			t.Errorf("option %d has no name", id)
		}
	}
}
