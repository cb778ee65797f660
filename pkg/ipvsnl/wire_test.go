// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"net/netip"
)

// What the tests put bytes together with. Numbers are in the machine's order unless
// they are a be16.

type be16Value uint16

// join concatenates values.
func join(values ...any) []byte {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case uint8:
			b = append(b, v)
		case uint16:
			b = binary.NativeEndian.AppendUint16(b, v)
		case be16Value:
			b = binary.BigEndian.AppendUint16(b, uint16(v))
		case uint32:
			b = binary.NativeEndian.AppendUint32(b, v)
		case uint64:
			b = binary.NativeEndian.AppendUint64(b, v)
		case string:
			b = append(b, v...)
		case []byte:
			b = append(b, v...)
		default:
			panic("no such value on the wire")
		}
	}
	return b
}

// attribute is one of that number that holds values.
func attribute(number uint16, values ...any) []byte {
	p := join(values...)
	b := join(uint16(4+len(p)), number, p)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// message is a generic-netlink one.
func message(cmd uint8, attrs ...any) []byte {
	return join(cmd, uint8(1), uint16(0), join(attrs...))
}

// addr16 is an address in its 16 bytes.
func addr16(s string) []byte {
	a := netip.MustParseAddr(s)
	return append(a.AsSlice(), make([]byte, 16-a.BitLen()/8)...)
}

// The attributes that hold others, in requests.
const (
	inService = 0x8001
	inDest    = 0x8002
	inDaemon  = 0x8003
)

// reading reads a message by a method of a decoder.
func reading[T any](read func([]byte, *T) error, b []byte) (v T, err error) {
	err = read(b, &v)
	return v, err
}
