// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// cacheDir is where fetched things are kept, as in scripts/needs.sh.
func cacheDir() string {
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home := os.Getenv("HOME")
		if home == "" {
			home = "/tmp"
		}
		base = home + "/.cache"
	}
	return base + "/ipvsadm-go/kernels"
}

// old is the age from which what was fetched is fetched again: suites get new kernels.
const old = 7 * 24 * time.Hour

// cached returns a directory of the cache. If it does not exist, or is old, make fills it.
func cached(name string, fresh bool, make func(dir string) error) (string, error) {
	dir := filepath.Join(cacheDir(), name)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(dir + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	info, err := os.Stat(dir)
	if err == nil && !fresh && time.Since(info.ModTime()) < old {
		return dir, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(name)+".new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := make(work); err != nil {
		return "", err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return "", err
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.Rename(work, dir)
}

// lock keeps other processes out, until the function is called that it returns.
func lock(name string) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
