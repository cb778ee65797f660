// SPDX-License-Identifier: Apache-2.0

// Kernels runs the tests in Debian's kernels, of several releases and architectures, which qemu boots.
//
//	kernels [-fetch] [-fresh] [-golden] [-short] [-jobs NAME,...] [-run REGEXP] [-document FILE] KERNEL,...
//	kernels -exec KERNEL PROGRAM [ARG...]
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	fetch := flag.Bool("fetch", false, "fetch the kernels, and run nothing")
	fresh := flag.Bool("fresh", false, "fetch again what is in the cache")
	core := flag.Bool("golden", false, "run the golden cases alone")
	brief := flag.Bool("short", false, "make, list, save and replace a table, and no more")
	again := flag.String("jobs", "", "run these jobs alone; the results of the others are those of the last time")
	only := flag.String("run", "", "run the end-to-end tests that match alone")
	document := flag.String("document", "", "the document that has the table")
	logs := flag.String("logs", cacheDir()+"/logs", "the directory for what the jobs write")
	exec := flag.Bool("exec", false, "run the program that follows the kernel's name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	b := &bed{ctx: ctx, fresh: *fresh, core: *core, short: *brief, again: *again, run: *only, logs: *logs, log: os.Stderr}
	code := 0
	err := b.prepare(flag.Arg(0))
	switch {
	case err != nil:
	case *exec:
		b.log = io.Discard
		code, err = b.exec(b.runs[0], flag.Args()[1:])
	case *fetch:
		for _, r := range b.runs {
			err = errors.Join(err, r.err)
		}
	default:
		err = test(b, *document)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		code = 1
	}
	os.Exit(code)
}

// prepare chooses machines by their names and fetches what they need.
func (b *bed) prepare(names string) error {
	if names == "all" {
		names = strings.Join(listNames(machines), ",")
	}
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	if b.dir, err = os.Getwd(); err != nil {
		return err
	}
	root, err := moduleRoot(b.dir)
	if err != nil {
		return err
	}
	b.module = &module{dir: root, gocmd: cmp.Or(os.Getenv("GO"), "go")}
	for i := range chosen {
		b.runs = append(b.runs, &run{machine: &chosen[i]})
	}
	if err := b.module.need(b.runs); err != nil {
		return err
	}
	for _, r := range b.runs {
		r.kernel, r.root, r.err = b.files(r.machine)
	}
	return nil
}

// test runs the machines and reports. Those that do all their jobs get their rows in the table of the document.
func test(b *bed, document string) error {
	b.attemptAll(runtime.NumCPU())
	if b.ctx.Err() != nil {
		return context.Cause(b.ctx)
	}
	var rows []row
	failed := 0
	for _, r := range b.runs {
		if r.failed() {
			failed++
			r.explain(os.Stderr)
		}
		rows = append(rows, r.row(time.Now()))
	}
	fmt.Print(table(rows))
	if document != "" && b.whole() {
		if err := update(document, rows); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d kernels fail; what they wrote is in %s", failed, len(b.runs), b.logs)
	}
	return nil
}

// whole reports whether machines do all their jobs.
func (b *bed) whole() bool { return !b.core && !b.short && b.run == "" }

// moduleRoot is the directory that has go.mod, dir or one above.
func moduleRoot(dir string) (string, error) {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == "/" {
			return dir, err
		}
	}
}
