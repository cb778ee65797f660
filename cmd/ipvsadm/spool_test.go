// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// TestSpool reads what was written, whatever the sizes of both.
func TestSpool(t *testing.T) {
	want := make([]byte, 3*spoolChunk+1)
	for i := range want {
		want[i] = byte(i % 251)
	}
	for _, size := range []int{1, 7000, spoolChunk, spoolChunk + 1, len(want)} {
		var s spool
		for b := want; len(b) > 0; b = b[min(size, len(b)):] {
			n, err := s.Write(b[:min(size, len(b))])
			require.NoError(t, err)
			require.Equal(t, min(size, len(b)), n)
		}
		require.Len(t, s.chunks, 4)
		got, err := io.ReadAll(&s)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), "written by %d", size)
		require.Empty(t, s.chunks)
	}
	var s spool
	_, _ = s.Write([]byte("text"))
	require.NoError(t, iotest.TestReader(&s, []byte("text")))
	n, err := s.Read(make([]byte, 1))
	require.Zero(t, n)
	require.Equal(t, io.EOF, err)
}

// A chunk that has been read is not kept.
func TestSpoolForgets(t *testing.T) {
	var s spool
	_, _ = s.Write(make([]byte, spoolChunk+1))
	before := s.chunks
	_, err := s.Read(make([]byte, 1))
	require.NoError(t, err)
	require.Nil(t, before[0])
	require.Len(t, s.chunks, 1)
}
