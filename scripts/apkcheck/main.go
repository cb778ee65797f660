// SPDX-License-Identifier: Apache-2.0

// Command apkcheck stands in for apk where there is none: it reads packages of Alpine's format, checks the sums that
// apk checks when it installs one, and lists what is in them.
//
// A package is two gzip streams in a row: a tar archive of control files, without its end, and one of the files to
// install. The first has .PKGINFO, with the SHA-256 of the second as it stands; there, each file has its
// SHA-1 in its header.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	for _, name := range os.Args[1:] {
		if err := check(name); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

// check checks a package and prints its .PKGINFO and the paths of its files.
func check(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	control, data, err := split(b)
	if err != nil {
		return err
	}
	info, err := readInfo(control)
	if err != nil {
		return fmt.Errorf("reading the control files: %w", err)
	}
	fmt.Print(info)
	sum := sha256.Sum256(data)
	if want := "\ndatahash = " + hex.EncodeToString(sum[:]) + "\n"; !strings.Contains(info, want) {
		return fmt.Errorf("the data is not what .PKGINFO says: %s", want)
	}
	return list(data)
}

// split returns the two streams of a package.
func split(b []byte) (control, data []byte, err error) {
	r := bytes.NewReader(b)
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	z.Multistream(false)
	if _, err := io.Copy(io.Discard, z); err != nil {
		return nil, nil, err
	}
	end := len(b) - r.Len()
	return b[:end], b[end:], nil
}

func readInfo(control []byte) (string, error) {
	z, err := gzip.NewReader(bytes.NewReader(control))
	if err != nil {
		return "", err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err != nil {
			return "", err
		}
		if h.Name == ".PKGINFO" {
			b, err := io.ReadAll(t)
			return "\n" + string(b), err
		}
	}
}

// list checks the sums of the files and prints their paths.
func list(data []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the files: %w", err)
		}
		if h.Typeflag == tar.TypeReg {
			if err := checkFile(t, h); err != nil {
				return fmt.Errorf("%s: %w", h.Name, err)
			}
		}
		fmt.Println("/" + strings.TrimPrefix(h.Name, "/"))
	}
}

func checkFile(r io.Reader, h *tar.Header) error {
	sum := sha1.New()
	if _, err := io.Copy(sum, r); err != nil {
		return err
	}
	if got, want := hex.EncodeToString(sum.Sum(nil)), h.PAXRecords["APK-TOOLS.checksum.SHA1"]; got != want {
		return fmt.Errorf("its SHA-1 is %s, not %q", got, want)
	}
	return nil
}
