// SPDX-License-Identifier: Apache-2.0

package format

import (
	"github.com/ipvsadm-go/ipvsadm/internal/jsontext"
	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
)

// AppendSysctls appends a table of sysctls.
func AppendSysctls(b []byte, all []sysctls.Value) []byte {
	rows := [][4]string{{"Name", "Value", "Default", "Meaning"}}
	for i := range all {
		v := &all[i]
		rows = append(rows, [4]string{v.Name, v.Value, v.Default + v.Depends, v.Meaning})
	}
	var widths [4]int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] { // nothing follows the last
			widths[i] = max(widths[i], len(cell)+1)
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			b = appendWide(b, cell, widths[i])
		}
		b = append(b, '\n')
	}
	return b
}

// appendWide appends a left-aligned word in a column of any width.
func appendWide(b []byte, word string, width int) []byte {
	b = append(b, word...)
	for n := len(word); n < width; n++ {
		b = append(b, ' ')
	}
	return b
}

// AppendSysctlSettings appends those sysctls that are not at their defaults, as sysctl.d(5) has them. One whose default
// is not known is a comment.
func AppendSysctlSettings(b []byte, all []sysctls.Value) []byte {
	for i := range all {
		v := &all[i]
		switch {
		case !v.Known:
			b = append(append(b, "# default unknown: "...), sysctls.Prefix...)
		case v.Changed:
			b = append(b, sysctls.Prefix...)
		default:
			continue
		}
		b = append(append(append(b, v.Name...), " = "...), v.Value...)
		b = append(b, '\n')
	}
	return b
}

// AppendSysctlsJSON appends sysctls as an array.
func AppendSysctlsJSON(b []byte, all []sysctls.Value) []byte {
	return appendArray(b, sysctlFields, all)
}

var sysctlFields = []field[*sysctls.Value]{
	{"name", func(b []byte, v *sysctls.Value) []byte { return appendWord(b, v.Name) }},
	{"value", func(b []byte, v *sysctls.Value) []byte { return jsontext.AppendString(b, v.Value) }}, // may be empty
	{"default", func(b []byte, v *sysctls.Value) []byte { return appendWord(b, v.Default) }},
	{"changed", func(b []byte, v *sysctls.Value) []byte {
		switch {
		case !v.Known:
			return b
		case v.Changed:
			return append(b, "true"...)
		}
		return append(b, "false"...)
	}},
	{"meaning", func(b []byte, v *sysctls.Value) []byte { return appendWord(b, v.Meaning) }},
}
