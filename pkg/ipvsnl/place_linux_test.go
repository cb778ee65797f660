// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/mdlayher/genetlink"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// descriptors returns how many sockets, namespaces and files of namespaces the process has open.
func descriptors(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if strings.HasPrefix(target, "net:") || strings.HasPrefix(target, "socket:") || strings.Contains(target, "/net/") {
			n++
		}
	}
	return n
}

// ownNamespace returns the namespace of the process, or nil without the right to enter it.
func ownNamespace(t *testing.T) *netns.Namespace {
	t.Helper()
	ns, err := netns.Open("/proc/self/ns/net")
	if err != nil {
		require.ErrorIs(t, err, fs.ErrPermission)
		return nil
	}
	t.Cleanup(func() { _ = ns.Close() })
	return ns
}

// elsewhere runs f on a thread in a new namespace, with the right to make one.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if unix.Unshare(unix.CLONE_NEWNET) == nil {
			f()
		}
	}()
	<-done
}

// The first socket determines the client's namespace. A later one that is elsewhere, or whose namespace the kernel cannot
// tell, is exchanged for another, if the process has the right to enter the namespace.
func TestPlaceAdmits(t *testing.T) {
	enters := ownNamespace(t) != nil
	before := descriptors(t)
	var p place
	first := dialHere(t)
	got, err := p.admit(first, 7)
	require.NoError(t, err)
	require.Same(t, first, got)
	require.Equal(t, place{known: true, cookie: 7, anchor: first}, p)

	for _, c := range []struct {
		name      string
		client    uint64 // the cookie of the first socket
		cookie    uint64
		exchanged bool
		refused   bool // without the right to enter namespaces
	}{
		{name: "there", client: 7, cookie: 7},
		{name: "elsewhere", client: 7, cookie: 8, exchanged: true, refused: true},
		{name: "at one", client: 7, cookie: 1, exchanged: true, refused: true},
		{name: "there, at one", client: 1, cookie: 1},
		{name: "unknown", client: 7, cookie: 0, exchanged: true},
		{name: "both unknown", client: 0, cookie: 0, exchanged: true},
	} {
		for _, entered := range []bool{enters, false} { // without an anchor nothing can be entered
			q := place{known: true, cookie: c.client}
			if entered {
				q.anchor = first
			}
			k := dialHere(t)
			got, err := q.admit(k, c.cookie)
			switch {
			case c.exchanged && entered:
				require.NoError(t, err, c.name)
				require.NotSame(t, k, got, c.name)
				require.True(t, k.closed, c.name)
				require.NoError(t, got.Close())
			case c.refused:
				require.Equal(t, ErrNamespace, err, c.name)
				require.Nil(t, got)
				require.True(t, k.closed, c.name)
			default:
				require.NoError(t, err, c.name)
				require.Same(t, k, got, c.name)
				require.NoError(t, k.Close())
			}
		}
	}
	require.NoError(t, first.Close())
	require.Equal(t, before, descriptors(t))
}

// A client stays in its namespace when the first socket is closed.
func TestPlaceLeft(t *testing.T) {
	if ownNamespace(t) == nil {
		return
	}
	before := descriptors(t)
	first, second := dialHere(t), dialHere(t)
	c := &Client{place: place{known: true, cookie: 7, anchor: first}}
	c.closing(second)
	require.Same(t, first, c.place.anchor)
	c.closing(first)
	require.Nil(t, c.place.anchor)
	c.closing(first)
	require.NoError(t, first.Close())
	for range 2 {
		k, err := c.place.dial()
		require.NoError(t, err)
		require.NoError(t, k.Close())
	}
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.place.close(), os.ErrClosed)

	// Once the client is closed, there is nothing to stay in.
	c.place = place{known: true, anchor: second}
	c.closing(second)
	require.Nil(t, c.place.kept)
	require.NoError(t, second.Close())
	require.Equal(t, before, descriptors(t))
}

