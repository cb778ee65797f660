// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
)

// A Checking describes what a Check does.
type Checking struct {
	Name  string // of the only check; empty for all
	Probe bool   // the network is asked
}

// check sets the only check.
func (p *parser) check(w word) error {
	if !w.given {
		return nil
	}
	if check.ByName(w.value) == nil {
		names := ""
		for i := range check.All {
			names += " " + check.All[i].Name
		}
		return fault("unknown check `" + visible.Text(w.value) + "'; the checks are:" + names)
	}
	p.cmd.Checking.Name = w.value
	return nil
}

// checks returns the checks that there are.
func (c *completer) checks() (offers []Offer) {
	for i := range check.All {
		offers = append(offers, Offer{Kind: OfferWord, Word: check.All[i].Name, Text: check.All[i].Meaning})
	}
	return offers
}
