// SPDX-License-Identifier: Apache-2.0

package sysctls

import (
	"slices"
	"strconv"
	"strings"
)

// A Value is a sysctl as a kernel has it.
type Value struct {
	Sysctl
	Value   string
	Known   bool // whether the table has the sysctl; otherwise it has only a name
	Changed bool // whether it is known not to be at its default
}

// NewValue returns the value of a sysctl on a machine.
func NewValue(name, value string, m Machine) Value {
	s := ByName(name)
	if s == nil {
		return Value{Sysctl: Sysctl{Name: name}, Value: value}
	}
	v := Value{Sysctl: *s, Value: value, Known: true}
	if s.IsDefault != nil {
		v.Changed = !s.IsDefault(value, m)
	} else {
		v.Changed = value != s.Default
	}
	return v
}

// Clean returns a value as the kernel prints it, without its final newline and with one blank between numbers.
func Clean(value string) string { return strings.Join(strings.Fields(value), " ") }

// Is reports whether a kernel that was given a value for a sysctl, and now prints another, has taken it.
func Is(name, given, printed string) bool {
	switch name {
	case "est_cpulist": // has several ways to write the same
		return true
	case "drop_entry", "drop_packet", "secure_tcp": // which the kernel switches between 1 and 2 as memory requires
		if automatic := []string{"1", "2"}; slices.Contains(automatic, given) && slices.Contains(automatic, printed) {
			return true
		}
	}
	// Of several numbers, the first may be given alone.
	has := strings.Fields(printed)
	for i, field := range strings.Fields(given) {
		if i >= len(has) || !sameNumber(field, has[i]) {
			return false
		}
	}
	return true
}

// sameNumber reports whether two words are the same number. The kernel reads octal and hexadecimal numbers.
func sameNumber(given, printed string) bool {
	n, err := strconv.ParseInt(given, 0, 64)
	return err == nil && strconv.FormatInt(n, 10) == printed
}
