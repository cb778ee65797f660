// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	grammar "github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
)

// addedValues make the values of additions, by the name that a value has in the help.
var addedValues = map[string]struct{ good, odd func(g *gen) string }{
	"ADDRESS[/LEN]":  {(*gen).prefix, (*gen).oddPrefix},
	"SECONDS":        {(*gen).seconds, oddNumber(0, 86400)},
	"[SECONDS]":      {(*gen).seconds, oddNumber(1, 86400)},
	"COLUMN":         {(*gen).column, (*gen).oddColumn},
	"[WHEN]":         {(*gen).when, (*gen).oddWhen},
	"NAME":           {(*gen).netns, (*gen).oddNetNS},
	"[NAME]":         {(*gen).check, (*gen).oddCheck},
	"[NAME[=VALUE]]": {}, // words of the command
	"WORD...":        {}, // likewise
}

// The additions, as the grammar has them: each is an option, or a command, or both.
var addedCommands, addedOptions = readAdditions()

func readAdditions() (newCommands, newOptions []*option) {
	commandRows, optionRows := grammar.Rows()
	return newWords(commandRows), newWords(optionRows)
}

// newWords returns the rows that the reference does not have.
func newWords(rows []grammar.Row) (added []*option) {
	for _, r := range rows {
		if slices.ContainsFunc(slices.Concat(commands, valued, flags), func(o *option) bool {
			return r.Long == "--"+o.long || r.Long == "" && r.Short == "-"+o.short
		}) {
			continue
		}
		values := addedValues[r.Value]
		added = append(added, &option{short: strings.TrimPrefix(r.Short, "-"), long: strings.TrimPrefix(r.Long, "--"),
			value: values.good, odd: values.odd, optional: strings.HasPrefix(r.Value, "[")})
	}
	return added
}

// named returns an option by its long name or its letter, or nil.
func named(name string) *option {
	for _, o := range slices.Concat(commands, valued, flags, addedOptions, addedCommands) {
		if name != "" && (o.long == name || o.short == name) {
			return o
		}
	}
	return nil
}

func isAddition(o *option) bool {
	return slices.Contains(addedOptions, o) || slices.Contains(addedCommands, o)
}

// addition returns one of our own that goes with a command, mostly, with a value that is good, mostly.
func (g *gen) addition(command *option) item {
	o := pick(g, addedOptions...)
	if fit := fitting(command); len(fit) > 0 && g.chance(85) {
		o = pick(g, fit...)
	}
	it := g.has(o)
	if !it.bare && g.chance(20) {
		it.value = o.odd(g)
	}
	return it
}

// rowOf returns the row of a command in the grammar.
func rowOf(command *option) (row grammar.Row, ok bool) {
	rows, _ := grammar.Rows()
	i := slices.IndexFunc(rows, func(r grammar.Row) bool {
		return command.long != "" && r.Long == "--"+command.long || command.short != "" && r.Short == "-"+command.short
	})
	if i < 0 {
		return row, false
	}
	return rows[i], true
}

// takes reports whether a command takes an option.
func takes(command grammar.Row, o *option) bool {
	return slices.ContainsFunc(command.Options, func(r grammar.Row) bool { return r.Long == "--"+o.long })
}

// fitting returns the additions that a command takes.
func fitting(command *option) (fit []*option) {
	row, _ := rowOf(command)
	for _, o := range addedOptions {
		if takes(row, o) {
			fit = append(fit, o)
		}
	}
	return fit
}

// bundle is a command with letters of ours among its own.
var bundle = regexp.MustCompile(`^-[ACDELSZRadeln6c]*[4j]+[46jnc]*$`)

// without returns the words that are none of ours, nor values of such, and whether there were any.
func without(words []string) (rest []string, any bool) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w == "--" {
			return append(rest, words[i:]...), any
		}
		if bundle.MatchString(w) {
			if w = strings.NewReplacer("4", "", "j", "").Replace(w); w != "-" {
				rest = append(rest, w)
			}
			any = true
			continue
		}
		name, _, glued := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		o := named(name)
		if !strings.HasPrefix(w, "--") || !isAddition(o) {
			rest = append(rest, w)
			if i+1 < len(words) && takesNext(w) {
				i++
				rest = append(rest, words[i])
			}
			continue
		}
		any = true
		if o.value != nil && !glued && i+1 < len(words) && !(o.optional && strings.HasPrefix(words[i+1], "-")) {
			i++
		}
	}
	return rest, any
}

