// SPDX-License-Identifier: Apache-2.0

package format

import "github.com/ipvsadm-go/ipvsadm/internal/schedulers"

// AppendSchedulers appends a line for each scheduler: its name and where it is.
func AppendSchedulers(b []byte, all []schedulers.Scheduler) []byte {
	width := 0
	for i := range all {
		width = max(width, len(all[i].Name))
	}
	for i := range all {
		s := &all[i]
		b = append(appendLeft(b, s.Name, width), ' ')
		switch s.State {
		case schedulers.Loadable:
			b = append(b, s.File...)
		default:
			b = append(b, s.State...)
		}
		b = append(b, '\n')
	}
	return b
}

// AppendSchedulersJSON appends schedulers as an array.
func AppendSchedulersJSON(b []byte, all []schedulers.Scheduler) []byte {
	return appendArray(b, schedulerFields, all)
}

var schedulerFields = []field[*schedulers.Scheduler]{
	{"name", func(b []byte, s *schedulers.Scheduler) []byte { return appendWord(b, s.Name) }},
	{"state", func(b []byte, s *schedulers.Scheduler) []byte { return appendWord(b, string(s.State)) }},
	{"file", func(b []byte, s *schedulers.Scheduler) []byte { return appendWord(b, s.File) }},
}
