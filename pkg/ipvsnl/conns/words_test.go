// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// The words that kernels write cost no allocation, and stand for themselves.
func TestKnownWords(t *testing.T) {
	source, err := os.ReadFile("words.go")
	require.NoError(t, err)
	known := regexp.MustCompile(`case "(.*)":`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(known), 30)
	for _, word := range known {
		b := []byte(word[1])
		var got string
		require.Zero(t, testing.AllocsPerRun(10, func() { got = text(b) }), word[1])
		require.Equal(t, word[1], got)
	}
}

// A word does not change with the bytes that it was read from.
func TestOtherWords(t *testing.T) {
	for _, word := range []string{"", "x", "NONF", "SHUTDOWN_ACK_CLI", "TCP"} {
		b := []byte(word)
		got := text(b)
		clear(b)
		require.Equal(t, word, got)
	}
}
