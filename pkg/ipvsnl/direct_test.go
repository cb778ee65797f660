package ipvsnl

import (
	"os"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// dialHere returns a socket to the kernel that this runs on. An emulated one may have no generic netlink.
func dialHere(t *testing.T) (*direct, *netlink.Conn) {
	t.Helper()
	d, err := dialDirect(unix.NETLINK_ROUTE)
	require.NoError(t, err)
	conn, err := d.conn()
	require.NoError(t, err)
	require.NotZero(t, conn.PID())
	t.Cleanup(func() { conn.Close() })
	return d, conn
}

// A deadline ends a read that waits for what never comes, whether it is set before or meanwhile.
func TestDirectDeadline(t *testing.T) {
	d, conn := dialHere(t)
	require.NoError(t, conn.SetDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, d.receive(), os.ErrDeadlineExceeded)
	require.NoError(t, conn.SetDeadline(time.Time{}))
	done := make(chan error)
	go func() { done <- d.receive() }()
	require.NoError(t, conn.SetDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, <-done, os.ErrDeadlineExceeded)
}

// A socket that is closed leaves its descriptor alone, which may be another's by now.
func TestDirectClosed(t *testing.T) {
	d, _ := dialHere(t)
	require.NoError(t, d.Close())
	require.ErrorIs(t, d.Close(), os.ErrClosed)
	require.ErrorIs(t, d.receive(), os.ErrClosed)
	require.ErrorIs(t, d.Send(netlink.Message{}), os.ErrClosed)
}
