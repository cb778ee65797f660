// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"strings"
)

// unpack calls keep for each file of a package. What keep does not read is left out.
func unpack(deb string, keep func(name string, head *tar.Header, data io.Reader) error) error {
	cmd := exec.Command("dpkg-deb", "--fsys-tarfile", deb)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = eachFile(tar.NewReader(out), keep)
	if err != nil {
		_ = cmd.Process.Kill()
	}
	if wait := cmd.Wait(); err == nil {
		err = wait
	}
	if err != nil {
		return fmt.Errorf("unpack %s: %w: %s", deb, err, stderr.String())
	}
	return nil
}

func eachFile(from *tar.Reader, keep func(name string, head *tar.Header, data io.Reader) error) error {
	for {
		head, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := keep(merged(path.Clean(head.Name)), head, from); err != nil {
			return err
		}
	}
}

// merged is where a file is on a system whose /bin, /sbin and /lib lead into /usr.
func merged(name string) string {
	for _, dir := range []string{"bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/"} {
		if strings.HasPrefix(name, dir) {
			return "usr/" + name
		}
	}
	return name
}

// decompressed returns what xz, or zstd, has compressed.
func decompressed(name string, data []byte) (string, []byte, error) {
	for suffix, program := range map[string]string{".xz": "xz", ".zst": "zstd"} {
		short, ok := strings.CutSuffix(name, suffix)
		if !ok {
			continue
		}
		cmd := exec.Command(program, "-dcq")
		cmd.Stdin = bytes.NewReader(data)
		out, err := cmd.Output()
		if err != nil {
			return "", nil, fmt.Errorf("%s of %s: %w", program, name, err)
		}
		return short, out, nil
	}
	return name, data, nil
}
