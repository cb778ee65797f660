// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
	root, err := kernel.Root()
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, "docs/additions.md"))
	require.NoError(t, err)
	n := kernel.NewNamespace(t)
	for _, word := range additions {
		require.Contains(t, string(page), "`"+word+"`", "docs/additions.md lists all of them")
		got := n.Ipvsadm(t, kernel.Reference, "-L", word)
		if got.Code != 255 || !strings.Contains(got.Stderr, word+": unknown option") {
			t.Errorf("%s: the reference does %+v", word, got)
		}
	}
}
