// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
)

// What can be wrong with a call that has additions.
const (
	referenceTakes   = "the reference takes an addition"
	referenceChanges = "the reference changes the table though it refuses"
	hangs            = "a call does not end"
	crashes          = "a call crashes"
	takesIllegal     = "an option is taken with a command that does not have it"
	changesRefused   = "a refused call changes the table"
	changesReading   = "a call that only reads changes the table"
	namesNothing     = "the message names no word at fault"
)

// An outcome is what a call did.
type outcome struct {
	kernel.Result
	before, after *table
}

func (o *outcome) changes() string { return diff(o.before.lines(), o.after.lines()) }

// drawn runs a call with additions with both programs, has the table be as it was, and returns what is wrong.
func (t *trial) drawn(ctx context.Context, i int) (*Difference, error) {
	t.calls++
	call := &t.Calls[i]
	if inLines(call) {
		return t.drawnLines(ctx, i)
	}
	want, err := t.outcome(ctx, t.reference, t.Reference, call)
	if err != nil {
		return nil, err
	}
	got, err := t.undone(ctx, t.Ours, call)
	if err != nil {
		return nil, err
	}
	d := &Difference{Call: i, Want: want.Result, Got: got.Result}
	switch changes := want.changes(); {
	case want.Code == 0:
		d.What = referenceTakes
	case changes != "":
		d.What, d.Table = referenceChanges, changes
	default:
		if d.What, err = t.judge(ctx, call, want, got); d.What == changesRefused || d.What == changesReading {
			d.Table = got.changes()
		}
	}
	return d, err
}

// inLines reports whether a call has additions in its lines alone.
func inLines(call *Call) bool {
	_, own := without(call.Words)
	return !own && call.Stdin != ""
}

// drawnAgain does what a call with additions has left to later ones, with our program in the reference's namespace.
func (t *trial) drawnAgain(ctx context.Context, call *Call) error {
	if !inLines(call) {
		return nil
	}
	rest := call.clone()
	rest.Stdin, _ = withoutLines(call.Stdin)
	_, _, err := t.reference.run(ctx, t.Ours, t.Case, &rest, t.anew)
	return err
}

// outcome runs a call.
func (t *trial) outcome(ctx context.Context, p *place, program *Program, call *Call) (*outcome, error) {
	before, err := readTable(ctx, p.client)
	if err != nil {
		return nil, err
	}
	given := *call
	if program == t.Reference {
		given = toReference(t.Case, call)
	}
	result, after, err := p.run(ctx, program, t.Case, &given, t.anew)
	return &outcome{result, before, after}, err
}

// undone runs a call in our place and takes back what it did.
func (t *trial) undone(ctx context.Context, program *Program, call *Call) (*outcome, error) {
	var settings map[string]string
	if sets(call) {
		var err error
		if settings, err = t.ours.settings(); err != nil {
			return nil, err
		}
	}
	o, err := t.outcome(ctx, t.ours, program, call)
	if err != nil {
		return nil, err
	}
	if settings != nil {
		if err := t.ours.setSettings(settings); err != nil {
			return nil, err
		}
	}
	if o.changes() == "" {
		return o, nil
	}
	return o, t.ours.setTable(ctx, o.after, o.before)
}

// sets reports whether a call may set sysctls. To read all of them takes as long as the call.
func sets(call *Call) bool {
	const word = "--sysctl"
	return slices.ContainsFunc(call.Words, func(w string) bool { return strings.HasPrefix(w, word) }) || strings.Contains(call.Stdin, word)
}

// judge returns what is wrong with what we did with a call, if anything is.
func (t *trial) judge(ctx context.Context, call *Call, want, got *outcome) (string, error) {
	if what := broken(call, got.Result); what != "" {
		return what, nil
	}
	changed := got.changes() != ""
	if got.Code == 0 || watches(call) && got.Code == ended {
		t.known["an addition is taken"]++
		switch {
		case illegal(call):
			return takesIllegal, nil
		case changed && reads(call):
			return changesReading, nil
		}
		return "", nil
	}
	t.known["an addition is refused"]++
	if changed && (reads(call) || !partial(call, got.Result)) {
		return changesRefused, nil
	}
	switch {
	case got.Stderr == "":
		return namesNothing, nil
	case got.Stderr == want.Stderr, names(call, got.Stderr), allLines(got.Stderr, fromKernel), got.Stderr == noServices:
		return "", nil
	}
	// The fault may be one that the reference has a message for, if it gets that far.
	bare := call.bare()
	o, err := t.undone(ctx, t.Reference, &bare)
	if err != nil || o.Code != 0 && explained(call, o.Stderr, got.Stderr) {
		return "", err
	}
	return namesNothing, nil
}

