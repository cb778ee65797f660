// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A line is mended by what it lacks and nothing else, if it can be.
func TestMended(t *testing.T) {
	for line, want := range map[string]string{
		"-L":                      "-L",
		"-L --client 10.0.0.1":    "-L --client 10.0.0.1 --connection",
		"-D":                      "-D --tcp-service 192.0.2.1:1",
		"-D -f 1 --force":         "-D -f 1 --force --drain 1",
		"-D -f 1 --force --drain": "",
		"--set 1":                 "--set 1 1 1",
		"-L --all":                "",
	} {
		require.Equal(t, want, strings.Join(mended(split(line), lenient{}), " "), line)
	}
}

// Every value is tried of an option that takes one, and the option alone where it may stand alone.
func TestSamples(t *testing.T) {
	for name, want := range map[string]int{"numeric": 1, "weight": len(sampleValues), "persistent": 1 + len(sampleValues)} {
		require.Len(t, longOption(name).samples(), want, name)
	}
}

// A word that is tried as a value is the name of a host only in a line that has it.
func TestLenient(t *testing.T) {
	for _, tt := range []struct {
		line, host string
		want       bool
	}{
		{"-A", "www", true},
		{"-A", "", false},
		{"-A", "master", false},
		{"-A -t master:80", "master", true},
	} {
		_, ok := lenient{split(tt.line)}.Addr(tt.host)
		require.Equal(t, tt.want, ok, tt)
	}
}
