// SPDX-License-Identifier: Apache-2.0

// Guest is process 1 of an emulated machine: it makes the system ready, runs the jobs and powers off.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernels/frame"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
	}
	unix.Sync()
	err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	fmt.Fprintln(os.Stderr, "guest: power off:", err)
	select {}
}

func run() error {
	var jobs frame.Jobs
	text, err := os.ReadFile(frame.JobsFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &jobs); err != nil {
		return fmt.Errorf("%s: %w", frame.JobsFile, err)
	}
	if err := mounts(); err != nil {
		return err
	}
	now := unix.NsecToTimeval(jobs.Now.UnixNano())
	if err := unix.Settimeofday(&now); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	if err := setUp(jobs.Modules); err != nil {
		return err
	}
	port, err := openPort()
	if err != nil {
		return err
	}
	w := &watcher{port: port}
	err = w.work(jobs.Jobs)
	done := frame.Frame{Kind: frame.Done}
	if err != nil {
		done.Text = []byte(err.Error())
	}
	w.send(done)
	// The watcher ends the machine, once it has read all.
	time.Sleep(time.Minute)
	return err
}

// A watcher writes frames to whoever watches the machine.
type watcher struct {
	mu   sync.Mutex
	port *os.File
}

func (w *watcher) send(f frame.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := frame.Write(w.port, f); err != nil {
		fmt.Fprintln(os.Stderr, "guest: the port:", err)
	}
}

// work runs the jobs, one after the other.
func (w *watcher) work(jobs []frame.Job) error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return err
	}
	w.send(frame.Frame{Kind: frame.Hello, Text: []byte(unix.ByteSliceToString(name.Release[:]))})
	go func() {
		for range time.Tick(frame.Interval) {
			w.send(frame.Frame{Kind: frame.Alive})
		}
	}()
	for i := range jobs {
		code, err := w.job(i, &jobs[i])
		if err != nil {
			return fmt.Errorf("job %d: %w", i, err)
		}
		w.send(frame.Frame{Kind: frame.Exit, Job: i, Text: fmt.Append(nil, code)})
	}
	return nil
}

// job runs one job and returns its exit code.
func (w *watcher) job(i int, job *frame.Job) (int, error) {
	cmd := exec.Command(job.Args[0], job.Args[1:]...)
	cmd.Dir = job.Dir
	cmd.Env = append(environment, job.Env...)
	cmd.Stdout = output{w, frame.Stdout, i}
	cmd.Stderr = output{w, frame.Stderr, i}
	cmd.WaitDelay = 10 * time.Second // for what the job has left running and holds its output open
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	// A program in Go shows by this signal where it hangs.
	asked := time.AfterFunc(job.Timeout, func() { _ = unix.Kill(cmd.Process.Pid, unix.SIGQUIT) })
	killed := time.AfterFunc(job.Timeout+10*time.Second, func() { _ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	_ = cmd.Wait() // the code has it all
	asked.Stop()
	killed.Stop()
	_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		return code, nil
	}
	return 128 + int(cmd.ProcessState.Sys().(unix.WaitStatus).Signal()), nil
}

// An output sends what a job writes.
type output struct {
	*watcher
	kind frame.Kind
	job  int
}

func (o output) Write(text []byte) (int, error) {
	o.send(frame.Frame{Kind: o.kind, Job: o.job, Text: text})
	return len(text), nil
}
