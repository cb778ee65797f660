// SPDX-License-Identifier: Apache-2.0

// Package screen draws pages of text on a terminal, each over the previous one, and restores
// the terminal afterwards.
package screen

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The default size of a terminal that does not report one.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// A Screen is a terminal that pages are drawn on.
type Screen struct {
	in, out *os.File
	mode    *unix.Termios // the previous mode of in; nil if in is not a terminal
	keys    chan byte
	frame   *frame // the last one
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// Open takes over the terminal out until Leave. If in is a terminal as well, typed characters are
// read without echo.
func Open(in, out *os.File) (*Screen, error) {
	s := &Screen{in: in, out: out, keys: make(chan byte)}
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

// read forwards typed characters for as long as the program runs.
func (s *Screen) read() {
	key := make([]byte, 1)
	for {
		if _, err := s.in.Read(key); err != nil {
			return
		}
		s.keys <- key[0]
	}
}

// Keys returns the channel that receives typed keys.
func (s *Screen) Keys() <-chan byte { return s.keys }

// Enter takes over the terminal again, after Leave or when another program has changed it.
func (s *Screen) Enter() error {
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

// Leave restores the terminal.
func (s *Screen) Leave() error {
	_, err := s.out.WriteString(leave)
	if s.mode != nil {
		if modeErr := s.setMode(s.mode); err == nil {
			err = modeErr
		}
	}
	return err
}

func (s *Screen) setMode(mode *unix.Termios) error {
	if err := unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETSW, mode); err != nil {
		return fmt.Errorf("set the terminal's mode: %w", err)
	}
	return nil
}

// MaxLines is how many lines of a page suffice for any terminal.
const MaxLines = 1000

// Draw draws a page, of which more lines follow that are not in it. The last words of each line, as many as figures, are figures that
// are marked if they have changed since the last page.
func (s *Screen) Draw(page string, more, figures int) error {
	s.frame = newFrame(page, figures, s.frame)
	s.frame.more = more
	return s.Redraw()
}

// Redraw draws the last page again, in the current size of the window.
func (s *Screen) Redraw() error {
	width, height := s.size()
	_, err := s.out.Write(s.frame.append(nil, width, height))
	return err
}

func (s *Screen) size() (width, height int) { return sizeOf(s.out) }

// sizeOf returns the size of a terminal.
func sizeOf(terminal *os.File) (width, height int) {
	size, err := unix.IoctlGetWinsize(int(terminal.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return defaultWidth, defaultHeight
	}
	return int(size.Col), int(size.Row)
}
