// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

// listFile has what a directory of the cache was made from.
const listFile = "list"

// cached returns a directory of the cache. If it does not exist, is old or was made from another list, make fills it.
func cached(name string, list []string, fresh bool, make func(dir string) error) (string, error) {
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
	text := strings.Join(list, "\n")
	if err == nil && !fresh && time.Since(info.ModTime()) < old {
		if had, err := os.ReadFile(filepath.Join(dir, listFile)); err == nil && string(had) == text {
			return dir, nil
		}
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
	if err := os.WriteFile(filepath.Join(work, listFile), []byte(text), 0o644); err != nil {
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
