// SPDX-License-Identifier: Apache-2.0

package frame_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernels/frame"
)

// TestFrames reads what was written.
func TestFrames(t *testing.T) {
	var line bytes.Buffer
	frames := []frame.Frame{
		{Kind: frame.Hello, Text: []byte("6.1.0")},
		{Kind: frame.Stdout, Job: 70000, Text: []byte("a\x00b\n")},
		{Kind: frame.Done, Text: []byte{}},
	}
	for _, f := range frames {
		require.NoError(t, frame.Write(&line, f))
	}
	whole := bytes.Clone(line.Bytes())
	for _, want := range frames {
		got, err := frame.Read(&line)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := frame.Read(&line)
	require.Equal(t, io.EOF, err)

	_, err = frame.Read(bytes.NewReader(whole[:12]))
	require.ErrorContains(t, err, "cut short")
	_, err = frame.Read(bytes.NewReader(whole[:4]))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = frame.Read(bytes.NewReader(bytes.Repeat([]byte{255}, 20)))
	require.ErrorContains(t, err, "a frame of")
}
