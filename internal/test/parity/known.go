// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A knownDifference is a row of the table of those that are meant: what the reference gets wrong.
type knownDifference struct {
	name string

	// input, if set, changes the call that the reference gets.
	input func(c *Case, call Call) Call

	// expect, if set, returns what is expected of us where the reference did want. It returns that
	// unchanged where the row does not apply.
	expect func(c *Case, call *Call, want, got kernel.Result) kernel.Result
}

// knownDifferences are all the differences there may be.
var knownDifferences = []knownDifference{
	{name: "a mark of 2^31 and more is printed unsigned", expect: unsignedMarks},
	{name: "a line of a restore that begins with # is skipped", input: withoutComments},
	{name: "the last line of a restore is run whatever it ends with", input: withNewline},
	{name: "an empty list of flags gets a message", expect: emptyFlags},
	{name: "a broken line in the connection table is reported and skipped", expect: withoutBroken},
	{name: "a save of which two entries print the same rule gets a warning", expect: warnedSave},
	{name: "counters on s390x, and long states of connections on s390x and arm64, are not spoilt", expect: spoilt},
	{name: "help and version have a text of their own, and need no IPVS", expect: helpText},
}

// additions are the words that the reference refuses and we take. Only what MakeDrawn adds to cases has them.
var additions = []string{
	"--all",
	"--build",
	"--check",
	"--client",
	"--color",
	"--complete",
	"--count",
	"--drain",
	"--dry-run",
	"--ensure",
	"--force",
	"--ipv4",
	"--json",
	"--keep",
	"--marks",
	"--metrics",
	"--netns",
	"--only",
	"--origin",
	"--probe",
	"--replace",
	"--schedulers",
	"--sort-by",
	"--stable",
	"--sysctl",
	"--total",
	"--vip",
	"--wait",
	"--watch",
	"--wide",
	"-4",
	"-j",
}

// refusals are what the reference says of options that it has, but does not take with a command that does so
// here. A case ends where it says one.
var refusals = []string{
	"Illegal 'service-address' option with the 'save' command\n",
	"Illegal 'timeout' option with the 'save' command\n",
	"Illegal 'daemon' option with the 'save' command\n",
	"Illegal 'thresholds' option with the 'save' command\n",
	"The option 'service-address' conflicts with the 'connection' option in the 'list' command\n",
	"Illegal 'real-server' option with the 'list' command\n",
}

// hexMark is what the reference says of a mark as iptables writes it.
var hexMark = regexp.MustCompile("invalid fwmark value `0[xX][0-9A-Fa-f]+' specified\n$")

func isRefusal(call *Call, stderr string) bool {
	return hexMark.MatchString(stderr) || slices.ContainsFunc(refusals, func(r string) bool { return strings.HasSuffix(stderr, r) }) ||
		strings.HasSuffix(stderr, "-6 used before -f\n\n") && selectsIPv6(call)
}

// selecting is a command that takes -6 without a mark.
var selecting = regexp.MustCompile(`(?m)(^|\s)(-[LlSZC]|--(list|save|zero|clear)(\s|$))`)

// selectsIPv6 reports whether a call may have such a command.
func selectsIPv6(call *Call) bool {
	return selecting.MatchString(strings.Join(call.Words, " ")) || selecting.MatchString(call.Stdin)
}

// toReference returns the call that the reference gets in place of c.
func toReference(c *Case, call *Call) Call {
	given := *call
	for _, row := range knownDifferences {
		if row.input != nil {
			given = row.input(c, given)
		}
	}
	return given
}

var (
	ruleMark    = regexp.MustCompile(`(?m)(^-[Aa] -f )(-\d+)`)
	listingMark = regexp.MustCompile(`(?m)^FWM  (-\d+)( IPv6)?( *)`)
)

func unsignedMarks(_ *Case, _ *Call, want, _ kernel.Result) kernel.Result {
	if !strings.Contains(want.Stdout, "-f -") && !strings.Contains(want.Stdout, "FWM  -") {
		return want
	}
	want.Stdout = ruleMark.ReplaceAllStringFunc(want.Stdout, func(s string) string {
		m := ruleMark.FindStringSubmatch(s)
		return m[1] + unsigned(m[2])
	})
	want.Stdout = listingMark.ReplaceAllStringFunc(want.Stdout, func(s string) string {
		m := listingMark.FindStringSubmatch(s)
		label := "FWM  " + unsigned(m[1]) + m[2]
		if len(m[3]) > 1 {
			return fmt.Sprintf("%-*s", len(s), label) // up to the column of counters
		}
		return label + m[3]
	})
	return want
}

