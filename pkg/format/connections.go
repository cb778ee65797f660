// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/words"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Connection is an entry of the connection table.
type Connection struct {
	Protocol    []byte // "TCP", "UDP", "SCTP"; "IP" of a template for a firewall mark
	Client      netip.AddrPort
	Virtual     netip.AddrPort
	Destination netip.AddrPort
	State       []byte // "ESTABLISHED", ...
	Expires     int64  // seconds that are left, as the kernel has written them; see left
	Engine      []byte // persistence engine; empty if there is none
	EngineData  []byte
}

// longest is more seconds than a connection can have left: the kernel counts them in ticks, of which 32 bits
// hold 49 days and some hours where there are 1000 a second.
const longest = 49 * 24 * 60 * 60

// left returns the seconds that are left. Older kernels subtract without a sign, so that a time that has just
// passed becomes a huge number: of 64 bits, or on 32-bit machines of 32, divided by the ticks of a second.
func (c *Connection) left() uint64 {
	if c.Expires < 0 || c.Expires > longest {
		return 0
	}
	return uint64(c.Expires)
}

// A ConnectionTable says how connections are printed.
type ConnectionTable struct {
	Engines bool  // whether persistence engines are shown
	Names   Names // nil for numbers
}

// AppendHead appends the head of the columns.
func (t *ConnectionTable) AppendHead(b []byte) []byte {
	b = append(b, "IPVS connection entries\n"+
		"pro expire state       source             virtual            destination"...)
	if t.Engines {
		b = append(b, "        pe name          pe_data"...)
	}
	return append(b, '\n')
}

// AppendConnection appends the line of a connection.
func (t *ConnectionTable) AppendConnection(b []byte, c *Connection) []byte {
	var protocol ipvsnl.Protocol
	if t.Names != nil {
		protocol = portProtocol(c.Protocol)
	}
	b = appendLeft(b, c.Protocol, 3)
	b = append(b, ' ')
	start := len(b)
	expires := uint32(c.Expires) // ipvsadm shows so many bits, whatever they mean
	b = appendPadded(b, expires/60)
	b = pad(appendPadded(append(b, ':'), expires%60), start, 6)
	b = appendLeft(append(b, ' '), c.State, 11)
	for _, a := range [...]netip.AddrPort{c.Client, c.Virtual} {
		b = append(b, ' ')
		start = len(b)
		b = pad(appendAddrPort(b, a, protocol, t.Names), start, 18)
	}
	b = append(b, ' ')
	start = len(b)
	b = appendAddrPort(b, c.Destination, protocol, t.Names)
	if t.Engines && len(c.EngineData) > 0 {
		b = append(pad(b, start, 16), ' ')
		b = append(appendLeft(b, c.Engine, 18), ' ')
		b = append(b, c.EngineData...)
	}
	return append(b, '\n')
}

// AppendEnd appends what stands below the last line: nothing.
func (t *ConnectionTable) AppendEnd(b []byte) []byte { return b }

// portProtocol returns the protocol of a connection by whose ports names are looked
// up, or 0.
func portProtocol(name []byte) ipvsnl.Protocol {
	for _, row := range words.Protocols {
		if row.Name == string(name) {
			return row.Protocol
		}
	}
	return 0
}

// appendPadded appends a number with at least two digits.
func appendPadded(b []byte, n uint32) []byte {
	if n < 100 {
		return append(b, '0'+byte(n/10), '0'+byte(n%10))
	}
	return appendUint(b, uint64(n))
}

// appendLeft appends a word to the left of a width.
func appendLeft(b, word []byte, width int) []byte {
	start := len(b)
	return pad(append(b, word...), start, width)
}
