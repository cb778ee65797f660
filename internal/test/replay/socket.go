// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
)

// Dial returns a socket to a kernel that answers what answer returns, for
// ipvsnl.WithDial. An error of answer is that of the write; if it is an [Unreadable],
// that of the read after the replies. If there is nothing to read, a read waits for
// its deadline. The socket calls closed when it is closed.
func Dial(answer nltest.Func, closed func()) io.ReadWriteCloser {
	return &socket{answer: answer, onClose: sync.OnceFunc(closed), late: make(chan struct{})}
}

// An Unreadable is why a read fails.
type Unreadable struct{ Err error }

func (u Unreadable) Error() string { return u.Err.Error() }

type socket struct {
	answer  nltest.Func
	onClose func()
	late    chan struct{} // closed when there is a deadline
	set     sync.Once
	queue   [][]byte
	fails   error // of the read after the queue
	closed  bool
}

func (s *socket) Close() error {
	s.closed = true
	s.onClose()
	return nil
}

func (s *socket) SetDeadline(time.Time) error {
	s.set.Do(func() { close(s.late) })
	return nil
}

func (s *socket) Write(b []byte) (int, error) {
	requests, err := Parse(b)
	if err != nil {
		return 0, err
	}
	replies, err := s.answer(requests)
	for _, m := range replies {
		b, err := Bytes([]netlink.Message{m})
		if err != nil {
			return 0, err
		}
		s.queue = append(s.queue, b)
	}
	var u Unreadable
	if errors.As(err, &u) {
		s.fails, err = u.Err, nil
	}
	return len(b), err
}

func (s *socket) Read(b []byte) (int, error) {
	switch {
	case s.closed:
		return 0, fs.ErrClosed
	case len(s.queue) > 0:
		n := copy(b, s.queue[0])
		s.queue = s.queue[1:]
		return n, nil
	case s.fails != nil:
		return 0, s.fails
	}
	<-s.late
	return 0, os.ErrDeadlineExceeded
}
