// SPDX-License-Identifier: Apache-2.0

package top

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
)

// A prompt is a text that is being typed in the last line.
type prompt struct {
	ask  string
	text string
	done func(*View, string) Effect // accepts the text
}

// maxTyped is how long a text may be, in bytes.
const maxTyped = 100

// row returns the last line, with a cursor.
func (p *prompt) row(width int) screen.Row {
	ask := p.ask + p.text
	if over := screen.Width(ask) - (width - 1); over > 0 {
		ask = screen.Shorten(ask, width-1)
	}
	return screen.Row{{Text: ask, Attr: screen.Bold}, {Text: " ", Attr: screen.Reverse}}
}

// typed takes a key for the text.
func (v *View) typed(key screen.Key) Effect {
	p := v.prompt
	switch key {
	case screen.Enter:
		v.prompt = nil
		return p.done(v, p.text)
	case screen.Escape:
		v.prompt = nil
	case screen.Backspace:
		_, n := utf8.DecodeLastRuneInString(p.text)
		if n == 0 {
			v.prompt = nil
		}
		p.text = p.text[:len(p.text)-n]
	case screen.CtrlU:
		p.text = ""
	default:
		if utf8.RuneCountInString(string(key)) == 1 && len(p.text) < maxTyped {
			p.text += screen.Printable(string(key))
		}
	}
	return None
}

// askFilter asks for a text that entries must have.
func (v *View) askFilter() Effect {
	v.prompt = &prompt{"/", v.filter, func(v *View, text string) Effect {
		v.filter = strings.ToLower(strings.Join(strings.Fields(text), " "))
		v.Update()
		return None
	}}
	return None
}

// maxInterval is the longest interval, in seconds.
const maxInterval = 24 * 60 * 60

// askInterval asks how often the table is to be read.
func (v *View) askInterval() Effect {
	v.prompt = &prompt{"seconds (1 to " + strconv.Itoa(maxInterval) + "): ", "", func(v *View, text string) Effect {
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
		if err != nil || n < 1 || n > maxInterval {
			return None
		}
		v.Every = time.Duration(n) * time.Second
		return Wait
	}}
	return None
}
