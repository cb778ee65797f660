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
		if !strings.HasPrefix(name, "IPVSADM_") {
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

// copyAll adds a file of this computer, or a directory with its files, at the same place.
func (t tree) copyAll(path string) error {
	return filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		if err := t.copy(strings.TrimPrefix(name, "/"), uint32(info.Mode().Perm()), name); err != nil {
			return fmt.Errorf("for the machine: %w", err)
		}
		return nil
	})
}
