// SPDX-License-Identifier: Apache-2.0

package flags

import "github.com/ipvsadm-go/ipvsadm/internal/visible"

// A Color is when a listing has colours.
type Color uint8

// The times for colours.
const (
	ColorUnset Color = iota // never in a listing, and auto in a watch on a terminal
	ColorNever
	ColorAuto   // on a terminal, unless the environment has NO_COLOR
	ColorAlways // whatever the output is
)

// color sets when there are colours. As with ip(8), the option alone means always.
func (p *parser) color(w word) error {
	when := &p.cmd.Listing.Color
	switch {
	case !w.given || w.value == "always":
		return assign(when, ColorAlways)
	case w.value == "auto":
		return assign(when, ColorAuto)
	case w.value == "never":
		return assign(when, ColorNever)
	}
	return fault("invalid color `" + visible.Text(w.value) + "' specified: it is always, auto or never")
}
