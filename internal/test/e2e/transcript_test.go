// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A transcriptCall is a command in a document, and what it prints there.
type transcriptCall struct{ line, output string }

// transcript returns the commands in the blocks of a document, or of sections of it, that begin with a prompt.
func transcript(t *testing.T, file string, titles ...string) (calls []transcriptCall) {
	t.Helper()
	text := docText(t, file)
	if len(titles) > 0 {
		text = ""
	}
	for _, title := range titles {
		text += docSection(t, file, title)
	}
	for i, block := range strings.Split(text, "```") {
		block, isTranscript := strings.CutPrefix(block, "\n# ")
		if i%2 == 0 || !isTranscript {
			continue
		}
		for call := range strings.SplitSeq(block, "\n# ") {
			line, output, _ := strings.Cut(call, "\n")
			if output != "" && !strings.HasSuffix(output, "\n") {
				output += "\n" // which the next command has taken
			}
			calls = append(calls, transcriptCall{line, output})
		}
	}
	require.NotEmpty(t, calls, "there is no transcript")
	return calls
}

// replayed runs commands of a document in a namespace. Each must print what stands there, once same has been applied to
// both. The size of a table that resizes is the kernel's.
func replayed(t *testing.T, n *kernel.Namespace, calls []transcriptCall, same func(string) string) {
	t.Helper()
	resizes := kernel.Has(t, "tables that resize")
	for _, call := range calls {
		got := shell(t, n, call.line)
		require.Empty(t, got.Stderr, call.line)
		want := call.output
		if resizes {
			want, got.Stdout = anySize(want), anySize(got.Stdout)
		}
		require.Equal(t, same(want), same(got.Stdout), call.line)
	}
}

// eventually waits until a condition holds. It runs it on the goroutine of the test, which the condition may end.
func eventually(t *testing.T, ok func() bool, says ...any) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(end), says...)
	}
}

// shell runs a command of the shell, in which ipvsadm is our program.
func shell(t *testing.T, n *kernel.Namespace, line string) kernel.Result {
	t.Helper()
	return n.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-ec", line},
		Env: []string{"PATH=" + programs(t) + ":" + os.Getenv("PATH")}})
}

var tableSize = regexp.MustCompile(`\(size=\d+\)`)

// anySize leaves the size of the connection table out of a listing.
func anySize(listing string) string {
	return tableSize.ReplaceAllString(listing, "(size=N)")
}

var lifetime = regexp.MustCompile(`(?m)^(\w+ +)\d\d:\d\d `)

// anyOrder sorts the lines of a listing of connections, whose order is the kernel's hash, and drops what passes of their
// lifetimes.
func anyOrder(listing string) string {
	return linesSorted(lifetime.ReplaceAllString(listing, "${1}MM:SS "))
}

func linesSorted(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}
