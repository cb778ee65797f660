// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"unsafe"
)

// A layout is where the attributes of a message are, and where in a T their values belong. The
// messages of a listing are alike, so a decoder keeps the layout of the last one: the next
// is read without searching it, if the same headers are in the same places.
type layout[T any] struct {
	size  int // of the message; 0 if no layout is known
	steps []step
	whole []byte // the message from which it is being learned
}

// A step is one attribute.
type step struct {
	head uint32 // the header
	from int    // its offset
	size int    // that of header and payload
	kind kind
	to   uintptr // the offset of the value
}

// learnNested begins to learn the layout of a message, and returns the payload of its attribute of that
// number. There is no other attribute in the messages of the kernel, and none is learned.
func (l *layout[T]) learnNested(b []byte, attr uint16) ([]byte, error) {
	l.size, l.steps, l.whole = 0, l.steps[:0], nil
	p, err := findAttr(b, attr)
	if err == nil && (attrHeader+len(p)+3)&^3 == len(b) {
		l.whole = b
		l.note(b, attrHeader, unknown, 0)
	}
	return p, err
}

// note adds the attribute at the beginning of b, which is the rest of the message or of a part of it.
func (l *layout[T]) note(b []byte, size int, k kind, to uintptr) {
	if l == nil || l.whole == nil {
		return
	}
	if k == kindCount && size == attrHeader+8 {
		k = kindU64
	}
	l.steps = append(l.steps, step{binary.NativeEndian.Uint32(b), cap(l.whole) - cap(b), size, k, to})
}

// learned ends what learn began.
func (l *layout[T]) learned() { l.size, l.whole = len(l.whole), nil }

// read reads a message into v. It reports whether the message has this layout; if not, a part of it
// may have been read.
//
// What it reads is within b, as every step is within a message of the same size.
func (l *layout[T]) read(b []byte, v *T) bool {
	if len(b) != l.size || len(b) == 0 {
		return false
	}
	message, steps := unsafe.Pointer(unsafe.SliceData(b)), l.steps
	for i := range steps {
		s := &steps[i]
		head, to := unsafe.Add(message, s.from), unsafe.Add(unsafe.Pointer(v), s.to)
		if binary.NativeEndian.Uint32((*[4]byte)(head)[:]) != s.head {
			return false
		}
		switch p := unsafe.Add(head, attrHeader); s.kind {
		case kindU16:
			*(*uint16)(to) = binary.NativeEndian.Uint16((*[2]byte)(p)[:])
		case kindBE16:
			*(*uint16)(to) = binary.BigEndian.Uint16((*[2]byte)(p)[:])
		case kindU32:
			*(*uint32)(to) = binary.NativeEndian.Uint32((*[4]byte)(p)[:])
		case kindU64:
			*(*uint64)(to) = binary.NativeEndian.Uint64((*[8]byte)(p)[:])
		case kind16Octets:
			*(*[16]byte)(to) = *(*[16]byte)(p)
		case unknown, kindNested:
		default:
			s.kind.get(b[s.from+attrHeader:s.from+s.size], to)
		}
	}
	return true
}