// takesNext reports whether a word is an option of the reference's that has the next word as its value, whatever that is.
func takesNext(w string) bool {
	if long, ok := strings.CutPrefix(w, "--"); ok {
		return named(long).takesWord()
	}
	for i := 1; i < len(w) && w[0] == '-'; i++ {
		if o := named(w[i : i+1]); o != nil && o.value != nil {
			return o.takesWord() && i == len(w)-1
		}
	}
	return false
}

func (o *option) takesWord() bool { return o != nil && o.value != nil && !o.optional }

func (g *gen) prefix() string {
	if g.chance(30) {
		return pick(g, "2001:db8::1", "2001:db8::/32", "::/0", "fd00::/8", "2001:db8::100/128", g.ipv6())
	}
	return pick(g, "192.0.2.1", "192.0.2.0/24", "0.0.0.0/0", "10.0.0.0/8", "127.0.0.1/32", g.ipv4())
}

func (g *gen) oddPrefix() string {
	switch g.IntN(3) {
	case 0:
		return g.oddIPv4() + pick(g, "", "/24", "/33", "/")
	case 1:
		return g.oddIPv6() + pick(g, "", "/64", "/129", "/")
	}
	return pick(g, "", "/", "/24", "x", "localhost", "192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/024", "192.0.2.1/255.255.255.0", "192.0.2.1:80",
		"[2001:db8::1]", "2001:db8::1%lo", "fe80::1%lo/64", "::ffff:192.0.2.1/120", "192.0.2.1/24/24", "192.0.2", "é", "\x1b[1m", "\xff", "a\nb", "-4")
}

func (g *gen) seconds() string { return pick(g, "1", "2", "3") }

func (g *gen) column() string { return pick(g, columns.All...).Name }

func (g *gen) oddColumn() string {
	return pick(g, "", "x", "CONNS", "Weight", "conn", "conns ", " conns", "weight,conns", "-conns", "0", "é", "\x1b[1m", "a\nb", "\xff", "%s")
}

func (g *gen) when() string { return pick(g, "always", "auto", "never") }

func (g *gen) oddWhen() string {
	return pick(g, "", "x", "Always", "auto ", " never", "always,never", "0", "é", "\x1b[1m", "a\nb", "\xff", "%s")
}

func (g *gen) check() string { return pick(g, check.All...).Name }

func (g *gen) oddCheck() string {
	return pick(g, "", "x", "Address", "address ", "forwarding,route", "0", "é", "\x1b[1m", "\xff", "%s")
}

// ownNetNS is the network namespace that a call is in already, so that what it does stays there.
const ownNetNS = "/proc/self/ns/net"

func (g *gen) netns() string { return pick(g, ownNetNS, "/proc/thread-self/ns/net") }

func (g *gen) oddNetNS() string {
	return pick(g, "", "nosuch", "pid:", "pid:x", "pid:99999999", "pid:0", "pid:-1", "..", ".", "/", "/etc/passwd", "/dev/null", "a/b", "é", "\x1b[1m",
		"a\nb", "\xff", strings.Repeat("x", 300), strings.Repeat("x/", 3000), "-n", "/proc/self/ns/mnt", "/proc/self/ns", " ")
}

// setting returns a word for --sysctl.
func (g *gen) setting() string {
	s := pick(g, sysctls.All...)
	w := pick(g, "", "", sysctls.Prefix) + s.Name
	if g.chance(50) {
		w += "=" + pick(g, s.Default, "0", "1", "3")
	}
	return w
}

func (g *gen) oddSetting() string {
	name := pick(g, sysctls.All...).Name
	return pick(g, "", "=", "=1", "x", "nosuch=1", "a b", name+"=", name+"=x", name+"=1=1", name+"=-1", name+"=99999999999999999999", name+" = 1", " "+name,
		"net.ipv4.ip_forward", "net.ipv4.ip_forward=1", "../ip_forward=1", "net/ipv4/vs/"+name, strings.ToUpper(name), "é", "\x1b[1m", "a\nb=1",
		name+"=\xff", name+"="+strings.Repeat("9", 5000), sysctls.Prefix, sysctls.Prefix+"=1", "-n")
}
