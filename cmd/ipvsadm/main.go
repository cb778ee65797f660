// Command ipvsadm sets up and lists the services of IPVS, the load balancer in the
// Linux kernel. It takes the command lines of ipvsadm 1.31 and prints what that
// prints.
package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/ipvsadm-go/ipvsadm/internal/names"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"golang.org/x/sys/unix"
)

func main() {
	ignoreBrokenPipes()
	end(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes besides those that errors of package flags carry.
const (
	exitDone    = 0
	exitListing = 1   // a listing failed, or could not be written
	exitNoIPVS  = 2   // there is no IPVS to be had
	exitChange  = 255 // the kernel refused a change

	// What ends by a signal has this and the signal's number, as a shell says it.
	exitSignal = 128
)

// run runs a command line and returns its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newApp(args, stdin, stdout, stderr).call(args[min(1, len(args)):])
}

// An app is one run of the command.
type app struct {
	ctx    context.Context
	name   string // the name it was called by
	stdin  io.Reader
	stdout *bufio.Writer
	output io.Writer // where stdout goes
	stderr io.Writer
	names  *names.Resolver
	netns  *namespace // nil for the caller's own
	client *ipvsnl.Client
	info   ipvsnl.Info

	wait uint32 // for how many seconds to wait for another restore or clear to end

	// checked has a restore check its whole input, clear the table and then run it.
	checked bool
}

func newApp(args []string, stdin io.Reader, stdout, stderr io.Writer) *app {
	ctx := context.Background()
	a := &app{
		ctx:    ctx,
		name:   "ipvsadm",
		stdin:  stdin,
		stdout: bufio.NewWriterSize(stdout, 64<<10),
		output: stdout,
		stderr: stderr,
		names:  names.New(ctx),
	}
	if len(args) > 0 {
		a.name = args[0]
	}
	// What is known is shown while names are waited for.
	a.names.Waiting = func() { _ = a.stdout.Flush() } // its error stays with the writer
	return a
}

// call runs the command that it was called as.
func (a *app) call(words []string) int {
	if w := flags.WrapperOf(filepath.Base(a.name)); w != nil {
		return a.wrapper(w, words)
	}
	return a.run(words)
}

// run runs the words of a command line. A mere check needs no kernel; for everything else IPVS
// has to be there before the words are looked at. Help and version are printed all the same, but
// scripts take their exit code for whether there is IPVS.
func (a *app) run(words []string) int {
	action := flags.First(words)
	code := exitDone
	switch action {
	case flags.Help:
		code = a.help()
	case flags.Version:
		code = a.version()
	}
	if err := a.openNetNS(flags.NetNS(words)); err != nil {
		a.complain(err.Error())
		return flags.ExitFault
	}
	defer a.netns.close()
	if a.onlyChecks(words) {
		return a.dryRun()
	}
	if err := a.open(); err != nil {
		a.complain("Can't initialize ipvs: " + message(err) + "\n" +
			"Are you sure that IP Virtual Server is built in the kernel or as module?")
		return exitNoIPVS
	}
	defer a.client.Close()
	if action == flags.Help || action == flags.Version {
		return code
	}
	c, err := flags.Parse(words, a.names)
	if err != nil {
		code, _ := a.reject(err)
		return code
	}
	a.wait = c.Wait
	if queue := changes[c.Action]; queue != nil {
		return a.change(&c, queue)
	}
	if c.Action == flags.Restore {
		return a.restoreAs(c.Restoring)
	}
	code, _ = a.show(&c)
	return code
}

// change runs a command that changes something.
func (a *app) change(c *flags.Command, queue func(*ipvsnl.Batch, *flags.Command)) int {
	if c.Action == flags.Clear {
		unlock, err := a.lock()
		if err != nil {
			return a.notLocked(err)
		}
		defer unlock()
	}
	batch := a.client.Batch()
	queue(batch, c)
	failures, err := batch.Send(a.ctx)
	if len(failures) > 0 {
		err = failures[0].Err
	}
	if err != nil {
		a.complain(message(err))
		return exitChange
	}
	return exitDone
}

// show runs a command that prints something. ends reports whether a restore ends with it.
func (a *app) show(c *flags.Command) (code int, ends bool) {
	switch c.Action {
	case flags.Help:
		return a.help(), true
	case flags.Version:
		return a.version(), true
	case flags.List:
		if c.Listing.Watch != 0 {
			return a.watch(c), true
		}
		return a.printed(a.list(c))
	}
	return a.printed(a.save(c))
}

// printed ends a command that prints, given its error. A restore ends with a command that failed,
// but not because its output is lost.
func (a *app) printed(err error) (code int, ends bool) {
	lost := a.stdout.Flush()
	switch {
	case err != nil && !errors.Is(err, lost):
		a.complain(message(err))
		return exitListing, true
	case lost != nil:
		return a.cannotWrite(lost), false
	}
	return exitDone, false
}

// reject says why words are no command.
func (a *app) reject(err error) (code int, ends bool) {
	var e *flags.Error
	errors.As(err, &e) // as every error of the package
	if e.Text == "" {
		a.hint()
	} else {
		a.complain(e.Text)
	}
	return e.Exit, e.Ends
}

// hint tells how to get help.
func (a *app) hint() {
	a.complain("Try `" + a.name + " -h' or '" + a.name + " --help' for more information.")
}

// cannotWrite says why stdout has not all that was to be written, unless it is that its reader has
// gone: a program ends by SIGPIPE then.
func (a *app) cannotWrite(err error) int {
	if errors.Is(err, unix.EPIPE) {
		return exitSignal + int(unix.SIGPIPE)
	}
	a.complain("cannot write: " + err.Error())
	return exitListing
}

// complain writes a message to stderr, behind all that stdout has been given.
func (a *app) complain(text string) {
	_ = a.stdout.Flush() // its error stays with the writer
	_, _ = io.WriteString(a.stderr, text+"\n")
}