// bare returns the call without additions. A command of ours becomes a listing, which reads the values of other options
// as every command does.
func (c *Call) bare() Call {
	bare := c.clone()
	bare.Words, _ = without(c.Words)
	bare.Stdin = bareLines(c.Stdin)
	if command, _ := commandOf(c.Words); command != nil && isAddition(command) {
		bare.Words = append([]string{"-L"}, bare.Words...)
	}
	return bare
}

// explained reports whether each line of what we say of a call is one that the reference says too, is about the kernel,
// or names a word.
func explained(call *Call, want, got string) bool {
	return allLines(got, func(line string) bool {
		return strings.Contains("\n"+want, "\n"+line+"\n") || fromKernel(line) || names(call, line)
	})
}

// drawnLines runs a restore of which some lines have additions. The reference has to do the same as we do with the
// other lines alone, besides what it says of those.
func (t *trial) drawnLines(ctx context.Context, i int) (*Difference, error) {
	call := &t.Calls[i]
	got, err := t.undone(ctx, t.Ours, call)
	if err != nil {
		return nil, err
	}
	rest := call.clone()
	last := false
	rest.Stdin, last = withoutLines(call.Stdin)
	d, err := t.compare(ctx, i, call, &rest)
	if err != nil {
		return nil, err
	}
	d.Want.Stderr = refusedLine.ReplaceAllString(d.Want.Stderr, "")
	if last {
		d.Want.Code = d.Got.Code // that of the last line
	}
	if d.Table == "" {
		d.What = differs(d.Want, d.Got)
	}
	if sameLines(d) {
		d.What = ""
	}
	if d.What != "" {
		d.What += ", of the other lines"
		return d, nil
	}
	d.Got = got.Result
	if d.What = broken(call, got.Result); d.What != "" {
		return d, nil
	}
	t.known["lines have additions"]++
	if got.Code != 0 && got.Stderr == "" {
		d.What = namesNothing
		return d, nil
	}
	if explained(call, d.Want.Stderr, got.Stderr) {
		return d, nil
	}
	// The fault may be in a word after the addition, where the reference does not get.
	bare := call.clone()
	bare.Stdin = bareLines(call.Stdin)
	o, err := t.undone(ctx, t.Reference, &bare)
	if err == nil && !explained(call, o.Stderr, got.Stderr) {
		d.What = namesNothing
	}
	return d, err
}

// noServices is our message for missing lines.
const noServices = "the rules have no service, but the table does: to clear it, add -C to the rules\n"

// refusedLine is what the reference says of a line with an addition.
var refusedLine = regexp.MustCompile(`(?m)^-.*: unknown option\n`)

// withoutLines returns the lines of a stream that have no additions, and whether the last one has one.
func withoutLines(stream string) (rest string, last bool) {
	var b strings.Builder
	for line := range strings.Lines(stream) {
		if _, last = without(strings.Fields(line)); !last {
			b.WriteString(line)
		}
	}
	return b.String(), last
}

