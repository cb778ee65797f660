// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"os"
	"testing"

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

// A datagram may be as long as what a read offers; a longer one is not taken for whole.
func TestLongDatagram(t *testing.T) {
	for length, want := range map[int]error{smallPage: nil, smallPage + 1: ErrOverrun} {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
		require.NoError(t, err)
		defer unix.Close(fds[1])
		k := &kernelTransport{fd: fds[0], page: smallPage}
		defer k.Close()
		_, err = unix.Write(fds[1], make([]byte, length))
		require.NoError(t, err)
		n, err := k.Read(make([]byte, bufferSize))
		require.ErrorIs(t, err, want)
		require.Equal(t, smallPage, n)
		require.Equal(t, smallPage, k.page)
		_, err = k.Write(nil)
		require.NoError(t, err)
		if want == nil {
			require.Equal(t, smallPage+pageStep, k.page)
		}
	}
}
