// SPDX-License-Identifier: Apache-2.0

// Package screen draws rows of text on a terminal, writing only what has changed, reads its keys, and
// restores the terminal afterwards.
package screen

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// The default size of a terminal that does not report one.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// A Screen is a terminal that rows are drawn on.
type Screen struct {
	in, out *os.File
	mode    *unix.Termios // the previous mode of in; nil if in is not a terminal
	keys    chan Key
	taken   atomic.Bool // whether there was an Enter after the last Leave, which may still be blocked
	canvas  canvas
	buffer  []byte
}

// Open takes over the terminal out until Leave. The program must be in the foreground. If in is a terminal as well, keys
// are read from it without echo. Colours are used if coloured is true.
func Open(in, out *os.File, coloured bool) (*Screen, error) {
	s := &Screen{in: in, out: out, keys: make(chan Key, 64), canvas: canvas{plain: !coloured}}
	if mode, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS); err == nil {
		s.mode = mode
	}
	if err := s.Enter(); err != nil {
		_ = s.Leave() // otherwise echo would stay off
		return nil, err
	}
	if s.mode != nil {
		go s.read()
	}
	return s, nil
}

// HasKeys reports whether there is a keyboard.
func (s *Screen) HasKeys() bool { return s.mode != nil }

// Keys returns the channel that receives the keys that are pressed.
func (s *Screen) Keys() <-chan Key { return s.keys }

// sequencePatience is how many milliseconds the rest of what a key sends may take.
const sequencePatience = 50

// read forwards keys for as long as the program runs.
func (s *Screen) read() {
	keyboard, buffer := input{s.in, s.awaitForeground}, make([]byte, 256)
	var typed []byte
	for {
		n, err := keyboard.Read(buffer)
		if err != nil {
			return
		}
		typed = s.forward(append(typed, buffer[:n]...))
	}
}

// awaitForeground waits for the foreground; whoever uses the screen stops the program meanwhile.
func (s *Screen) awaitForeground() {
	for !Foreground(s.in) {
		time.Sleep(checkEvery)
	}
}

// forward sends keys and returns the beginning of one whose rest will follow.
func (s *Screen) forward(typed []byte) []byte {
	for len(typed) > 0 {
		key, rest, whole := readKey(typed)
		if !whole && readable(s.in, sequencePatience) {
			return typed
		}
		s.keys <- key
		typed = rest
	}
	return nil
}

// Enter takes over the terminal again, after Leave or when another program has changed it.
func (s *Screen) Enter() error {
	s.taken.Store(true)
	s.canvas.forget()
	if s.mode != nil {
		mode := *s.mode
		mode.Lflag &^= unix.ICANON | unix.ECHO
		mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
		if err := s.setMode(&mode); err != nil {
			return err
		}
	}
	_, err := s.out.WriteString(enter)
	return err
}

// Leave restores the terminal, if it was taken: first its mode, which works even if its output has been stopped. In the
// background the mode is left to the shell, which has set its own.
func (s *Screen) Leave() error {
	if !s.taken.Swap(false) {
		return nil
	}
	var err error
	if s.mode != nil && Foreground(s.in) {
		err = s.setMode(s.mode)
	}
	if Foreground(s.out) {
		s.restart()
	}
	_, written := s.out.WriteString(leave)
	return errors.Join(err, written)
}

// restart lets a terminal go on that has been stopped with Ctrl-S: the kernel does so when that key loses its meaning.
func (s *Screen) restart() {
	mode, err := unix.IoctlGetTermios(int(s.out.Fd()), unix.TCGETS)
	if err != nil || mode.Iflag&unix.IXON == 0 {
		return
	}
	without := *mode
	without.Iflag &^= unix.IXON
	_ = unix.IoctlSetTermios(int(s.out.Fd()), unix.TCSETS, &without)
	_ = unix.IoctlSetTermios(int(s.out.Fd()), unix.TCSETS, mode)
}

func (s *Screen) setMode(mode *unix.Termios) error {
	if err := unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETS, mode); err != nil {
		return fmt.Errorf("set the terminal's mode: %w", err)
	}
	return nil
}

// Draw draws rows, from the top, in the size of the window. Only what differs from the rows drawn before is written.
func (s *Screen) Draw(rows []Row, width, height int) error {
	s.buffer = s.canvas.update(s.buffer[:0], rows, width, height)
	if len(s.buffer) == 0 {
		return nil
	}
	_, err := s.out.Write(s.buffer)
	return err
}

// Forget makes the next drawing write everything: something else has written on the terminal.
func (s *Screen) Forget() { s.canvas.forget() }

// Size returns the size of the window.
func (s *Screen) Size() (width, height int) { return sizeOf(s.out) }

// sizeOf returns the size of a terminal.
func sizeOf(terminal *os.File) (width, height int) {
	size, err := unix.IoctlGetWinsize(int(terminal.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return defaultWidth, defaultHeight
	}
	return int(size.Col), int(size.Row)
}

// Gone returns a channel that is closed when nobody reads f any more: the window is closed, or the other end of a
// pipe.
func Gone(f *os.File) <-chan struct{} {
	gone := make(chan struct{})
	fd := int32(f.Fd())
	go func() {
		for {
			p := []unix.PollFd{{Fd: fd}}
			_, err := unix.Poll(p, -1)
			switch {
			case errors.Is(err, unix.EINTR):
			case err != nil:
				return
			case p[0].Revents != 0:
				close(gone)
				return
			}
		}
	}()
	return gone
}
