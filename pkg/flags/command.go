// SPDX-License-Identifier: Apache-2.0

// Package flags parses command lines of ipvsadm. It turns words into a [Command], a
// plain value that describes everything to do. Tables define the words: options
// and their values in options.go, and which command accepts which options in
// commands.go.
package flags

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Kind is what a command line asks for.
type Kind uint8

// The kinds of command lines.
const (
	None       Kind = iota // the first word is not a command
	Change                 // a change: -A, -E, -D, -C, -Z, -a, -e, -d, --set, --start-daemon, --stop-daemon
	List                   // -L
	Part                   // a change of the selected services: -C or -Z with -4, -6, --vip or --marks
	Restore                // -R
	Save                   // -S
	Help                   // -h
	Version                // -v
	Build                  // --build
	Schedulers             // --schedulers
	Sysctl                 // --sysctl, -S --sysctl
	Drain                  // -D or -d with --drain
	Check                  // --check
	Completion             // --complete
)

// A Subject is what a listing shows.
type Subject uint8

// The subjects of listings.
const (
	Table       Subject = iota // services and their destinations
	Connections                // -c
	Timeouts                   // --timeout
	Daemons                    // --daemon
)

// A Command is a parsed and checked command line.
type Command struct {
	Kind Kind

	Change    ipvsnl.Change // of a Change; of a Part, for each service whose key is to be filled in; of a Drain, the deletion
	Draining  Draining      // of a Drain
	Listing   Listing       // of a List; of a Save, only Numeric; of Schedulers and Sysctl, only JSON; of a Check, these two
	Saving    Saving        // of a Save
	Restoring Restoring     // of a Restore
	Sysctls   Sysctls       // of a Sysctl
	Checking  Checking      // of a Check

	Oddities Oddities      // of a Change
	Named    ipvsnl.Fields // of an OpSetService or OpSetDestination, what the options name

	Filter    Filter    // of a List of connections
	Selection Selection // of a Part, a Save, and a List of services

	// Line is the line that a Completion is about, from the name of the program to the word to complete.
	Line []string

	// Service is the service that a List, Save or Check is about, if OneService is true;
	// otherwise it is about all.
	Service    ipvsnl.ServiceKey
	OneService bool

	// Server is the destination of that service that a List is about, with port 0 for all that have its address;
	// the zero value stands for all.
	Server netip.AddrPort

	// Wait is for how many seconds -R or -C waits for another one to end. WaitGiven
	// reports whether the command line has it.
	Wait      uint32
	WaitGiven bool

	// NetNS is the network namespace to work in, a name or, if it contains a slash,
	// a path. It is empty for the caller's own.
	NetNS string
}

// Lists reports whether a List of services is about a destination of a service that it is about.
func (c *Command) Lists(destination netip.AddrPort) bool { return covers(&c.Server, &destination) }

// A Listing describes the form of a listing.
type Listing struct {
	Subject        Subject
	Stats          bool
	Rate           bool
	Thresholds     bool
	PersistentConn bool
	TunnelInfo     bool
	Numeric        bool
	Exact          bool
	NoSort         bool
	SortBy         string // the column by which to sort in descending order; empty for none
	Watch          uint32 // how many seconds to wait before listing again; 0 for no more than once
	JSON           bool   // implies Numeric
	Metrics        bool   // as metrics of Prometheus; implies Numeric
	Wide           bool   // columns are as wide as they need to be
	Total          bool   // with sums
	Color          Color
	Count          bool // connections are only counted
	Origin         bool // connections are listed with their origins
}

// A Saving is what a Save writes in addition to plain rules, and how it
// reads them.
type Saving struct {
	Thresholds bool
	Timeouts   bool
	Daemons    bool
	Stable     bool // until two readings agree
}

// A Restoring describes how rules are applied.
type Restoring struct {
	Replace bool // the table is changed into theirs, with as few changes as possible
	Only    bool // of the table, only the services that they name
	DryRun  bool // they are only checked
}

// Sysctls are the words of --sysctl.
type Sysctls struct {
	Set  []SysctlValue // those to set
	List []string      // the names of those to list; if there are none to set either, all are listed
	Save bool          // those that are not at their default are written as sysctl.d(5) has them
}

// A SysctlValue is a value for a sysctl.
type SysctlValue struct{ Name, Value string }

// Exit codes that errors carry.
const (
	ExitUsage   = 1   // a wrapper printed its usage
	ExitFault   = 2   // the meaning of the command line has a fault
	ExitRefused = 255 // no command, or an option that does not exist
)

// An Error is the reason why words are not a valid command.
type Error struct {
	// Text is the message, without its final newline. It is empty where the user
	// is told how to get help instead.
	Text string

	// Exit is the exit code: ExitUsage, ExitFault or ExitRefused.
	Exit int

	// Ends reports whether a restore ends at a line with this error.
	Ends bool

	// Fault is what is wrong, for those who explain it; Word is the word at fault, or the part of it, and Want what may
	// be there instead.
	Fault      Fault
	Word, Want string

	words []string // the command line, if it has no command
}

func (e *Error) Error() string {
	if e.Text == "" {
		return "no command"
	}
	return e.Text
}

// ErrNested is the error of a restore within a restore.
var ErrNested error = &Error{Exit: ExitRefused, Ends: true, Fault: Nested}

// fault returns the error of a line whose meaning has a fault.
func fault(text string) error { return faultOf(text, Unexplained, "", "") }

// faultOf returns the same with an explanation.
func faultOf(text string, f Fault, word, want string) error {
	return &Error{Text: text, Exit: ExitFault, Ends: true, Fault: f, Word: word, Want: want}
}
