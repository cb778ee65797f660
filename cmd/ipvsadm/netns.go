// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/conntab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"golang.org/x/sys/unix"
)

// namespaceDirs are where ip(8) keeps the namespaces that it has given names.
var namespaceDirs = []string{"/run/netns", "/var/run/netns"}

// errNoNamespace says that a file is no network namespace.
var errNoNamespace = errors.New("not a network namespace")

// A namespace is a network namespace to work in. A nil one is the caller's own.
type namespace struct{ file *os.File }

// openNetNS opens the network namespace to work in, if a word names one.
func (a *app) openNetNS(word string) error {
	if word == "" {
		return nil
	}
	n, err := openNamespace(word)
	if err != nil {
		return fmt.Errorf("cannot enter network namespace `%s': %s", word, message(err))
	}
	a.netns = n
	return nil
}

// openNamespace opens a namespace and tries to enter it, which only works if it is one.
func openNamespace(word string) (*namespace, error) {
	file, err := openNamespaceFile(word)
	if err != nil {
		return nil, err
	}
	n := &namespace{file}
	err = n.run(func() error { return nil })
	if errors.Is(err, unix.EINVAL) {
		err = errNoNamespace
	}
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// openNamespaceFile opens the file of a namespace, by its path or else its name.
func openNamespaceFile(word string) (file *os.File, err error) {
	paths := []string{word}
	if !strings.Contains(word, "/") {
		paths = nil
		for _, dir := range namespaceDirs {
			paths = append(paths, filepath.Join(dir, word))
		}
	}
	for _, path := range paths {
		// The file may be anything: to open a named pipe must not wait for who writes to it.
		file, err = os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return file, err
}

func (n *namespace) close() {
	if n != nil {
		_ = n.file.Close()
	}
}

// run runs f on a thread that is in the namespace. The thread ends with it: locked to its
// goroutine until that is done, it never runs anything else.
func (n *namespace) run(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// options returns those by which a client works in the namespace.
func (n *namespace) options() []ipvsnl.Option {
	if n == nil {
		return nil
	}
	return []ipvsnl.Option{ipvsnl.WithNetNS(int(n.file.Fd()))}
}

// openConnections opens the namespace's table of connections, which the open file stays
// with.
func (n *namespace) openConnections() (table *os.File, err error) {
	if n == nil {
		return os.Open(conntab.Path)
	}
	err = n.run(func() (err error) {
		table, err = os.Open(conntab.ThreadPath)
		return err
	})
	return table, err
}
