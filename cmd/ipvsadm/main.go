// SPDX-License-Identifier: Apache-2.0

// Command ipvsadm administers IPVS, the load balancer of the
// Linux kernel. It accepts the command lines of ipvsadm 1.31 and prints the same
// output.
package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

func main() {
	ignoreBrokenPipes()
	end(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run runs a command line and returns its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return linux.run(args, stdin, stdout, stderr)
}

// run runs a command line on a system.
func (sys *system) run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	con := newConsole("ipvsadm", stdin, stdout, stderr)
	if len(args) > 0 {
		con.name, args = args[0], args[1:]
	}
	if w := flags.WrapperOf(filepath.Base(con.name)); w != nil {
		return sys.wrapper(con, w, args)
	}
	return newRunner(sys, con).run(args)
}
