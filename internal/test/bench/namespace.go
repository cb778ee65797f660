// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// fresh goes into a new network namespace, with an empty table. To clear the table
// would not do: the kernel keeps each real server that was deleted for two minutes,
// and looks through all of them for every one that is added.
//
// The thread is locked to the goroutine, so that what it starts is in its namespace.
func (b *bench) fresh() error {
	if b.names != nil {
		b.names.Close()
	}
	if b.loaded != empty {
		if _, err := b.launcher.run(b.reference.path, job{commands: [][]string{{"-C"}}}, os.DevNull); err != nil {
			return err
		}
	}
	b.loaded = empty
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("new network namespace: %w", err)
	}
	if err := kernel.LoopbackUp(); err != nil {
		return fmt.Errorf("lo: %w", err)
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:53")
	if err != nil {
		return err
	}
	b.names = conn
	go serveNames(conn)
	// The kernel takes the old namespace down in the background.
	time.Sleep(time.Second)
	return nil
}

// replaceEtc makes everybody ask the name server here.
func replaceEtc(dir string) error {
	for path, text := range map[string]string{
		"/etc/resolv.conf": "nameserver 127.0.0.1\n",
		"/etc/hosts":       "127.0.0.1 localhost\n",
		// As Debian has it.
		"/etc/nsswitch.conf": "hosts: files dns\nnetworks: files\nprotocols: db files\nservices: db files\n",
	} {
		if err := replaceFile(dir, path, text); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile puts a file over another, for this mount namespace.
func replaceFile(dir, path, text string) error {
	file := filepath.Join(dir, filepath.Base(path))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount over %s: %w", path, err)
	}
	return nil
}
