// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A field is one netlink attribute of a T: how it is written into a request and
// how it is read from a reply. A table of fields is indexed by the attribute's
// number: each attribute is a row.
type field[T any] struct {
	part part
	put  func(b []byte, v *T) []byte // appends the payload
	get  func(p []byte, v *T) error  // reads the payload
	zero func(v *T) bool
	omit func(v *T) bool // if set and true, requests omit the attribute
}

// A part is how much of a value a request contains.
type part uint8

const (
	byKey     part = iota // what identifies it
	whole                 // and everything that can be set
	replyOnly             // and what only replies contain
)

// optional omits the attribute from requests if it is zero: the kernel then
// uses its default, and one that is too old for the attribute does not see it.
func (f field[T]) optional() field[T] {
	f.omit = f.zero
	return f
}

// unless omits the attribute from requests for which omit is true.
func (f field[T]) unless(omit func(v *T) bool) field[T] {
	f.omit = omit
	return f
}

// A table holds the fields of a T, by attribute number.
type table[T any] []field[T]

// appendTo appends the attributes of a request for a part of v.
func (t table[T]) appendTo(b []byte, v *T, p part) []byte {
	for attr := range t {
		f := &t[attr]
		if f.put == nil || f.part > p || f.omit != nil && f.omit(v) {
			continue
		}
		start := len(b)
		b = openAttr(b, uint16(attr))
		b = f.put(b, v)
		b = closeAttr(b, start)
	}
	return b
}

// read reads the attributes in b into v. It skips unknown ones,
// because a later kernel may send more.
func (t table[T]) read(b []byte, v *T) error {
	for len(b) > 0 {
		attr, p, rest, err := cutAttr(b)
		if err != nil {
			return err
		}
		if int(attr) < len(t) && t[attr].get != nil {
			if err := t[attr].get(p, v); err != nil {
				return fmt.Errorf("attribute %d: %w", attr, err)
			}
		}
		b = rest
	}
	return nil
}

// Attributes: a header with a 16-bit length, which includes the header, and a 16-bit type;
// the payload; padding to four bytes, which the length does not count.
const (
	attrHeader   = 4
	attrTypeMask = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	attrNested   = 0x8000 // NLA_F_NESTED
)

// openAttr begins an attribute whose payload is appended next.
func openAttr(b []byte, attr uint16) []byte {
	b = append(b, 0, 0)
	return binary.NativeEndian.AppendUint16(b, attr)
}

