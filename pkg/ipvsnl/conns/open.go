// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"errors"
	"io/fs"
	"path"
	"runtime"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// Where the kernel shows the table of the caller's network namespace: Path in general,
// SyncPath with the origins of connections.
const (
	Path     = "/proc/net/ip_vs_conn"
	SyncPath = "/proc/net/ip_vs_conn_sync"
)

// ErrNotNetNS means that what was given as a network namespace is none. It is that of
// package ipvsnl.
var ErrNotNetNS = netns.ErrNot

// Open opens the connection table of a network namespace, given by its name as
// ip-netns(8) knows it or, if there is a slash in it, by its path. An empty name is
// for the caller's own namespace.
//
// If the kernel has no IPVS, because its module is not loaded, or there is no such
// namespace, the error matches fs.ErrNotExist and has the path in it. On systems other
// than Linux the error matches errors.ErrUnsupported.
func Open(namespace string) (*Reader, error) { return open(runtime.GOOS, namespace, Path) }

// OpenSync does what Open does, for the table with the [Origin] of each connection. It
// has no persistence engines.
func OpenSync(namespace string) (*Reader, error) { return open(runtime.GOOS, namespace, SyncPath) }

func open(system, namespace, file string) (*Reader, error) {
	if system != "linux" {
		return nil, &fs.PathError{Op: "open", Path: file, Err: errors.ErrUnsupported}
	}
	var n *netns.Namespace // the caller's own
	if namespace != "" {
		var err error
		if n, err = netns.Open(namespace); err != nil {
			return nil, err
		}
		defer n.Close()
	}
	f, err := n.OpenProc(path.Base(file))
	if err != nil {
		return nil, err
	}
	r := NewReader(f)
	r.file = f
	return r, nil
}