// bareLines returns the lines of a stream without their additions.
func bareLines(stream string) string {
	var b strings.Builder
	for line := range strings.Lines(stream) {
		if words, own := without(strings.Fields(line)); own {
			line = strings.Join(words, " ") + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// panics is what the Go runtime says of a program that it ends.
var panics = regexp.MustCompile(`(?m)^(panic: |fatal error: |runtime error: |goroutine \d+ .*\[)`)

const (
	killed = 128 + int(syscall.SIGKILL)
	ended  = 128 + int(syscall.SIGTERM)
)

// broken returns how a call ended as none may.
func broken(call *Call, got kernel.Result) string {
	switch {
	case got.Code == killed:
		return hangs
	case got.Code > 128 && got.Code < 255 && !(watches(call) && got.Code == ended), panics.MatchString(got.Stderr):
		return crashes
	}
	return ""
}

// hasOption reports whether one of the words is this option.
func hasOption(words []string, long string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return w == "--"+long || strings.HasPrefix(w, "--"+long+"=") })
}

// watches reports whether a call may go on until it is ended.
func watches(call *Call) bool { return call.Drawn && hasOption(call.Words, "watch") }

// commandOf returns the command of a call, or nil, and the words that follow it.
func commandOf(words []string) (command *option, rest []string) {
	for len(words) > 0 && hasOption(words[:1], "netns") {
		if strings.Contains(words[0], "=") {
			words = words[1:]
		} else {
			words = words[min(2, len(words)):]
		}
	}
	if len(words) == 0 || len(words[0]) < 2 || words[0][0] != '-' {
		return nil, words
	}
	if long, ok := strings.CutPrefix(words[0], "--"); ok {
		long, _, _ = strings.Cut(long, "=")
		return named(long), words[1:]
	}
	return named(words[0][1:2]), words[1:]
}

// reads reports whether a call changes nothing, whatever comes of it.
func reads(call *Call) bool {
	c, _ := commandOf(call.Words)
	return hasOption(call.Words, "dry-run") || c == nil || isAddition(c) ||
		slices.Contains([]*option{list, listLower, save, help, version}, c)
}

// partial reports whether a refused call may have done a part: the lines before one that has a fault or, of the
// changes of a replacement, those that the kernel does not refuse.
func partial(call *Call, got kernel.Result) bool {
	c, _ := commandOf(call.Words)
	if c != restore || strings.Contains(got.Stderr, " option with the 'restore' command") {
		return false
	}
	return got.Code == 255 || !hasOption(call.Words, "replace")
}

// illegal reports whether a call has an addition that its command does not take.
func illegal(call *Call) bool {
	c, rest := commandOf(call.Words)
	if c == nil {
		return false
	}
	row, ok := rowOf(c)
	if !ok || len(row.Options) == 0 { // it informs about the program, whatever follows
		return false
	}
	return slices.ContainsFunc(addedOptions, func(o *option) bool {
		return !takes(row, o) && hasOption(rest[:optionWords(rest)], o.long)
	})
}

// optionWords returns the number of words before "--", or of all.
func optionWords(words []string) int {
	if i := slices.Index(words, "--"); i >= 0 {
		return i
	}
	return len(words)
}

// names reports whether a message has in it one of the options of a call, by its name or as it stands, or a value or a
// stray word.
func names(call *Call, message string) bool {
	words := call.Words
	for line := range strings.Lines(call.Stdin) {
		words = append(words[:len(words):len(words)], strings.Fields(line)...)
	}
	if strings.HasPrefix(message, "unexpected argument \n") && slices.Contains(words, "") {
		return true
	}
	for _, w := range words {
		if slices.ContainsFunc(namesIn(w), func(name string) bool { return name != "" && strings.Contains(message, name) }) {
			return true
		}
		long, _, _ := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		if strings.HasPrefix(w, "--") && isAddition(named(long)) && regexp.MustCompile(`\b`+long).MatchString(message) {
			return true
		}
	}
	return false
}

// namesIn returns what a message may name a word by.
func namesIn(word string) (all []string) {
	name, value, _ := strings.Cut(word, "=")
	if long, ok := strings.CutPrefix(name, "--"); ok {
		if o := named(long); o != nil {
			all = append(all, "'"+long+"'", "'--"+long+"'")
		}
		return append(all, "--"+long, value, shown(value))
	}
	if strings.HasPrefix(word, "-") {
		for _, letter := range word[1:] {
			if o := named(string(letter)); o != nil && o.long != "" {
				all = append(all, "'"+o.long+"'", "'-"+o.short+"'", "'--"+o.long+"'")
			}
		}
	}
	if value != "" { // as --sysctl sets them
		all = append(all, name, shown(value))
	}
	if !strings.HasPrefix(word, "--") && len(word) > 2 { // a value can be glued to a letter, and be a list
		for flag := range strings.SplitSeq(strings.TrimPrefix(word[2:], "="), ",") {
			all = append(all, shown(flag))
		}
	}
	return append(all, word, shown(word))
}

// shown returns a word as messages quote it. Even nothing can be shown so.
func shown(word string) string { return "`" + visible.Text(word) + "'" }

// kernelSays are the ends of messages about what the kernel, or the system, refuses.
var kernelSays = regexp.MustCompile(`(^|: )(Service already exists|Scheduler or persistence engine not found|Service not defined|` +
	`No such service|Destination already exists|No such destination|Daemon has already run|No daemon is running|` +
	`Permission denied \(you must be root\)|Invalid operation\.  Possibly wrong module version, address not unicast, \.\.\.|` +
	`Protocol not available|Memory allocation problem|Operation not supported with IPv6|` +
	`Operation not supported with specified address family|Module is wrong version|No such device|Numerical result out of range)$|` +
	`^((cannot open file|unexpected input from) )?/proc/net/ip_vs_conn(_sync)?(: line \d+: malformed entry)?$|` +
	`^Cannot get totals: open \S+/ip_vs_stats: no such file or directory$`)

func fromKernel(line string) bool { return kernelSays.MatchString(line) }

// allLines reports whether all lines of a text are as they should be.
func allLines(text string, ok func(line string) bool) bool {
	for line := range strings.Lines(text) {
		if !ok(strings.TrimSuffix(line, "\n")) {
			return false
		}
	}
	return true
}
