// SPDX-License-Identifier: Apache-2.0

//go:build linux

package ipvsnl_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// tells returns a kernel that answers the question for the family with messages of such numbers.
func tells(t *testing.T, numbers ...uint16) func() (io.ReadWriteCloser, error) {
	return func() (io.ReadWriteCloser, error) {
		return replay.Dial(func(requests []netlink.Message) ([]netlink.Message, error) {
			var all []netlink.Message
			for _, n := range numbers {
				id := binary.NativeEndian.AppendUint16(nil, n)
				attrs, err := netlink.MarshalAttributes([]netlink.Attribute{{Type: unix.CTRL_ATTR_FAMILY_ID, Data: id}})
				require.NoError(t, err)
				h := requests[0].Header
				h.Flags = netlink.Multi
				all = append(all, netlink.Message{Header: h, Data: append([]byte{1, 1, 0, 0}, attrs...)})
			}
			h := requests[0].Header
			h.Type, h.Flags = netlink.Done, netlink.Multi
			return append(all, netlink.Message{Header: h, Data: make([]byte, 4)}), nil
		}, func() {}), nil
	}
}

func TestOpenFails(t *testing.T) {
	cannotDial := func(number syscall.Errno) func() (io.ReadWriteCloser, error) {
		return func() (io.ReadWriteCloser, error) { return nil, os.NewSyscallError("socket", number) }
	}
	unloaded := ipvsnltest.New()
	unloaded.Unload(true)
	for _, test := range []struct {
		name string
		dial func() (io.ReadWriteCloser, error)
		want string
		is   error
	}{
		{"no module", unloaded.Dial, "the kernel has no IPVS", ipvsnl.ErrNoIPVS},
		{"no generic netlink", cannotDial(syscall.EPROTONOSUPPORT), "the kernel has no IPVS", ipvsnl.ErrNoIPVS},
		{"no sockets left", cannotDial(syscall.EMFILE), "open netlink socket: socket: too many open files", syscall.EMFILE},
		{"a socket that breaks", func() (io.ReadWriteCloser, error) {
			return replay.Dial(func([]netlink.Message) ([]netlink.Message, error) { return nil, io.ErrClosedPipe }, func() {}), nil
		}, "netlink send: io: read/write on closed pipe", io.ErrClosedPipe},
		{"two families", tells(t, 32, 33),
			`malformed reply: look up netlink family: netlink returned multiple families for name: "IPVS"`, ipvsnl.ErrMalformed},
		{"a number of no family", tells(t, 15), "malformed reply: no number for the netlink family", ipvsnl.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(test.dial))
			require.EqualError(t, err, "ipvs: open: "+test.want)
			require.ErrorIs(t, err, test.is)
			var e *ipvsnl.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, ipvsnl.OpOpen, e.Op)
		})
	}
}

// A family may have the least number that there is.
func TestOpenLeast(t *testing.T) {
	c := open(t, tells(t, 16))
	require.NotNil(t, c)
}

// An empty name of a namespace is that of none.
func TestOpenNoNetNS(t *testing.T) {
	c, err := ipvsnl.Open(t.Context(), ipvsnl.WithNetNS(""), ipvsnl.WithDial(ipvsnltest.New().Dial))
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

// A context ends the look-up of the family.
func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{mute: true}
	for range 2 { // meanwhile, and before
		_, err := ipvsnl.Open(ctx, ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
			cancel()
			return f.dial()
		}))
		require.ErrorIs(t, err, context.Canceled)
	}
	wantSockets(t, f, 0, 1)
}

// Here opens the kernel that this runs on, which may have IPVS or not.
func TestOpenHere(t *testing.T) {
	c, err := ipvsnl.Open(t.Context())
	if errors.Is(err, ipvsnl.ErrNoIPVS) {
		return
	}
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

// Namespaces that cannot be entered are told from a kernel without IPVS, and the path is
// in the error.
func TestOpenNetNS(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	for _, test := range []struct {
		name string
		is   error
		path string
	}{
		{"nosuch", fs.ErrNotExist, "/netns/nosuch"},
		{"/nosuch/netns", fs.ErrNotExist, "/nosuch/netns"},
		{file, ipvsnl.ErrNotNetNS, file},
		{fifo, ipvsnl.ErrNotNetNS, fifo},
	} {
		_, err := ipvsnl.Open(t.Context(), ipvsnl.WithNetNS(test.name))
		require.ErrorIs(t, err, test.is)
		require.NotErrorIs(t, err, ipvsnl.ErrNoIPVS)
		require.ErrorContains(t, err, "ipvs: enter network namespace: ")
		require.ErrorContains(t, err, test.path)
		var e *ipvsnl.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, ipvsnl.OpNetNS, e.Op)
	}
}

// The totals of the machine are not those of a director under test.
func TestDialedTotals(t *testing.T) {
	c, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(ipvsnltest.New().Dial))
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Totals(t.Context())
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.EqualError(t, err, "ipvs: get totals: unsupported operation")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Totals(ctx)
	require.Equal(t, &ipvsnl.Error{Op: ipvsnl.OpTotals, Err: context.Canceled}, err)
}