// closeAttr ends the attribute begun at start.
func closeAttr(b []byte, start int) []byte {
	binary.NativeEndian.PutUint16(b[start:], uint16(len(b)-start))
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// cutAttr splits the first attribute off b.
func cutAttr(b []byte) (attr uint16, payload, rest []byte, err error) {
	if len(b) < attrHeader {
		return 0, nil, nil, errAttrs
	}
	n := int(binary.NativeEndian.Uint16(b))
	if n < attrHeader || n > len(b) {
		return 0, nil, nil, errAttrs
	}
	attr = binary.NativeEndian.Uint16(b[2:]) & attrTypeMask
	return attr, b[attrHeader:n], b[min((n+3)&^3, len(b)):], nil
}

// findAttr returns the payload of the first attribute with that number in b.
func findAttr(b []byte, want uint16) ([]byte, error) {
	for len(b) > 0 {
		attr, p, rest, err := cutAttr(b)
		if err != nil {
			return nil, err
		}
		if attr == want {
			return p, nil
		}
		b = rest
	}
	return nil, fmt.Errorf("%w: no attribute %d", ErrMalformed, want)
}

// The kinds of attribute. Numbers are in the host's byte order unless the name
// indicates otherwise. Each takes a function that locates the value in a T.

func u8[T any, V ~uint8](p part, at func(*T) *V) field[T] {
	return field[T]{
		part: p,
		put:  func(b []byte, v *T) []byte { return append(b, uint8(*at(v))) },
		get: func(p []byte, v *T) error {
			if len(p) != 1 {
				return sizeError(p)
			}
			*at(v) = V(p[0])
			return nil
		},
		zero: func(v *T) bool { return *at(v) == 0 },
	}
}

func u16[T any, V ~uint16](p part, at func(*T) *V) field[T] {
	return u16of(p, at, binary.NativeEndian)
}

// be16 is a number in network byte order.
func be16[T any, V ~uint16](p part, at func(*T) *V) field[T] {
	return u16of(p, at, binary.BigEndian)
}

type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func u16of[T any, V ~uint16](p part, at func(*T) *V, o order) field[T] {
	return field[T]{
		part: p,
		put:  func(b []byte, v *T) []byte { return o.AppendUint16(b, uint16(*at(v))) },
		get: func(p []byte, v *T) error {
			if len(p) != 2 {
				return sizeError(p)
			}
			*at(v) = V(o.Uint16(p))
			return nil
		},
		zero: func(v *T) bool { return *at(v) == 0 },
	}
}

func u32[T any, V ~uint32](p part, at func(*T) *V) field[T] {
	return field[T]{
		part: p,
		put:  func(b []byte, v *T) []byte { return binary.NativeEndian.AppendUint32(b, uint32(*at(v))) },
		get: func(p []byte, v *T) error {
			if len(p) != 4 {
				return sizeError(p)
			}
			*at(v) = V(binary.NativeEndian.Uint32(p))
			return nil
		},
		zero: func(v *T) bool { return *at(v) == 0 },
	}
}

// counter is a number that the kernel sends with 32 or 64 bits.
func counter[T any](at func(*T) *uint64) field[T] {
	return field[T]{
		part: replyOnly,
		get: func(p []byte, v *T) error {
			switch len(p) {
			case 4:
				*at(v) = uint64(binary.NativeEndian.Uint32(p))
			case 8:
				*at(v) = binary.NativeEndian.Uint64(p)
			default:
				return sizeError(p)
			}
			return nil
		},
	}
}

// text is a string that ends in a NUL.
func text[T any](p part, at func(*T) *string) field[T] {
	return field[T]{
		part: p,
		put:  func(b []byte, v *T) []byte { return append(append(b, *at(v)...), 0) },
		get: func(p []byte, v *T) error {
			if i := bytes.IndexByte(p, 0); i >= 0 {
				p = p[:i]
			}
			*at(v) = intern(p)
			return nil
		},
		zero: func(v *T) bool { return *at(v) == "" },
	}
}

// octets is a fixed number of bytes, such as an address.
func octets[T any](p part, at func(*T) []byte) field[T] {
	return field[T]{
		part: p,
		put:  func(b []byte, v *T) []byte { return append(b, at(v)...) },
		get: func(p []byte, v *T) error {
			if len(p) != len(at(v)) {
				return sizeError(p)
			}
			copy(at(v), p)
			return nil
		},
	}
}

// nested is attributes within the attribute, which are kept and read when everything
// else is known. Requests never contain them.
func nested[T any](at func(*T) *[]byte) field[T] {
	return field[T]{
		part: replyOnly,
		get: func(p []byte, v *T) error {
			*at(v) = p
			return nil
		},
	}
}

// sizeError is the error of a payload with the wrong length.
func sizeError(p []byte) error { return fmt.Errorf("%w: payload of %d bytes", ErrMalformed, len(p)) }

// interned are common names in replies, which are not allocated: those of the
// kernel's own schedulers and engine.
var interned = [...]string{
	"wlc", "rr", "wrr", "lc", "sh", "mh", "dh", "sed", "nq", "lblc", "lblcr", "fo", "ovf", "twos", "sip", "eth0",
}

// intern returns a name as a string.
func intern(p []byte) string {
	for _, n := range interned {
		if n == string(p) {
			return n
		}
	}
	return string(p)
}
