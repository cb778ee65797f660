// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unsafe"
)

// A field is one netlink attribute of a T: how it is written into a request and
// how it is read from a reply. A table of fields is indexed by the attribute's
// number: each attribute is a row. Rows are plain data, which the linker lays out: programs
// that import this package start no slower for them.
type field[T any] struct {
	kind  kind
	part  part
	reply bool            // whether only replies contain the attribute
	zero  bool            // whether requests omit the attribute if the value is zero
	at    uintptr         // the offset of the value in a T
	omit  func(v *T) bool // if set and true, requests omit the attribute
}

// A kind is a form of payload and the type of the value. Numbers are in the host's byte order
// unless the name indicates otherwise.
type kind uint8

const (
	unknown      kind = iota // an attribute without a row, which replies may contain
	kindU8                   // a uint8
	kindU16                  // a uint16
	kindBE16                 // a uint16 in network byte order
	kindU32                  // a uint32
	kindFlags                // a uint32, and which of its bits are meant: all of them
	kindU64                  // a uint64, in layouts only
	kindCount                // a uint64, which the kernel sends with 32 or 64 bits
	kindText                 // a string, which ends in a NUL
	kind4Octets              // a [4]byte, such as an address
	kind16Octets             // a [16]byte
	kindNested               // a []byte: attributes, which are read when everything else is known
)

// sizes are the lengths of payloads, except of kinds that have several.
var sizes = [...]uint8{kindU8: 1, kindU16: 2, kindBE16: 2, kindU32: 4, kindFlags: 8, kind4Octets: 4, kind16Octets: 16, kindNested: 0}

// A part is how much of a value a request contains.
type part bool

const (
	byKey part = true  // what identifies it
	whole part = false // and everything that can be set
)

// A table holds the fields of a T, by attribute number.
type table[T any] []field[T]

// appendTo appends the attributes of a request for a part of v.
func (t table[T]) appendTo(b []byte, v *T, p part) []byte {
	for attr := range t {
		f := &t[attr]
		if f.kind == unknown || f.reply || p == byKey && f.part != byKey || f.omit != nil && f.omit(v) {
			continue
		}
		b = appendAttr(b, uint16(attr), f.kind, f.zero, unsafe.Add(unsafe.Pointer(v), f.at))
	}
	return b
}

// appendAttr appends an attribute with the value at v, unless that is zero and may be omitted.
func appendAttr(b []byte, attr uint16, k kind, omitZero bool, v unsafe.Pointer) []byte {
	start := len(b)
	b = k.put(openAttr(b, attr), v)
	if omitZero && isZero(b[start+attrHeader:]) {
		return b[:start]
	}
	return closeAttr(b, start)
}

// isZero reports whether a payload is that of a zero value.
func isZero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}

// read reads the attributes in b into v. It skips unknown ones,
// because a later kernel may send more.
func (t table[T]) read(b []byte, v *T) error { return readInto[T](t, b, v, 0, nil) }

// readInto reads attributes into the part of a W that is at an offset, by the table of that
// part. A layout, unless it is nil, learns where they are.
func readInto[P, W any](t table[P], b []byte, w *W, offset uintptr, l *layout[W]) error {
	for len(b) > 0 {
		attr, p, rest, err := cutAttr(b)
		if err != nil {
			return err
		}
		var f field[P]
		if int(attr) < len(t) {
			f = t[attr]
		}
		if !f.kind.get(p, unsafe.Add(unsafe.Pointer(w), offset+f.at)) {
			return fmt.Errorf("attribute %d: %w: payload of %d bytes", attr, ErrMalformed, len(p))
		}
		l.note(b, attrHeader+len(p), f.kind, offset+f.at)
		b = rest
	}
	return nil
}

// put appends the payload of the value at v. The tests check that the fields which rows locate have the
// types of their kinds.
func (k kind) put(b []byte, v unsafe.Pointer) []byte {
	switch k {
	case kindU8:
		return append(b, *(*uint8)(v))
	case kindU16:
		return binary.NativeEndian.AppendUint16(b, *(*uint16)(v))
	case kindBE16:
		return binary.BigEndian.AppendUint16(b, *(*uint16)(v))
	case kindU32:
		return binary.NativeEndian.AppendUint32(b, *(*uint32)(v))
	case kindFlags:
		return binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(b, *(*uint32)(v)), ^uint32(0))
	case kindText:
		return append(append(b, *(*string)(v)...), 0)
	case kind4Octets:
		return append(b, (*[4]byte)(v)[:]...)
	}
	return append(b, (*[16]byte)(v)[:]...)
}

// get reads a payload into the value at v, unless its length is wrong, and reports whether it is right.
func (k kind) get(p []byte, v unsafe.Pointer) bool {
	if size := sizes[k]; size != 0 && int(size) != len(p) {
		return false
	}
	switch k {
	case kindU8:
		*(*uint8)(v) = p[0]
	case kindU16:
		*(*uint16)(v) = binary.NativeEndian.Uint16(p)
	case kindBE16:
		*(*uint16)(v) = binary.BigEndian.Uint16(p)
	case kindU32, kindFlags:
		*(*uint32)(v) = binary.NativeEndian.Uint32(p)
	case kindCount:
		switch len(p) {
		case 4:
			*(*uint64)(v) = uint64(binary.NativeEndian.Uint32(p))
		case 8:
			*(*uint64)(v) = binary.NativeEndian.Uint64(p)
		default:
			return false
		}
	case kindText:
		if i := bytes.IndexByte(p, 0); i >= 0 {
			p = p[:i]
		}
		*(*string)(v) = intern(p)
	case kind4Octets:
		copy((*[4]byte)(v)[:], p)
	case kind16Octets:
		copy((*[16]byte)(v)[:], p)
	case kindNested:
		*(*[]byte)(v) = p
	}
	return true
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
