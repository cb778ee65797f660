// SPDX-License-Identifier: Apache-2.0

package format

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Color is what a terminal has to be sent to write in a colour; empty for none.
type Color string

// The colours of lines that need a look.
const (
	yellow  Color = "\x1b[33m"
	red     Color = "\x1b[31m"
	magenta Color = "\x1b[35m"

	colorEnd = "\x1b[0m"
)

// ServiceColor returns the colour of the line of a service, which has so many destinations.
func ServiceColor(destinations int) Color {
	if destinations == 0 {
		return magenta
	}
	return ""
}

// DestinationColor returns the colour of the line of a destination.
func DestinationColor(d *ipvsnl.DestinationState) Color {
	switch limit := uint64(d.Destination.UpperThreshold); {
	case d.Destination.Weight == 0:
		return yellow
	case limit > 0 && uint64(d.ActiveConns)+uint64(d.InactiveConns) >= limit:
		return red
	}
	return ""
}

// Paint returns a line in the colour.
func (c Color) Paint(line []byte) []byte {
	if c == "" {
		return line
	}
	line = slices.Insert(line, len(line)-len("\n"), []byte(colorEnd)...)
	return slices.Insert(line, 0, []byte(c)...)
}
