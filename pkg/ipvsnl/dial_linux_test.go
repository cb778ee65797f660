// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// dialHere returns a socket to the kernel that this runs on. An emulated one may have no
// generic netlink.
func dialHere(t *testing.T) *kernelTransport {
	t.Helper()
	k, err := newKernelTransport(unix.NETLINK_ROUTE)
	require.NoError(t, err)
	require.NotZero(t, k.portID())
	require.Equal(t, firstPage(os.Getpagesize()), k.page)
	require.Equal(t, patience, k.patience)
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// An interruption ends a read that waits for what never comes, whether it comes before or
// meanwhile.
func TestInterrupt(t *testing.T) {
	k := dialHere(t)
	done := make(chan error)
	read := func() {
		_, err := k.Read(make([]byte, 1))
		done <- err
	}
	go read()
	k.interrupt()
	require.ErrorIs(t, <-done, os.ErrDeadlineExceeded)
	go read()
	require.ErrorIs(t, <-done, os.ErrDeadlineExceeded)
}

// A socket that is closed leaves its descriptor alone, which may be another's by now.
func TestClosedTransport(t *testing.T) {
	k := dialHere(t)
	require.NoError(t, k.Close())
	require.ErrorIs(t, k.Close(), os.ErrClosed)
	_, err := k.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrClosed)
	_, err = k.Write(nil)
	require.ErrorIs(t, err, os.ErrClosed)
}

// What is read of a listing is as long as what was sent.
func TestTransportListing(t *testing.T) {
	fds := make([]int, 2)
	require.NoError(t, unix.Pipe(fds))
	defer unix.Close(fds[0])
	_, err := unix.Write(fds[1], []byte("abc"))
	require.NoError(t, err)
	require.NoError(t, unix.Close(fds[1]))
	k := &kernelTransport{fd: fds[0], page: smallPage, listing: true}
	n, err := k.Read(make([]byte, 8))
	require.NoError(t, err)
	require.Equal(t, 3, n)
}

// What a system call says is passed on, with its name.
func TestTransportErrors(t *testing.T) {
	k := &kernelTransport{fd: -1, page: smallPage}
	_, err := k.Read(make([]byte, 1))
	require.EqualError(t, err, "read: bad file descriptor")
	_, err = k.Write(make([]byte, 1))
	require.EqualError(t, err, "write: bad file descriptor")
	require.EqualError(t, k.bind(), "bind: bad file descriptor")
	k.listing = true
	_, err = k.Read(make([]byte, 1))
	require.EqualError(t, err, "read: bad file descriptor")
	require.EqualError(t, k.Close(), "close: bad file descriptor")

	withoutDescriptors(t, func() {
		_, err = newKernelTransport(unix.NETLINK_ROUTE)
		require.EqualError(t, err, "socket: too many open files")
	})
}

// withoutDescriptors runs f while no file can be opened.
func withoutDescriptors(t *testing.T, f func()) {
	t.Helper()
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Max: limit.Max}))
	defer func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) }()
	f()
}

// pair returns a transport and the socket at its other end.
func pair(t *testing.T) (k *kernelTransport, other int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	require.NoError(t, err)
	k = &kernelTransport{fd: fds[0], page: smallPage, patience: time.Hour}
	t.Cleanup(func() {
		_ = k.Close()
		_ = unix.Close(fds[1])
	})
	return k, fds[1]
}

// A read waits for a datagram, and does nothing while it waits.
func TestReadWaits(t *testing.T) {
	k, other := pair(t)
	later := func() {
		time.Sleep(10 * time.Millisecond)
		_, err := unix.Write(other, []byte("late"))
		assert.NoError(t, err)
	}
	go later()
	n, err := k.Read(make([]byte, 100))
	require.NoError(t, err)
	require.Equal(t, 4, n)

	go later()
	calls := 0
	_, err = k.transfer("read", unix.POLLIN, func(k *kernelTransport, b []byte) (int, unix.Errno) {
		calls++
		return k.read(b)
	}, make([]byte, 100))
	require.NoError(t, err)
	require.Less(t, calls, 1000)
}

