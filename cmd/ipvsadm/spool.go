// SPDX-License-Identifier: Apache-2.0

package main

import "io"

// A spool holds what is written to it until it is read, once. Unlike a bytes.Buffer it never has to copy all of it to grow,
// and what has been read is free.
type spool struct {
	chunks [][]byte
	rest   []byte // of the chunk that is being read
}

const spoolChunk = 64 << 10

// Write never fails.
func (s *spool) Write(b []byte) (int, error) {
	written := len(b)
	for len(b) > 0 {
		if len(s.chunks) == 0 || len(s.chunks[len(s.chunks)-1]) == spoolChunk {
			s.chunks = append(s.chunks, make([]byte, 0, spoolChunk))
		}
		last := len(s.chunks) - 1
		c := s.chunks[last]
		n := min(len(b), cap(c)-len(c))
		s.chunks[last] = append(c, b[:n]...)
		b = b[n:]
	}
	return written, nil
}

func (s *spool) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		if len(s.chunks) == 0 {
			return 0, io.EOF
		}
		s.rest, s.chunks[0] = s.chunks[0], nil
		s.chunks = s.chunks[1:]
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}
