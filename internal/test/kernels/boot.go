// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernels/frame"
)

// patience is how long a machine may take to boot; silence, how long none of it may be heard after that.
const (
	patience = 4 * time.Minute
	silence  = 2 * time.Minute
)

// errHangs means that a machine did not boot, or has stopped.
var errHangs = errors.New("the machine hangs")

// boot boots a kernel with a file system, calls each for the frames that come from it, and returns how long processors have
// worked for it. dir is for files.
func boot(ctx context.Context, m *machine, image, initramfs, dir string, each func(frame.Frame) error) (time.Duration, error) {
	listener, err := net.Listen("unix", dir+"/port")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	log, err := os.Create(dir + "/qemu")
	if err != nil {
		return 0, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, m.arch.qemu, qemuWords(m, image, initramfs, dir)...)
	cmd.Stdout, cmd.Stderr = log, log
	// The machine ends with us. The signal goes by thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	err = watch(listener, ended, each)
	_ = cmd.Process.Kill()
	<-ended
	busy := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	switch {
	case ctx.Err() != nil:
		return busy, context.Cause(ctx)
	case err != nil:
		return busy, fmt.Errorf("%w\n%s%s", err, tail(dir+"/qemu"), tail(dir+"/console"))
	}
	return busy, nil
}

// watch reads frames up to the last.
func watch(listener net.Listener, ended <-chan struct{}, each func(frame.Frame) error) error {
	go func() { <-ended; listener.Close() }()
	conn, err := listener.Accept()
	if err != nil {
		return errors.New("qemu ends at once")
	}
	defer conn.Close()
	wait := patience
	for {
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return err
		}
		f, err := frame.Read(conn)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errHangs
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: it ended before its jobs did", errHangs)
		case err != nil:
			return err
		case f.Kind == frame.Done && len(f.Text) > 0:
			return fmt.Errorf("the machine: %s", f.Text)
		case f.Kind == frame.Done:
			return nil
		}
		wait = silence
		if f.Kind == frame.Alive {
			continue
		}
		if err := each(f); err != nil {
			return err
		}
	}
}

// qemuWords are the words of qemu's command line.
func qemuWords(m *machine, image, initramfs, dir string) []string {
	parameters := []string{"console=" + m.arch.console, "quiet", "panic=-1", "oops=panic"}
	if m.arch == amd64 {
		// Emulated, the string instructions go byte by byte.
		parameters = append(parameters, "clearcpuid=erms,rep_good,fsrm")
	}
	return append(m.arch.machine[:len(m.arch.machine):len(m.arch.machine)],
		"-no-user-config", "-nodefaults", "-display", "none", "-no-reboot",
		"-kernel", image, "-initrd", initramfs, "-append", strings.Join(parameters, " "),
		"-chardev", "file,id=console,path="+dir+"/console",
		"-chardev", "socket,id=port,path="+dir+"/port",
		"-device", "virtio-serial-"+m.arch.bus,
		"-device", "virtserialport,chardev=port",
		m.arch.serial[0], m.arch.serial[1])
}

// tail is the end of a text file.
func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	const most = 4000
	return string(text[max(0, len(text)-most):])
}