// A call that a signal has interrupted is made again.
func TestTransferInterrupted(t *testing.T) {
	k, _ := pair(t)
	calls := 0
	n, err := k.transfer("read", unix.POLLIN, func(*kernelTransport, []byte) (int, unix.Errno) {
		if calls++; calls < 3 {
			return -1, unix.EINTR
		}
		return 7, 0
	}, nil)
	require.NoError(t, err)
	require.Equal(t, 7, n)
}

// A write waits until there is room.
func TestWriteWaits(t *testing.T) {
	k, other := pair(t)
	for {
		if _, err := unix.Write(k.fd, make([]byte, 100)); err != nil {
			require.ErrorIs(t, err, unix.EAGAIN)
			break
		}
	}
	read := make(chan error)
	go func() {
		time.Sleep(10 * time.Millisecond)
		var err error
		for err == nil { // much has to be read before there is room
			_, err = unix.Read(other, make([]byte, 100))
		}
		read <- err
	}()
	n, err := k.Write(make([]byte, 100))
	require.NoError(t, err)
	require.Equal(t, 100, n)
	require.ErrorIs(t, <-read, unix.EAGAIN)
}

// A datagram may be as long as what a read offers; a longer one is not taken for whole. After a page that was nearly full,
// the next request offers more.
func TestLongDatagram(t *testing.T) {
	for _, c := range []struct {
		length int
		want   error
		page   int // after the next request
	}{
		{smallPage - entrySize, nil, smallPage},
		{smallPage - entrySize + 1, nil, smallPage + pageStep},
		{smallPage, nil, smallPage + pageStep},
		{smallPage + 1, ErrOverrun, smallPage},
	} {
		k, other := pair(t)
		_, err := unix.Write(other, make([]byte, c.length))
		require.NoError(t, err)
		n, err := k.Read(make([]byte, bufferSize))
		require.ErrorIs(t, err, c.want)
		require.Equal(t, min(c.length, smallPage), n)
		require.Equal(t, smallPage, k.page)
		for range 2 {
			_, err = k.Write(nil)
			require.NoError(t, err)
			require.Equal(t, c.page, k.page)
		}
	}
}

// A page stays full until the next request, and is never more than the room that it is offered.
func TestPages(t *testing.T) {
	k, other := pair(t)
	for _, length := range []int{smallPage, 4} {
		_, err := unix.Write(other, make([]byte, length))
		require.NoError(t, err)
		_, err = k.Read(make([]byte, bufferSize))
		require.NoError(t, err)
	}
	_, err := k.Write(nil)
	require.NoError(t, err)
	require.Equal(t, smallPage+pageStep, k.page)

	k.page = bufferSize
	for length, want := range map[int]error{bufferSize - 4: nil, bufferSize - 3: ErrOverrun} {
		_, err = unix.Write(other, make([]byte, length))
		require.NoError(t, err)
		n, err := k.Read(make([]byte, bufferSize))
		require.ErrorIs(t, err, want)
		require.Equal(t, bufferSize-4, n)
	}
	require.Equal(t, smallPage, firstPage(4<<10))
	require.Equal(t, largePage, firstPage(64<<10))
}

// Only requests for listings are sent without the scheduler of Go knowing.
func TestListing(t *testing.T) {
	k, _ := pair(t)
	request := func(flags uint16) []byte { return join(uint32(16), uint16(32), flags, uint32(1), uint32(0)) }
	for _, c := range []struct {
		b    []byte
		want bool
	}{
		{request(uint16(unix.NLM_F_REQUEST | unix.NLM_F_DUMP)), true},
		{request(uint16(unix.NLM_F_REQUEST | unix.NLM_F_ACK)), false},
		{request(uint16(unix.NLM_F_ROOT)), false},
		{request(uint16(unix.NLM_F_DUMP))[:15], false},
		{nil, false},
	} {
		_, err := k.Write(c.b)
		require.NoError(t, err)
		require.Equal(t, c.want, k.listing)
	}
}

func TestShortenKernelReplies(t *testing.T) {
	k := dialHere(t)
	k.shortenReplies()
	short, err := unix.GetsockoptInt(k.fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK)
	require.NoError(t, err)
	require.Equal(t, 1, short)
}

// The cookie is the kernel's for the namespace, if it has one.
func TestNamespaceCookie(t *testing.T) {
	k := dialHere(t)
	cookie, err := unix.GetsockoptUint64(k.fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	require.Equal(t, err == nil, cookie != 0)
	require.Equal(t, cookie, k.namespaceCookie())
}
