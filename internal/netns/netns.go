// SPDX-License-Identifier: Apache-2.0

// Package netns opens network namespaces by name or path and runs functions in them.
package netns

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// dirs are where ip(8) and Docker keep named namespaces.
var dirs = []string{"/run/netns", "/var/run/netns", "/run/docker/netns"}

// ErrNot means that a file is not a network namespace.
var ErrNot = errors.New("not a network namespace")

// A Namespace is an open network namespace. A nil one is the caller's own.
type Namespace struct{ file *os.File }

// Paths returns where Open looks for a namespace, in order: at the path itself, if the word has a
// slash in it; for "pid:4711", at the process with this number; for a name, wherever there are
// names.
func Paths(word string) []string {
	if strings.Contains(word, "/") {
		return []string{word}
	}
	if pid, ok := strings.CutPrefix(word, "pid:"); ok && isNumber(pid) {
		return []string{"/proc/" + pid + "/ns/net"}
	}
	paths := make([]string, len(dirs))
	for i, dir := range dirs {
		paths[i] = filepath.Join(dir, word)
	}
	return paths
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Open opens a namespace by one of its [Paths]. The error contains one of them.
func Open(word string) (*Namespace, error) {
	file, err := openFile(word)
	if err != nil {
		return nil, err
	}
	n := &Namespace{file}
	// Other files cannot be entered.
	if err := n.Run(func() error { return nil }); err != nil {
		_ = file.Close()
		return nil, &fs.PathError{Op: "enter", Path: file.Name(), Err: err}
	}
	return n, nil
}

func openFile(word string) (file *os.File, err error) {
	for _, path := range Paths(word) {
		// Opening the file never blocks, even if it is a named pipe.
		file, err = open(path)
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return file, err
}

// Fd returns the file descriptor of the namespace.
func (n *Namespace) Fd() int { return int(n.file.Fd()) }

// Path returns a path by which this process can open the namespace again.
func (n *Namespace) Path() string {
	if n == nil {
		return "/proc/self/ns/net"
	}
	return "/proc/self/fd/" + strconv.Itoa(n.Fd())
}

// Same reports whether n and another namespace are the same. One that is closed is like no other.
func (n *Namespace) Same(other *Namespace) bool {
	if n == nil || other == nil {
		return n == other
	}
	a, err := n.file.Stat()
	b, otherErr := other.file.Stat()
	return err == nil && otherErr == nil && os.SameFile(a, b)
}

// OpenAgain opens the file of the namespace once more, for a lock. It works without
// /proc, too.
func (n *Namespace) OpenAgain() (*os.File, error) {
	file, err := open(n.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return n.duplicate()
	}
	return file, err
}

// Close closes the namespace. A nil one need not be closed.
func (n *Namespace) Close() error {
	if n == nil {
		return nil
	}
	return n.file.Close()
}

// OpenProc opens a file of /proc/net, such as "ip_vs_conn", of the
// namespace. The open file stays with that namespace.
func (n *Namespace) OpenProc(name string) (file *os.File, err error) {
	if n == nil {
		return open(filepath.Join("/proc/net", name))
	}
	err = n.Run(func() (err error) {
		file, err = open(filepath.Join("/proc/thread-self/net", name))
		return err
	})
	return file, err
}
