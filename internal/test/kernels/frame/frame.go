// SPDX-License-Identifier: Apache-2.0

// Package frame is what an emulated machine and the program that watches it tell each other: the jobs, which the
// machine finds in a file, and frames, which it writes to a serial line.
package frame

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// JobsFile is where the machine finds its jobs, as JSON.
const JobsFile = "/jobs.json"

// Jobs is what a machine has to do.
type Jobs struct {
	Now     time.Time // some machines have no clock
	Modules []string  // to load, where the kernel does not have them built in
	Jobs    []Job
}

// A Job is a program to run.
type Job struct {
	Dir     string
	Args    []string // the first is the program's path
	Env     []string
	Timeout time.Duration // after which it is killed
}

// A Kind is what a frame is about.
type Kind byte

const (
	Hello  Kind = 'h' // the machine is up; the text is its kernel's release
	Stdout Kind = 'o' // a job has written the text
	Stderr Kind = 'e'
	Exit   Kind = 'x' // a job has ended; the text is its exit code
	Alive  Kind = 'a' // every Interval
	Done   Kind = 'd' // all jobs have ended; if there is a text, it is an error
)

// Interval is how often a machine reports that it is alive.
const Interval = 5 * time.Second

// A Frame is one message.
type Frame struct {
	Kind Kind
	Job  int
	Text []byte
}

// head is the size of what precedes the text: the kind, the job, and the size of the text.
const head = 1 + 4 + 4

// most is the size that no text exceeds.
const most = 1 << 20

// Write writes a frame by one write.
func Write(w io.Writer, f Frame) error {
	b := make([]byte, 0, head+len(f.Text))
	b = append(b, byte(f.Kind))
	b = binary.BigEndian.AppendUint32(b, uint32(f.Job))
	b = binary.BigEndian.AppendUint32(b, uint32(len(f.Text)))
	_, err := w.Write(append(b, f.Text...))
	return err
}

// Read reads a frame. It returns io.EOF where there is none left.
func Read(r io.Reader) (Frame, error) {
	var b [head]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return Frame{}, err
	}
	size := binary.BigEndian.Uint32(b[5:])
	if size > most {
		return Frame{}, fmt.Errorf("a frame of %d bytes", size)
	}
	f := Frame{Kind: Kind(b[0]), Job: int(binary.BigEndian.Uint32(b[1:])), Text: make([]byte, size)}
	if _, err := io.ReadFull(r, f.Text); err != nil {
		return Frame{}, fmt.Errorf("a frame is cut short: %w", err)
	}
	return f, nil
}
