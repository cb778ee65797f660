// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A job is what one measurement runs: commands, one after the other.
type job struct {
	commands [][]string // without the program
	stdin    string     // a path; empty for nothing
	table    string     // path of a connection table; empty for the kernel's
}

// A usage is what a job used.
type usage struct {
	elapsed, user, system time.Duration
	peak                  int64 // KiB, of the largest of its processes
}

func (u usage) String() string {
	return fmt.Sprintf("%s (user %s, system %s), %s", seconds(u.elapsed), seconds(u.user), seconds(u.system), mebibytes(u.peak))
}

// A launcher runs jobs, by the program in launch.
type launcher struct {
	path string
	dir  string // for files of its own
}

// run runs the job by the program, its output into a file. A message or an exit
// code other than 0 is an error.
func (l *launcher) run(program string, j job, stdout string) (usage, error) {
	u, err := l.start(program, j, stdout)
	if err != nil {
		return u, fmt.Errorf("%s %s: %w", program, strings.Join(j.commands[0], " "), err)
	}
	return u, nil
}

func (l *launcher) start(program string, j job, stdout string) (usage, error) {
	var u usage
	out, err := os.OpenFile(stdout, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return u, err
	}
	defer out.Close()
	// Messages go to a file: nobody has to run while the job does.
	messages, err := os.Create(filepath.Join(l.dir, "messages"))
	if err != nil {
		return u, err
	}
	defer messages.Close()

	requestRead, requestWrite, err := os.Pipe()
	if err != nil {
		return u, err
	}
	defer requestRead.Close()
	reportRead, reportWrite, err := os.Pipe()
	if err != nil {
		requestWrite.Close()
		return u, err
	}
	defer reportRead.Close()

	cmd := exec.Command(l.path)
	cmd.Stdout, cmd.Stderr = out, messages
	cmd.Env = append(os.Environ(), "GODEBUG=disablethp=1")
	cmd.ExtraFiles = []*os.File{requestRead, reportWrite}
	if j.table != "" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	}
	if j.stdin != "" {
		in, err := os.Open(j.stdin)
		if err != nil {
			requestWrite.Close()
			reportWrite.Close()
			return u, err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	err = cmd.Start()
	reportWrite.Close()
	if err != nil {
		requestWrite.Close()
		return u, err
	}
	_, err = requestWrite.Write(j.request(program))
	requestWrite.Close()
	report, readErr := io.ReadAll(reportRead)
	if err = errors.Join(err, readErr, cmd.Wait()); err == nil {
		u, err = parseReport(report)
	}
	text, readErr := os.ReadFile(messages.Name())
	if len(text) > 0 {
		err = errors.Join(err, fmt.Errorf("it said: %s", bytes.TrimSpace(text)))
	}
	return u, errors.Join(err, readErr)
}

// request returns the job in the form that the program in launch reads.
func (j job) request(program string) []byte {
	b := append([]byte(j.table), '\n')
	for _, words := range j.commands {
		for _, word := range append([]string{program, "ipvsadm"}, words...) {
			b = append(append(b, word...), 0)
		}
		b = append(b, '\n')
	}
	return b
}

// parseReport reads what the program in launch says.
func parseReport(report []byte) (usage, error) {
	var elapsed, user, system, peak int64
	var status int
	if _, err := fmt.Sscan(string(report), &elapsed, &user, &system, &peak, &status); err != nil {
		return usage{}, fmt.Errorf("report: %w", err)
	}
	u := usage{time.Duration(elapsed), time.Duration(user), time.Duration(system), peak}
	if status != 0 {
		return u, fmt.Errorf("exit code %d", status)
	}
	return u, nil
}
