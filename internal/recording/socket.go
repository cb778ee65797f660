package recording

import (
	"iter"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
)

// Dial returns a socket to a kernel that answers what answer says. Unlike those of
// nltest, it has deadlines, a read waits for its deadline if there is nothing to read,
// and a read after an error gets what is behind it. The socket calls closed when it is
// closed.
func Dial(port uint32, answer nltest.Func, closed func()) *netlink.Conn {
	return netlink.NewConn(&socket{answer: answer, onClose: sync.OnceFunc(closed), late: make(chan struct{})}, port)
}

type socket struct {
	answer  nltest.Func
	onClose func()
	late    chan struct{} // closed when there is a deadline
	set     sync.Once
	queue   []netlink.Message
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

func (s *socket) SetReadDeadline(t time.Time) error  { return s.SetDeadline(t) }
func (s *socket) SetWriteDeadline(t time.Time) error { return s.SetDeadline(t) }

func (s *socket) Send(m netlink.Message) error { return s.SendMessages([]netlink.Message{m}) }

func (s *socket) SendMessages(m []netlink.Message) error {
	replies, err := s.answer(m)
	s.queue = append(s.queue, replies...)
	return err
}

func (s *socket) Receive() ([]netlink.Message, error) {
	m, err := s.next()
	return []netlink.Message{m}, err
}

func (s *socket) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) { yield(s.next()) }
}

func (s *socket) next() (netlink.Message, error) {
	switch {
	case s.closed:
		return netlink.Message{}, os.NewSyscallError("recvmsg", syscall.EBADF)
	case len(s.queue) == 0:
		<-s.late
		return netlink.Message{}, os.ErrDeadlineExceeded
	}
	m := s.queue[0]
	s.queue = s.queue[1:]
	return m, nil
}
