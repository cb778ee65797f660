// SPDX-License-Identifier: Apache-2.0

// The program between stands in for ipvsadm, ipvsadm-save and ipvsadm-restore: it runs the program of its name in
// [Programs], passes on what that prints, and notes the call. With a fault planted, it does what a faulty ipvsadm would.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Places of the root of a client.
const (
	programs  = "/run/between/programs"
	callsFile = "/run/between/calls"
	faultFile = "/run/between/fault"
)

// A call is one line of the file of calls.
type call struct {
	Words []string `json:"words"`
	Code  int      `json:"code"`
}

func main() {
	code, err := run(os.Args)
	if err == nil {
		err = note(call{append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...), code})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "between:", err)
		os.Exit(125)
	}
	os.Exit(code)
}

// run does what is asked for and returns the exit code.
func run(args []string) (int, error) {
	f, err := readFault(faultFile)
	if err != nil {
		return 0, err
	}
	if f.swallows(args[1:]) {
		return 0, nil
	}
	cmd := &exec.Cmd{Path: filepath.Join(programs, filepath.Base(args[0])), Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	var out bytes.Buffer
	if f != (fault{}) {
		cmd.Stdout = &out
	}
	if f.server != "" && restores(args) {
		rules, err := io.ReadAll(os.Stdin)
		if err != nil {
			return 0, err
		}
		cmd.Stdin = strings.NewReader(f.change(string(rules)))
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	if _, err := os.Stdout.WriteString(f.change(out.String())); err != nil {
		return 0, err
	}
	return exitCode(cmd.ProcessState), nil
}

// restores reports whether a call reads rules.
func restores(args []string) bool {
	return filepath.Base(args[0]) == "ipvsadm-restore" || slices.Contains(args, "-R") || slices.Contains(args, "--restore")
}

// exitCode is the code a shell would give.
func exitCode(state *os.ProcessState) int {
	if status := state.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// note adds a line to the file of calls.
func note(c call) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(callsFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	return errors.Join(err, file.Close())
}