// unsigned returns a number of 32 bits that was printed as a signed one.
func unsigned(s string) string {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return s
	}
	return strconv.FormatUint(uint64(uint32(n)), 10)
}

func withoutComments(_ *Case, call Call) Call {
	if !strings.Contains(call.Stdin, "#") {
		return call
	}
	var kept []string
	for line := range strings.Lines(call.Stdin) {
		if !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	call.Stdin = strings.Join(kept, "")
	return call
}

// withNewline ends the last line, which the reference does not run if it ends in more than one blank and no
// newline.
func withNewline(_ *Case, call Call) Call {
	if n := len(call.Stdin); n > 1 && strings.Trim(call.Stdin[n-2:], " \t\r") == "" {
		call.Stdin += "\n"
	}
	return call
}

const crashed = 128 + 11 // SIGSEGV

func emptyFlags(_ *Case, call *Call, want, got kernel.Result) kernel.Result {
	if want.Code != crashed {
		return want
	}
	for i, w := range call.Words {
		_, glued, _ := strings.Cut(w, "=")
		next := ""
		if i+1 < len(call.Words) {
			next = call.Words[i+1]
		}
		for _, list := range []string{glued, strings.TrimPrefix(w, "-b"), next} {
			if list != "" && strings.Trim(list, ",") == "" {
				return kernel.Result{Stderr: got.Stderr, Code: 2}
			}
		}
	}
	return want
}

// wholeConn is what a line of the connection table is. A string of C ends at a NUL.
var wholeConn = regexp.MustCompile(`^\s*[^\s\v\x00]+` +
	`([\s\v]+(0*[0-9A-Fa-f]{1,8}|([0-9a-f]{4}:){7}[0-9a-f]{4})[\s\v]+0*[0-9A-Fa-f]{1,4}){3}` +
	`[\s\v]+[^\s\v\x00]+[\s\v]+[+-]?[0-9]+([\s\v\x00]|$)`)

// withoutBroken drops what the reference shows for lines of the connection table that are broken.
func withoutBroken(c *Case, _ *Call, want, _ kernel.Result) kernel.Result {
	const heads = 2
	shown, table := strings.SplitAfter(want.Stdout, "\n"), strings.Split(strings.TrimSuffix(c.Files[connTable], "\n"), "\n")
	if !strings.HasPrefix(want.Stdout, "IPVS connection entries\n") || len(shown) != heads+len(table) {
		return want
	}
	kept := shown[:heads:heads]
	for i, line := range table[1:] {
		if wholeConn.MatchString(line) {
			kept = append(kept, shown[heads+i])
			continue
		}
		want.Stderr += fmt.Sprintf("%s: line %d: malformed entry\n", connTable, i+2)
		want.Code = 1
	}
	want.Stdout = strings.Join(kept, "")
	return want
}

var repeatedRule = regexp.MustCompile(`(?m)^warning: two entries print the same rule, of which only one can be restored: (.*); save with -n\n`)

// warnedSave adds the warning, if the reference prints the rule twice too.
func warnedSave(_ *Case, _ *Call, want, got kernel.Result) kernel.Result {
	m := repeatedRule.FindStringSubmatch(got.Stderr)
	if m != nil && strings.Count("\n"+want.Stdout, "\n"+m[1]+" ") > 1 && want.Stderr+m[0] == got.Stderr {
		want.Stderr = got.Stderr
	}
	return want
}

var stateOfConnection = regexp.MustCompile(`(?m)^\S+ +-?\d+:-?\d\d +(\S+)`)

// hasLongState reports whether a connection has a state that is longer than what the reference has room for on some
// machines: it shows the rest as other columns, or other columns as the rest.
func hasLongState(listing string) bool {
	room := kernel.StateRoom()
	return room > 0 && slices.ContainsFunc(stateOfConnection.FindAllStringSubmatch(listing, -1), func(m []string) bool {
		return len(m[1]) > room
	})
}

func spoilt(_ *Case, _ *Call, want, got kernel.Result) kernel.Result {
	if kernel.AsReference(got.Stdout) == want.Stdout || hasLongState(got.Stdout) {
		want.Stdout = got.Stdout
	}
	return want
}

func helpText(_ *Case, call *Call, want, got kernel.Result) kernel.Result {
	const head = "ipvsadm v1.31 "
	i := strings.Index(got.Stdout, head)
	if i < 0 {
		return want
	}
	if call.Nobody && want.Code == 2 {
		return got
	}
	j := strings.Index(want.Stdout, head)
	if j >= 0 {
		want.Stdout = want.Stdout[:j] + got.Stdout[i:]
	}
	return want
}
