// SPDX-License-Identifier: Apache-2.0

package kernel

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
)

// shareVar says which share of the work a kernel does: "NUMBER/KERNELS".
const shareVar = "IPVSADM_KERNEL_SHARE"

// HasShare reports whether [Spread] has started this test program.
func HasShare() bool { return os.Getenv(shareVar) != "" }

// Mine reports whether a piece of the work, by its number, is this kernel's. Without [Spread], all are.
func Mine(number uint64) bool {
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

// Spread is for use in TestMain, before [Main], in a program that has no share yet: it runs this test program in so many
// kernels at once, each with its share of the work, and returns the exit code for all of them. A kernel has one processor.
func Spread(kernels int) int {
	codes := make([]int, kernels)
	var running errgroup.Group
	for i := range codes {
		running.Go(func() error { codes[i] = share(i, kernels); return nil })
	}
	_ = running.Wait()
	return slices.Max(codes)
}

// share runs this test program with a share of the work and returns its exit code.
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
