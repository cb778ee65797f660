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

	// Client is the source of the connection. The port of a persistence template
	// is 0.
	Client netip.AddrPort

	// Virtual is the address of the service. For a template of a firewall mark, it
	// contains the mark.
	Virtual netip.AddrPort

	// Destination is the real server.
	Destination netip.AddrPort

	// State is the kernel's name for the state of the connection, such as
	// "ESTABLISHED". It depends on Protocol.
	State string

	// Origin is where the connection was made. It is Unknown unless the table
	// comes from [OpenSync].
	Origin Origin

	// Expires is the remaining lifetime of the connection if it stays idle, in whole seconds.
	// It is 0 if that time has passed.
	Expires time.Duration

	// RawExpires is the number of seconds as written by the kernel. Older kernels
	// write a time that has passed as a huge number.
	RawExpires int64

	// Engine is the persistence engine of the connection, such as "sip", and
	// EngineData what identifies the client. Both are empty without an engine,
	// and in a table from [OpenSync].
	Engine     string
	EngineData string
}

// longest exceeds any remaining lifetime: kernels count it in 32-bit jiffies,
// up to 1000 per second.
const longest = 49 * 24 * 60 * 60

// setExpires sets the remaining seconds. Older kernels use unsigned subtraction,
// so that a time that has just passed becomes a huge number: of 64 bits, or on
// 32-bit machines of 32, divided by the number of jiffies per second.
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
	Synced         // on another director, whose sync daemon has sent it
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
