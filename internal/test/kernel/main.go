// SPDX-License-Identifier: Apache-2.0

// Package kernel runs tests in a Linux kernel of their own, with IPVS, which scripts/kernel boots.
//
// A package of tests asks for it in its TestMain:
//
//	func TestMain(m *testing.M) { kernel.Main(m) }
//
// On the host, Main runs the same test program with the same arguments in the test kernel, and ends
// with its exit code. There, Main runs the tests, as root. A kernel that does not boot fails the tests.
//
// IPVS has a table for each network namespace. [NewNamespace] gives a test one of its own.
package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const (
	guestVar = "IPVSADM_KERNEL"     // set by scripts/kernel in the guest
	binVar   = "IPVSADM_KERNEL_BIN" // the directory of the programs that Main built
	memory   = "512M"               // of the test kernel

	// kernelVar names the kernel to boot instead of user-mode Linux: see the package kernels.
	kernelVar = "KERNEL"
)

// Main is for use in TestMain: it runs the tests in the test kernel, and does not return. Before it
// boots, it builds the programs, given as packages relative to the module's root ("./cmd/ipvsadm"), as
// they are shipped: static. [Program] has their paths.
func Main(m *testing.M, programs ...string) {
	if Inside() {
		if err := CheckReference(Reference); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		LoadNamespaced()
		os.Exit(m.Run())
	}
	code, err := boot(programs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot run the tests in a kernel:", err)
		code = 1
	}
	os.Exit(code)
}

// Install is for use in TestMain, before Main: it installs Debian packages on the host, of pairs of a program and its
// package ("zsh=zsh"), where the program is missing. If it cannot, the tests fail.
func Install(pairs ...string) {
	if Inside() {
		return
	}
	root, err := Root()
	if err == nil {
		script := `fail() { echo "$*" >&2; exit 1; }; . scripts/needs.sh; need "$@"`
		cmd := exec.Command("bash", append([]string{"-c", script, "bash"}, pairs...)...)
		cmd.Dir = root
		cmd.Stderr = os.Stderr
		err = cmd.Run()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "cannot install %v: %v\n", pairs, err)
		os.Exit(1)
	}
}

// Fetch is for use in TestMain, before Main: it runs a script of the project on the host and puts what that prints into a
// variable of the environment, also of the test kernel. If it cannot, the tests fail.
func Fetch(variable, script string) {
	if Inside() {
		return
	}
	root, err := Root()
	var out []byte
	if err == nil {
		cmd := exec.Command(filepath.Join(root, script))
		cmd.Stderr = os.Stderr
		out, err = cmd.Output()
	}
	if err == nil {
		err = os.Setenv(variable, strings.TrimSpace(string(out)))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", script, err)
		os.Exit(1)
	}
}

// Inside reports whether this runs in the test kernel.
func Inside() bool { return os.Getenv(guestVar) != "" }

// Program is the path of a program that Main built.
func Program(name string) string {
	watchSources()
	return filepath.Join(os.Getenv(binVar), name)
}

// Root is the directory of the module, the one that has go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod in this directory or above")
		}
		dir = parent
	}
}

// boot runs this test program in the test kernel and returns its exit code.
func boot(programs []string) (int, error) {
	root, err := Root()
	if err != nil {
		return 0, err
	}
	bin, remove, err := TempDir("ipvsadm-bin-")
	if err != nil {
		return 0, err
	}
	defer remove()
	if err := os.Chmod(bin, 0o755); err != nil { // for tests that drop root
		return 0, err
	}
	if err := build(root, bin, programs); err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}

	cmd, err := booter(root, bin)
	if err != nil {
		return 0, err
	}
	cmd.Args = append(append(cmd.Args, self), os.Args[1:]...)
	cmd.Env = append(os.Environ(), binVar+"="+bin)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return run(cmd)
}

// booter is the command that runs what follows in a kernel: user-mode Linux or, if the variable names one, a kernel of
// Debian's.
func booter(root, bin string) (*exec.Cmd, error) {
	name := os.Getenv(kernelVar)
	if name == "" {
		return exec.Command(filepath.Join(root, "scripts", "kernel"), "--mem", memory), nil
	}
	if err := build(root, bin, []string{"./internal/test/kernels"}); err != nil {
		return nil, err
	}
	return exec.Command(filepath.Join(bin, "kernels"), "-exec", name), nil
}

// run runs cmd and passes signals on to it, so that no kernel outlives us.
func run(cmd *exec.Cmd) (int, error) {
	// The parent-death signal goes by thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		for range signals {
			cmd.Process.Signal(syscall.SIGTERM)
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// build compiles the programs into the directory bin.
func build(root, bin string, programs []string) error {
	if len(programs) == 0 {
		return nil
	}
	ldflags, err := exec.Command(filepath.Join(root, "scripts", "ldflags")).Output()
	if err != nil {
		return fmt.Errorf("scripts/ldflags: %w", err)
	}
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags=" + string(bytes.TrimSpace(ldflags)), "-o", bin + "/"}, programs...)
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %v: %w\n%s", programs, err, out)
	}
	return nil
}

// watchSources reads the directories of the sources once. The go command notes which files of the module a
// test looks at, and repeats the test, rather than show a cached result, when they have changed.
var watchSources = sync.OnceFunc(func() {
	root, err := Root()
	if err != nil {
		return
	}
	for _, dir := range []string{"go.mod", "cmd", "pkg", "internal", "scripts", "completions", "packaging"} {
		filepath.WalkDir(filepath.Join(root, dir), func(string, os.DirEntry, error) error { return nil })
	}
})
