// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"errors"
	"io/fs"
	"path"
	"runtime"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// The files with the table of the caller's network namespace: Path in general,
// SyncPath with the origins of connections.
const (
	Path     = "/proc/net/ip_vs_conn"
	SyncPath = "/proc/net/ip_vs_conn_sync"
)

// ErrNotNetNS means that a file is not a network namespace. It is the same error as in
// package ipvsnl.
var ErrNotNetNS = netns.ErrNot

// Open opens the connection table of a network namespace, given by its name as
// in ip-netns(8), by a process ("pid:4711") or, if it contains a slash, by its path. An
// empty name stands for the caller's own namespace.
//
// If the kernel has no IPVS, because its module is not loaded, or there is no such
// namespace, the error matches fs.ErrNotExist and contains the path. On systems other
// than Linux the error matches errors.ErrUnsupported.
func Open(namespace string) (*Reader, error) { return open(runtime.GOOS, namespace, Path) }

// OpenSync does what Open does, for the table with the [Origin] of each connection. It
// does not show persistence engines.
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
