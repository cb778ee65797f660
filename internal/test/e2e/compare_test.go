// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// sameResult compares what a program did with what it should have done.
func sameResult(t *testing.T, got, want kernel.Result) {
	t.Helper()
	sameText(t, "standard output", got.Stdout, want.Stdout)
	sameText(t, "standard error", got.Stderr, want.Stderr)
	require.Equal(t, want.Code, got.Code)
}

// sameText compares texts and shows the first line that differs.
func sameText(t *testing.T, name, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	gots, wants := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	i := 0
	for i < len(gots) && i < len(wants) && gots[i] == wants[i] {
		i++
	}
	t.Errorf("%s, line %d:\n got %q\nwant %q", name, i+1, at(gots, i), at(wants, i))
}

// at is line i, if there is one.
func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
