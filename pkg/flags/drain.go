// SPDX-License-Identifier: Apache-2.0

package flags

import "github.com/ipvsadm-go/ipvsadm/internal/visible"

// A Draining describes how a Drain waits.
type Draining struct {
	Limit   uint32 // for how many seconds, if Limited
	Limited bool
	Force   bool // whether to delete what still has connections then
}

// drain turns a deletion into one that waits.
func (p *parser) drain(w word) error {
	p.cmd.Kind = Drain
	if !w.given {
		return nil
	}
	n, ok := parseNumber(w.value, 0, maxTimeout)
	if !ok {
		return fault("invalid drain time `" + visible.Text(w.value) + "' specified")
	}
	p.cmd.Draining.Limit, p.cmd.Draining.Limited = uint32(n), true
	return nil
}

func (p *parser) force(word) error {
	p.cmd.Draining.Force = true
	return nil
}

// checkDraining reports a draining by force that would never begin.
func (p *parser) checkDraining() error {
	if d := &p.cmd.Draining; d.Force && !d.Limited {
		return fault("The option 'force' requires the seconds of the 'drain' option")
	}
	return nil
}
