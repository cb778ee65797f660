// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernels/frame"
)

// exec runs a program on a machine of this computer's architecture, as scripts/kernel does, and returns its exit code. It
// finds itself and the module's files where they are here, and the files that variables of the tests lead to.
func (b *bed) exec(r *run, words []string) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	work, err := os.MkdirTemp("", "ipvsadm-kernels-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	t := make(tree)
	if err := b.module.addSources(t, strings.TrimPrefix(b.module.dir, "/")); err != nil {
		return 0, err
	}
	// A program may lie where a file of the guest's must not: in /tmp, which stays.
	if err := t.copyAll(words[0]); err != nil {
		return 0, err
	}
	job := frame.Job{Dir: b.dir, Args: words, Timeout: 24 * time.Hour}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if name != "KERNEL" && !strings.HasPrefix(name, "IPVSADM_") {
			continue
		}
		job.Env = append(job.Env, variable)
		if filepath.IsAbs(value) {
			if err := t.copyAll(value); err != nil {
				return 0, err
			}
		}
	}
	list := frame.Jobs{Modules: r.kernel.load(), Jobs: []frame.Job{job}}
	code := 1
	err = b.boots(r, func() error {
		return b.boot(r, work, t, list, func(f frame.Frame) (err error) {
			switch f.Kind {
			case frame.Stdout:
				_, err = os.Stdout.Write(f.Text)
			case frame.Stderr:
				_, err = os.Stderr.Write(f.Text)
			case frame.Exit:
				code, err = strconv.Atoi(string(f.Text))
			}
			return err
		})
	})
	return code, err
}

// copyAll adds a file of this computer, or a directory with what is in it, at the same place.
func (t tree) copyAll(path string) error {
	return filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = t.copyEntry(strings.TrimPrefix(name, "/"), name, d)
		}
		if err != nil {
			return fmt.Errorf("for the machine: %w", err)
		}
		return nil
	})
}

// copyEntry adds a regular file, a symbolic link or a directory of this computer, without what is in that.
func (t tree) copyEntry(name, from string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	mode := uint32(info.Mode().Perm())
	switch info.Mode().Type() {
	case 0:
		return t.copy(name, mode, from)
	case fs.ModeSymlink:
		to, err := os.Readlink(from)
		t.add(name, file{symlink | 0o777, []byte(to)})
		return err
	case fs.ModeDir:
		if info.Mode()&fs.ModeSticky != 0 {
			mode |= 0o1000
		}
		t.add(name, file{mode: directory | mode})
	}
	return nil
}
