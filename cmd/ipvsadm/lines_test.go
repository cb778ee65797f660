// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// What a line holds that cannot be seen is shown, so that a fault can be.
func TestCheckShows(t *testing.T) {
	long := strings.Repeat(" --sort", 1<<18)
	for line, want := range map[string]string{
		"\ufeff-A -t 192.0.2.1:80":             "<U+FEFF>-A -t 192.0.2.1:80: no command",
		"\u2013A -t 192.0.2.1:80":              "<U+2013>A -t 192.0.2.1:80: no command",
		"-A\u00a0-t 192.0.2.1:80":              "-A<U+00A0>-t 192.0.2.1:80: -A\u00a0-t: unknown option",
		"-A -f 1 \u201crr\u201d":               "-A -f 1 <U+201C>rr<U+201D>: unexpected argument \u201crr\u201d",
		"-A -f 1 \x1b[2J":                      "-A -f 1 <U+001B>[2J: unexpected argument \x1b[2J",
		"-A -f 1 -s rr\x00x":                   "-A -f 1 -s rr<U+0000>x: rules cannot contain a NUL",
		"\xff\xfe-\x00A\x00":                   "<FF><FE>-<U+0000>A<U+0000>: rules cannot contain a NUL",
		"-A -f 1 --netns \u00e9":               "-A -f 1 --netns <U+00E9>: Illegal 'netns' option in a line of rules",
		"-L --sort-by \u00e9":                  "-L --sort-by <U+00E9>: unknown column `<U+00E9>'; the columns are: ",
		"-A -f 1" + long:                       "-A -f 1" + long[:993] + "...: a line of rules longer than 1 MB",
		strings.Repeat(" ", 2<<20) + "x":       strings.Repeat(" ", 1000) + "...: a line of rules longer than 1 MB",
		"x" + strings.Repeat(" ", 2<<20) + "x": "x" + strings.Repeat(" ", 999) + "...: no command",
	} {
		var stdout, stderr bytes.Buffer
		code := run([]string{"ipvsadm", "-R", "--dry-run"}, strings.NewReader("-A -f 7\n"+line+"\n# \x00\n"), &stdout, &stderr)
		require.Equal(t, flags.ExitFault, code)
		require.Empty(t, stdout.String())
		require.True(t, strings.HasPrefix(stderr.String(), "line 2: "+want), "%q", stderr.String()[:min(300, stderr.Len())])
		require.Equal(t, 1, strings.Count(stderr.String(), "\n"))
	}
}

// A line that is too long takes no more memory than any other.
func TestCheckLong(t *testing.T) {
	comment, fault := "#"+strings.Repeat("x", 4<<20)+"\n", "-A -f 7 x"+strings.Repeat("\x00", 4<<20)+"\n"
	p := &lineParser{names: testNames{}}
	con := newConsole("ipvsadm", strings.NewReader(strings.Repeat(comment, 4)), io.Discard, io.Discard)
	var text bytes.Buffer
	require.Equal(t, exitDone, p.readWhole(con, &text, onlyChanges))
	require.Less(t, text.Len(), 5<<20)
	con = newConsole("ipvsadm", strings.NewReader(fault), io.Discard, io.Discard)
	require.Equal(t, flags.ExitFault, p.readWhole(con, io.Discard, onlyChanges))
}
