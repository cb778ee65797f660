// Bench times ipvsadm and the reference at the same work on the same kernel, and
// prints the times as a table. It changes the table of the network namespace that
// it runs in, and files in /etc of the mount namespace: scripts/bench runs it in
// namespaces of its own, or as process 1 of a kernel of its own.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
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
	reference := flags.String("reference", "/usr/sbin/ipvsadm", "the reference")
	ours := flags.String("ours", "", "ours")
	launch := flags.String("launch", "", "the program that starts both")
	machine := flags.String("machine", "", "what the machine is, for the table")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := chooseCases(*list)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ipvsadm-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := prepare(dir); err != nil {
		return err
	}
	b := &bench{
		reference: program{"reference", *reference}, ours: program{"ours", *ours},
		runs: *runs, referenceRuns: *referenceRuns,
		launcher: &launcher{*launch, dir}, dir: dir, log: log,
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

// prepare makes the namespace ready: an interface for 127.0.0.1, and a name server
// there that everybody asks.
func prepare(dir string) error {
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("lo: %w", err)
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:53")
	if err != nil {
		return err
	}
	go serveNames(conn)
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

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifreq, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifreq.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifreq)
}
