// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// A ConnectionTable determines how connections are printed.
type ConnectionTable struct {
	Engines bool  // whether persistence engines are shown
	Origins bool  // whether origins are shown
	Names   Names // nil for numbers
}

// AppendHead appends the head of the columns.
func (t *ConnectionTable) AppendHead(b []byte) []byte {
	b = append(b, "IPVS connection entries\n"+
		"pro expire state       source             virtual            destination"...)
	if t.Engines {
		b = append(b, "        pe name          pe_data"...)
	}
	if t.Origins {
		b = append(b, "        origin"...)
	}
	return append(b, '\n')
}

// AppendConnection appends the line of a connection.
func (t *ConnectionTable) AppendConnection(b []byte, c *conns.Connection) []byte {
	var protocol ipvsnl.Protocol
	if t.Names != nil {
		protocol = portProtocol(c.Protocol)
	}
	b = appendLeft(b, c.Protocol, 3)
	b = append(b, ' ')
	start := len(b)
	expires := uint32(c.RawExpires) // ipvsadm shows this many bits, whatever they mean
	b = appendPadded(b, expires/60)
	b = pad(appendPadded(append(b, ':'), expires%60), start, 6)
	b = appendLeft(append(b, ' '), c.State, 11)
	for _, a := range [...]netip.AddrPort{c.Client, c.Virtual} {
		b = appendColumn(append(b, ' '), a, protocol, t.Names, 18)
	}
	b = append(b, ' ')
	start = len(b)
	b = appendAddrPort(b, c.Destination, protocol, t.Names)
	if t.Engines && len(c.EngineData) > 0 {
		b = append(pad(b, start, 16), ' ')
		b = append(appendLeft(b, c.Engine, 18), ' ')
		b = append(b, c.EngineData...)
	}
	if t.Origins {
		b = append(append(pad(b, start, 18), ' '), originNames[c.Origin]...)
	}
	return append(b, '\n')
}

// AppendColumns appends the line of a connection in the kernel's columns, as AppendConnection does without names.
func (t *ConnectionTable) AppendColumns(b []byte, c *conns.Columns) []byte {
	b, r := roomFor(b)
	*(*[4]byte)(r[:]) = c.Protocol
	n := len("TCP ")
	if c.Protocol[3] != ' ' {
		n = len("SCTP ")
	}
	at := n
	if minutes := c.Expires / 60; minutes < 100 {
		n = r.pair(n, minutes)
	} else {
		n = r.port(n, minutes)
	}
	r[n&127] = ':'
	n = max(r.pair(n+1, c.Expires%60), at+6) + 1
	*(*[11]byte)(r[n&127:]) = c.State
	n += len(c.State) + 1
	n = max(r.endpoint(n, c.Client.Addr, c.Client.Port), n+18) + 1
	n = max(r.endpoint(n, c.Virtual.Addr, c.Virtual.Port), n+18) + 1
	n = r.endpoint(n, c.Destination.Addr, c.Destination.Port)
	r[n&127] = '\n'
	return b[:len(b)+n+1]
}

// AppendEnd appends what follows the last line: nothing.
func (t *ConnectionTable) AppendEnd(b []byte) []byte { return b }

var originNames = [...]string{conns.Unknown: "Unknown", conns.Local: "Local", conns.Synced: "Synced"}

// portProtocol returns the protocol for which the names of a connection's ports are
// looked up, or 0.
func portProtocol(name string) ipvsnl.Protocol {
	for _, row := range words.Protocols {
		if row.Name == name {
			return row.Protocol
		}
	}
	return 0
}

// appendPadded appends a number with at least two digits.
func appendPadded(b []byte, n uint32) []byte {
	if n < 10 {
		b = append(b, '0')
	}
	return appendUint(b, uint64(n))
}

// appendLeft appends a left-aligned word.
func appendLeft(b []byte, word string, width int) []byte {
	start := len(b)
	return pad(append(b, word...), start, width)
}
