// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// patience is how long a call may take before it counts as hung.
const patience = time.Minute

// repeatedRule is the warning of a save, which the reference does not print.
var repeatedRule = regexp.MustCompile(`(?m)^warning: two entries print the same rule, .*\n`)

type command = func(ts *testscript.TestScript, neg bool, args []string)

// commands are those that cases have besides testscript's own, where program
// is run for ipvsadm.
func commands(program string) map[string]command {
	return map[string]command{
		"ipvsadm": func(ts *testscript.TestScript, neg bool, args []string) {
			usage(ts, !neg, "ipvsadm word...")
			c := run(ts, program, args)
			if !*record {
				c.stdout = kernel.AsReference(c.stdout)
				c.stderr = repeatedRule.ReplaceAllString(c.stderr, "")
			}
			appendCall(ts, c)
		},
		"bind":      cmdBind,
		"conntable": cmdConnTable,
		"listen":    cmdListen,
		"send":      cmdSend,
	}
}

func usage(ts *testscript.TestScript, ok bool, form string) {
	if !ok {
		ts.Fatalf("usage: %s", form)
	}
}

// run runs the program, under the name of ipvsadm.
func run(ts *testscript.TestScript, program string, args []string) call {
	c := call{words: args}
	if n := len(args) - 1; n >= 0 && strings.HasPrefix(args[n], "<") {
		c.words, c.input = args[:n], args[n][1:]
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Args = append([]string{"ipvsadm"}, c.words...)
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH")}
	if c.input != "" {
		cmd.Stdin = strings.NewReader(ts.ReadFile(c.input))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var failed *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &failed) {
		ts.Check(err)
	} else if !failed.Exited() {
		ts.Fatalf("ipvsadm %q: %v", c.words, err)
	}
	c.stdout, c.stderr, c.exit = stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
	return c
}

func appendCall(ts *testscript.TestScript, c call) {
	f, err := os.OpenFile(ts.MkAbs("transcript"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	ts.Check(err)
	_, err = f.WriteString(c.String())
	ts.Check(errors.Join(err, f.Close()))
}

func cmdBind(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "bind file target")
	ts.Check(bindFile(ts.MkAbs(args[0]), args[1]))
}

func cmdConnTable(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "conntable file")
	ts.Check(setConnTable([]byte(ts.ReadFile(args[0]))))
}
