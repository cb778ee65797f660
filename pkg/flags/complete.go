// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// An OfferKind is what a shell is to do with an offer.
type OfferKind string

// The kinds of offers.
const (
	OfferWord  OfferKind = "word"  // a word that the line can go on with
	OfferOpen  OfferKind = "open"  // the beginning of a word; no blank follows yet
	OfferHint  OfferKind = "hint"  // Text says what is expected, which nobody can list
	OfferFiles OfferKind = "files" // the name of any file
)

// An Offer is something that a command line can go on with.
type Offer struct {
	Kind OfferKind
	Word string
	Text string // describes the word

	rest string // what could follow in an open word
}

// A Machine is what values of options are taken from. What it does not know or may not read it leaves out.
type Machine interface {
	Services(netns string) []ipvsnl.Service
	Destinations(netns string, of ipvsnl.ServiceKey) []ipvsnl.Destination
	LocalAddrs(netns string) []LocalAddr
	Interfaces(netns string) []string
	Sysctls(netns string) []string
	Schedulers() []string
	Namespaces() []string
	Ports(protocol string) []Port

	// Files returns the files whose paths begin with prefix. Those of directories end in a slash.
	Files(prefix string) []string
}

// A LocalAddr is an address of a network interface.
type LocalAddr struct {
	Addr      netip.Addr
	Interface string
}

// A Port is a line of /etc/services.
type Port struct {
	Name   string
	Number uint16
}

// Complete returns what a command line can go on with. The first of its words is the name of the program, the last is
// the word to complete, up to the cursor. A shell selects the offers that match this. Names of hosts are not looked up.
func Complete(line []string, m Machine) []Offer {
	if len(line) < 2 {
		return nil
	}
	c := &completer{machine: m, wrapper: WrapperOf(path.Base(line[0])), words: line[1 : len(line)-1], value: line[len(line)-1]}
	c.read(c.words)
	switch {
	case c.verb != noVerb && commands[c.verb].name == "": // whatever follows is ignored
		return nil
	case c.pending != nil && !c.maybe:
		return c.values()
	case strings.HasPrefix(c.value, "--") && strings.Contains(c.value, "="):
		name, value, _ := strings.Cut(c.value, "=")
		return c.attached(name, name+"=", value)
	case strings.HasPrefix(c.value, "-") && c.value != "-" && c.value[1] != '-':
		return c.bundle()
	case strings.HasPrefix(c.value, "-"):
		return c.options()
	}
	return c.others()
}

// attached returns offers for a value in the same word as its option, which precedes the prefix.
func (c *completer) attached(option, prefix, value string) []Offer {
	c.read(append(slices.Clip(c.words), option))
	if c.pending == nil {
		return nil
	}
	c.prefix, c.value = prefix, value
	return c.values()
}

// values returns offers for the value of an option: those that are known or, if none are, a hint.
func (c *completer) values() []Offer {
	offers := c.known()
	if len(offers) == 0 && slices.ContainsFunc(sampleValues[:], func(value string) bool { return c.whole(c.prefix+value) != nil }) {
		return []Offer{c.pending.hint()}
	}
	return offers
}

func (o *option) hint() Offer { return Offer{Kind: OfferHint, Text: o.value + ": " + o.help} }

// known returns those that are known.
func (c *completer) known() (offers []Offer) {
	if c.pending.offer == nil {
		return nil
	}
	for _, o := range c.pending.offer(c) {
		o.Word = c.prefix + o.Word
		if c.whole(o.Word+o.rest) != nil {
			offers = append(offers, o)
		}
	}
	return offers
}

// options returns offers of all options, and of all commands where they can be.
func (c *completer) options() (offers []Offer) {
	for i := range options {
		o := &options[i]
		for _, name := range o.names() {
			if c.fits(o, name) {
				offers = append(offers, Offer{Kind: OfferWord, Word: name, Text: o.help})
			}
		}
	}
	return offers
}

// fits reports whether the line can go on with an option, whose word may be part of a bundle.
func (c *completer) fits(o *option, name string) bool {
	switch {
	case o.verb == complete:
		return false
	case c.verb != noVerb && o.id != noOption && !(c.state.takes | everywhere).has(o.id): // as the parser would find out, later
		return false
	case c.seen[o]: // some may be repeated, to no effect
		return false
	case o.like != "" && c.whole("--"+o.like) == nil:
		return false
	}
	return slices.ContainsFunc(o.samples(), func(sample []string) bool {
		return c.whole(append([]string{name}, sample[1:]...)...) != nil
	})
}

// bundle returns offers for a bundle of letters: itself, with one more letter, or with the value of the last.
func (c *completer) bundle() (offers []Offer) {
	given := c.value
	var last *option
	for i := 1; i < len(given); i++ {
		if last = shortOption(given[i]); last == nil {
			return nil
		}
		if rest := given[i+1:]; last.arg != none && rest != "" {
			value := strings.TrimPrefix(rest, "=")
			return c.attached(given[:i+1], strings.TrimSuffix(given, value), value)
		}
	}
	if !c.fits(last, given) {
		return nil
	}
	offers = append(offers, Offer{Kind: OfferWord, Word: given, Text: last.help})
	for i := range options {
		o := &options[i]
		if o.short == 0 || o.arg != none || last.arg != none || strings.ContainsRune(given, rune(o.short)) {
			continue
		}
		if name := given + string(rune(o.short)); c.fits(o, name) {
			offers = append(offers, Offer{Kind: OfferWord, Word: name, Text: o.help})
		}
	}
	return offers
}

// others returns offers for a word that is not an option. Where there is none yet and none is due, options are
// offered, too.
func (c *completer) others() (offers []Offer) {
	if c.pending != nil {
		offers = c.known()
	}
	offers = append(offers, c.operands()...)
	if c.value == "" && (len(offers) == 0 || c.pending != nil) {
		offers = append(offers, c.options()...)
	}
	return offers
}