// A socket is one of generic netlink, in whatever namespace.
func TestDialIn(t *testing.T) {
	for _, ns := range []*netns.Namespace{nil, ownNamespace(t)} {
		k, err := dialIn(ns)
		if errors.Is(err, unix.EPROTONOSUPPORT) {
			return // an emulated kernel may have no generic netlink
		}
		require.NoError(t, err)
		protocol, err := unix.GetsockoptInt(k.fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
		require.NoError(t, err)
		require.Equal(t, genetlink.Protocol, protocol)
		require.NoError(t, k.Close())
	}
	withoutDescriptors(t, func() {
		_, err := new(Client).dialKernel()
		require.EqualError(t, err, "socket: too many open files")
	})
	if ns := ownNamespace(t); ns != nil {
		withoutDescriptors(t, func() {
			_, err := dialIn(ns)
			require.EqualError(t, err, "socket: too many open files")
			_, err = (&place{kept: ns}).dial()
			require.EqualError(t, err, "socket: too many open files")
			_, err = (&place{anchor: &kernelTransport{fd: -1}}).dial()
			require.EqualError(t, err, "ioctl: bad file descriptor")
		})
	}
}

// Sockets and files are those of the client's namespace, whatever thread asks for them.
func TestPlaceElsewhere(t *testing.T) {
	ns := ownNamespace(t)
	if ns == nil {
		return
	}
	before := descriptors(t)
	home, err := os.Stat("/proc/self/net/dev")
	require.NoError(t, err)
	elsewhere(func() {
		abroad, err := os.Stat("/proc/thread-self/net/dev")
		require.NoError(t, err)
		require.False(t, os.SameFile(home, abroad))
		first := func() *kernelTransport {
			k, err := dialIn(ns)
			require.NoError(t, err)
			return k
		}()
		cookie := first.namespaceCookie()
		kept, err := netns.Of(first.fd)
		require.NoError(t, err)
		for name, c := range map[string]*Client{
			"given":  {netns: ns},
			"anchor": {place: place{known: true, cookie: cookie, anchor: first}},
			"kept":   {place: place{known: true, cookie: cookie, kept: kept}},
		} {
			is := c.place
			for range 2 {
				k, err := c.dialKernel()
				require.NoError(t, err, name)
				require.Equal(t, cookie, k.(*kernelTransport).namespaceCookie(), name)
				require.NoError(t, k.Close())
				f, err := c.openProc("dev")
				require.NoError(t, err, name)
				there, err := f.Stat()
				require.NoError(t, err)
				require.True(t, os.SameFile(home, there), name)
				require.NoError(t, f.Close())
				_, err = c.openProc("nosuch")
				require.ErrorIs(t, err, fs.ErrNotExist, name)
			}
			require.Equal(t, is, c.place, name)
			require.True(t, c.mu.TryLock(), name)
		}
		// A client that was opened here is here.
		c := new(Client)
		k, err := c.dialKernel()
		require.NoError(t, err)
		require.Same(t, k, c.place.anchor)
		require.NoError(t, k.Close())
		f, err := new(Client).openProc("dev")
		require.NoError(t, err)
		there, err := f.Stat()
		require.NoError(t, err)
		require.True(t, os.SameFile(abroad, there))
		require.NoError(t, f.Close())
		require.NoError(t, kept.Close())
		require.NoError(t, first.Close())
	})
	require.Equal(t, before, descriptors(t))
}

// Totals are read from the client's namespace, and name what is wrong with the file.
func TestTotals(t *testing.T) {
	before := descriptors(t)
	c := new(Client)
	_, err := c.totals(t.Context(), "dev")
	require.EqualError(t, err, "ipvs: get totals: malformed reply: /proc/net/ip_vs_stats has 0 of 2 lines of numbers")
	_, err = c.totals(t.Context(), "nosuch")
	require.EqualError(t, err, "ipvs: get totals: the kernel has no IPVS")
	if _, err = c.Totals(t.Context()); err != nil {
		require.ErrorIs(t, err, ErrNoIPVS)
	}
	require.Equal(t, before, descriptors(t))
}

// A namespace that was opened for a client is closed with it, or if it cannot be opened.
func TestNetNSClosed(t *testing.T) {
	if ownNamespace(t) == nil {
		return
	}
	const own = "/proc/self/ns/net"
	before := descriptors(t)
	for _, options := range [][]Option{
		{WithNetNS(own)},
		{WithNetNS(own), WithNetNS(own)},
		{WithNetNS(own), WithNetNS("/nosuch")},
	} {
		c, err := Open(t.Context(), options...) // which fails unless this kernel has IPVS
		if err == nil {
			require.NoError(t, c.Close())
			require.NoError(t, c.Close())
		}
		require.Equal(t, before, descriptors(t))
	}
}
