// SPDX-License-Identifier: Apache-2.0

package flags

// first returns the first option, which must be a command: only --netns may precede it. If
// nothing else is there, ok is false.
func (p *parser) first(s *scanner) (w word, ok bool, err error) {
	for {
		w, ok, err = s.next()
		switch {
		case err != nil && w.opt != nil && w.opt.id == optNetNS:
			return w, false, err
		case ok && w.opt.id == optNetNS:
			if err := p.option(w); err != nil {
				return w, false, err
			}
		case !ok && err == nil && len(s.stray) == 0 && p.given.has(optNetNS):
			return word{}, false, nil
		case err != nil && w.opt != nil && w.opt.verb != noVerb:
			return w, false, w.opt.misused(s.text)
		case !ok || w.opt.verb == noVerb:
			return w, false, &Error{Exit: ExitRefused, Ends: true, Fault: NoCommand, Word: s.firstWord(), words: p.words}
		default:
			return w, true, nil
		}
	}
}

// firstWord returns the word that is where the command ought to be.
func (s *scanner) firstWord() string {
	if len(s.stray) > 0 {
		return s.stray[0]
	}
	return s.text
}

// misused returns the fault of a command with a value that it does not take, or without the one that it takes.
func (o *option) misused(text string) error {
	e := &Error{Exit: ExitRefused, Ends: true, Fault: NoValue, Word: o.word()}
	if o.arg != none {
		e.Fault, e.Word, e.Want = MissingValue, text, o.takes()
	}
	return e
}

func (p *parser) netNS(w word) error {
	if w.value == "" {
		return fault("illegal netns specified")
	}
	p.cmd.NetNS = w.value
	return nil
}

// findNetNS finds the network namespace among words that are otherwise ignored.
func (p *parser) findNetNS(s *scanner) {
	if p.cmd.Kind == None {
		return
	}
	for w, ok, _ := s.next(); ok; w, ok, _ = s.next() {
		if w.opt.id == optNetNS {
			p.cmd.NetNS = w.value
			return
		}
	}
}
