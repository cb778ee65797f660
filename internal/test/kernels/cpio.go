// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// A tree is what a machine finds in its file system: files by path, without a slash in front.
type tree map[string]file

// A file is one of a tree.
type file struct {
	mode uint32 // as stat(2) has it
	data []byte // of a symbolic link, where it leads
}

// The types of files, as stat(2) has them.
const (
	directory = 0o040000
	regular   = 0o100000
	symlink   = 0o120000
	device    = 0o020000
)

// add puts a file into the tree, and the directories that it is in.
func (t tree) add(name string, f file) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := t[dir]; ok {
			break
		}
		t[dir] = file{mode: directory | 0o755}
	}
	t[name] = f
}

// write adds a regular file.
func (t tree) write(name string, mode uint32, data string) {
	t.add(name, file{regular | mode, []byte(data)})
}

// copy adds a file of this machine.
func (t tree) copy(name string, mode uint32, from string) error {
	data, err := os.ReadFile(from)
	if err == nil {
		t.add(name, file{regular | mode, data})
	}
	return err
}

// cpio writes the tree as the kernel reads it at boot. All files are root's.
func (t tree) cpio(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<20)
	for i, name := range slices.Sorted(maps.Keys(t)) {
		record(w, i+1, name, t[name])
	}
	record(w, 0, "TRAILER!!!", file{})
	return w.Flush()
}

// record writes a file, or what ends an archive. Errors stay with w.
func record(w *bufio.Writer, number int, name string, f file) {
	major, minor := 0, 0
	if f.mode&^0o7777 == device {
		major, minor = 5, 1 // the console, the only one
	}
	fmt.Fprintf(w, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		number, f.mode, 0, 0, 1, 0, len(f.data), 0, 0, major, minor, len(name)+1, 0, name)
	pad(w, 110+len(name)+1)
	w.Write(f.data)
	pad(w, len(f.data))
}

// pad fills up what was written to a multiple of 4.
func pad(w *bufio.Writer, size int) { w.WriteString(strings.Repeat("\x00", -size&3)) }
