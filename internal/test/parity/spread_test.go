// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// shareVar says which of the cases a kernel runs: "NUMBER/KERNELS".
const shareVar = "IPVSADM_PARITY_SHARE"

// mine reports whether this kernel runs a case.
func mine(number uint64) bool {
	share, kernels, ok := strings.Cut(os.Getenv(shareVar), "/")
	if !ok {
		return true
	}
	n, err1 := strconv.ParseUint(share, 10, 64)
	of, err2 := strconv.ParseUint(kernels, 10, 64)
	if err := errors.Join(err1, err2); err != nil || of == 0 {
		panic(fmt.Sprint(shareVar, ": ", os.Getenv(shareVar)))
	}
	return number%of == n
}

// spread runs this test program in so many kernels at once, each with its share of the cases, and returns
// the exit code for all of them.
func spread(kernels int) int {
	dir, remove, err := kernel.TempDir("ipvsadm-parity-")
	if err == nil {
		defer remove()
		err = buildServers(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot build what the tests need:", err)
		return 1
	}
	codes := make([]int, kernels)
	var running errgroup.Group
	for i := range codes {
		running.Go(func() error { codes[i] = share(i, kernels); return nil })
	}
	_ = running.Wait()
	return slices.Max(codes)
}

// share runs this test program with a share of the cases and returns its exit code.
func share(number, kernels int) int {
	// The parent-death signal goes by thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d/%d", shareVar, number, kernels))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
