// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// A Connection is an entry of the connection table. Connections can be compared
// with ==.
type Connection struct {
	// Protocol is "TCP", "UDP" or "SCTP"; "IP" for the persistence template of a
	// firewall mark.
	Protocol string

	// Client is where the connection comes from. The port of a persistence template
	// is 0.
	Client netip.AddrPort

	// Virtual is the address of the service. That of a template for a firewall mark
	// has the mark in its address.
	Virtual netip.AddrPort

	// Destination is the real server.
	Destination netip.AddrPort

	// State is the kernel's name for the state of the connection, such as
	// "ESTABLISHED". It depends on Protocol.
	State string

	// Origin reports where the connection was made. It is Unknown unless the table
	// is that of [OpenSync].
	Origin Origin

	// Expires is how long the connection lives on without a packet, in whole seconds.
	// It is 0 if that time has passed.
	Expires time.Duration

	// RawExpires is the number of seconds as the kernel has written it. Older kernels
	// write a time that has passed as a huge number.
	RawExpires int64

	// Engine is the persistence engine of the connection, such as "sip", and
	// EngineData what it identifies the client by. Both are empty if there is none,
	// and in a table of [OpenSync].
	Engine     string
	EngineData string
}

// longest is more than any connection has left: kernels count its seconds in jiffies
// of 32 bits, up to 1000 a second.
const longest = 49 * 24 * 60 * 60

// setExpires takes in the seconds that are left. Older kernels subtract without a
// sign, so that a time that has just passed becomes a huge number: of 64 bits, or on
// 32-bit machines of 32, divided by the jiffies in a second.
func (c *Connection) setExpires(seconds int64) {
	c.RawExpires, c.Expires = seconds, 0
	if uint64(seconds) <= longest { // and not below zero
		c.Expires = time.Duration(seconds) * time.Second
	}
}

// An Origin is where a connection was made.
type Origin uint8

// The origins.
const (
	Unknown Origin = iota
	Local          // on this director
	Synced         // on another one, whose sync daemon has reported it
)

var originNames = [...]string{Unknown: "unknown", Local: "local", Synced: "synced"}

// String returns "local", "synced" or "unknown".
func (o Origin) String() string {
	if int(o) < len(originNames) {
		return originNames[o]
	}
	return fmt.Sprintf("Origin(%d)", uint8(o))
}

// MarshalText returns what String does.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the name of an origin, in any case.
func (o *Origin) UnmarshalText(text []byte) error {
	for i, name := range originNames {
		if strings.EqualFold(name, string(text)) {
			*o = Origin(i)
			return nil
		}
	}
	return fmt.Errorf("unknown origin %q", text)
}
