// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRefusals checks that the reference refuses what it is said to refuse, and that no case goes on after that.
func TestRefusals(t *testing.T) {
	lab := NewLab(t, reference(), ours(t))
	for i, words := range []string{
		"-S -f 7", "-S --timeout", "-S --daemon", "-S -n --thresholds", "-D -f 0x7", "-L -c -t 192.0.2.1:80", "-L -n -c -r 192.0.2.1", "-L -f 7 -r 192.0.2.1",
		"-L -6", "-Sn6", "-Z -6", "-C --ipv6",
	} {
		for _, c := range []*Case{
			{Calls: []Call{{Words: strings.Fields(words)}}},
			{Calls: []Call{{Words: []string{"-R"}, Stdin: "-A -f 7\n" + words + "\n-C\n"}}},
		} {
			d, err := lab.Try(t.Context(), c)
			if err != nil || d != nil {
				t.Errorf("%s: %v, %v", words, d, err)
			}
		}
		require.Equal(t, 2*(i+1), lab.known["an option goes with more commands"], words)
	}
}
