// SPDX-License-Identifier: Apache-2.0

// Bench times ipvsadm and the reference at the same work on the same kernel, and
// prints the times as a table. It mounts files over those in /etc: scripts/bench
// runs it in a mount namespace of its own, or as process 1 of a kernel of its own.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

func main() {
	if os.Getpid() == 1 {
		guest()
		return
	}
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	list := flags.String("cases", "", "the cases to run, with commas, of "+caseNames())
	runs := flags.Int("runs", -1, "runs of ours in each case; -1 for what the case says")
	referenceRuns := flags.Int("reference-runs", -1, "runs of the reference in each case; -1 for what the case says")
	reference := flags.String("reference", "", "the reference, Debian's ipvsadm")
	ours := flags.String("ours", "", "ours")
	floor := flags.String("floor", "", "the program that does the least")
	floorRead := flags.Int("floor-read", leastRead, "the size of its reads")
	cat := flags.String("cat", "", "cat(1)")
	launch := flags.String("launch", "", "the program that starts the others")
	machine := flags.String("machine", "", "what the machine is, for the table")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := chooseCases(*list)
	if err != nil {
		return err
	}
	if err := kernel.CheckReference(*reference); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ipvsadm-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := replaceEtc(dir); err != nil {
		return err
	}
	runtime.LockOSThread()
	b := &bench{
		reference: program{"reference", *reference}, ours: program{"ours", *ours},
		floor: program{"floor", *floor}, cat: program{"cat", *cat}, floorRead: *floorRead,
		runs: *runs, referenceRuns: *referenceRuns,
		launcher: &launcher{*launch, dir}, dir: dir, log: log,
	}
	if err := b.fresh(); err != nil {
		return err
	}
	var results []result
	for _, c := range chosen {
		r, err := b.run(c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		results = append(results, r)
	}
	return writeTable(out, describe(*machine), results)
}

// describe says when and where the times were taken.
func describe(machine string) string {
	release := ""
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		release = ", Linux " + unix.ByteSliceToString(name.Release[:])
	}
	return fmt.Sprintf("%s, %s%s", time.Now().UTC().Format(time.DateOnly), machine, release)
}
