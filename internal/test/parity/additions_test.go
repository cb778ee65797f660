// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	grammar "github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// TestAdditions checks that our words are those of the cases and the additions, and that the reference refuses
// the additions: whatever it takes is compared.
func TestAdditions(t *testing.T) {
	var want []string
	for _, o := range slices.Concat(commands, valued, flags) {
		if o.short != "" {
			want = append(want, "-"+o.short)
		}
		if o.long != "" {
			want = append(want, "--"+o.long)
		}
	}
	want = append(want, additions...)
	var got []string
	commandRows, optionRows := grammar.Rows()
	for _, r := range slices.Concat(commandRows, optionRows) {
		got = append(got, r.Short, r.Long)
	}
	got = slices.DeleteFunc(got, func(w string) bool { return w == "" })
	slices.Sort(want)
	slices.Sort(got)
	got = slices.Compact(got) // one is a command and an option
	if !slices.Equal(got, want) {
		t.Errorf("our words: %v\nthose of the cases and the additions: %v", got, want)
	}
	n := kernel.NewNamespace(t)
	for _, word := range additions {
		got := n.Ipvsadm(t, kernel.Reference, "-L", word)
		if got.Code != 255 || !strings.Contains(got.Stderr, word+": unknown option") {
			t.Errorf("%s: the reference does %+v", word, got)
		}
	}
}
