// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// kindTypes are the types that the kinds are for.
var kindTypes = map[kind]reflect.Type{
	kindU8:       reflect.TypeFor[uint8](),
	kindU16:      reflect.TypeFor[uint16](),
	kindBE16:     reflect.TypeFor[uint16](),
	kindU32:      reflect.TypeFor[uint32](),
	kindFlags:    reflect.TypeFor[uint32](),
	kindCount:    reflect.TypeFor[uint64](),
	kindText:     reflect.TypeFor[string](),
	kind4Octets:  reflect.TypeFor[[4]byte](),
	kind16Octets: reflect.TypeFor[[16]byte](),
	kindNested:   reflect.TypeFor[[]byte](),
}

// fieldAt returns the type that a struct has at an offset, nil if none begins there.
func fieldAt(s reflect.Type, offset uintptr) reflect.Type {
	for i := range s.NumField() {
		f := s.Field(i)
		if offset < f.Offset || offset >= f.Offset+f.Type.Size() {
			continue
		}
		if f.Type.Kind() == reflect.Struct {
			return fieldAt(f.Type, offset-f.Offset)
		}
		if offset == f.Offset {
			return f.Type
		}
	}
	return nil
}

func checkRows[T any](t *testing.T, rows table[T]) {
	t.Helper()
	seen := map[uintptr]bool{}
	for attr, f := range rows {
		if f.kind == unknown {
			continue
		}
		got, want := fieldAt(reflect.TypeFor[T](), f.at), kindTypes[f.kind]
		require.NotNil(t, got, "%T, attribute %d", rows, attr)
		require.True(t, got.ConvertibleTo(want) && got.Kind() == want.Kind(), "%T, attribute %d: is %v, kind for %v", rows, attr, got, want)
		require.False(t, seen[f.at], "%T, attribute %d: another has its field", rows, attr)
		seen[f.at] = true
	}
}

// TestRows checks that each row's kind is that of the field which the row locates.
func TestRows(t *testing.T) {
	checkRows(t, serviceTable)
	checkRows(t, destTable)
	checkRows(t, daemonTable)
	checkRows(t, statsTable)
	checkRows(t, timeoutsTable)
	checkRows(t, infoTable)
	require.Equal(t, &operation{}, Op(len(ops)).row())
}

// dest returns the message of a destination, in which attribute 4 is the weight.
func dest(weight uint32, more ...[]byte) []byte {
	b := join(attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)), attribute(3, uint32(2)), attribute(4, weight),
		attribute(5, uint32(5)), attribute(6, uint32(6)), attribute(7, uint32(7)), attribute(8, uint32(8)), attribute(9, uint32(9)),
		attribute(11, uint16(2)), attribute(12, stats64), attribute(13, uint8(1)), attribute(14, be16Value(6080)), attribute(15, uint16(1)))
	for _, m := range more {
		b = append(b, m...)
	}
	return attribute(2, b)
}

// A message of the layout of the one before is read as any other is, and so is one of another layout.
func TestLayout(t *testing.T) {
	wide, narrow := dest(1), dest(2)
	counters := attribute(2, attribute(1, addr16("2001:db8::1")), attribute(11, uint16(10)), attribute(10, stats32))
	moved := append([]byte(nil), dest(3)...)
	copy(moved[4:], attribute(2, be16Value(80)))
	copy(moved[12:], attribute(1, addr16("198.51.100.9")))
	for name, messages := range map[string][][]byte{
		"the same":                       {wide, wide, narrow, wide},
		"others between":                 {wide, counters, narrow, counters, counters, wide},
		"the same length, another order": {wide, moved, wide, moved, moved},
		"one more":                       {wide, dest(1, attribute(99, uint32(1))), wide, dest(1, attribute(98, uint32(1))), dest(4, attribute(98, uint32(1)))},
		"two in one":                     {wide, append(attribute(1, uint32(1)), wide...), append(attribute(1, uint32(1)), narrow...)},
		"a broken one between":           {wide, attribute(2, attribute(4, uint16(1))), wide, wide[:len(wide)-4], narrow},
	} {
		var d decoder
		for n, m := range messages {
			var got, want DestinationState
			gotErr := d.readDest(m, &got)
			wantErr := new(decoder).readDest(m, &want)
			require.Equal(t, wantErr, gotErr, "%s: %d", name, n)
			require.Equal(t, want, got, "%s: %d", name, n)
		}
	}
	key := join(attribute(1, uint16(2)), attribute(2, uint16(6)), attribute(3, addr16("192.0.2.1")), attribute(4, be16Value(80)))
	persistent := attribute(1, key, attribute(7, uint32(1), uint32(0)), attribute(8, uint32(1)), attribute(11, "sip\x00"))
	plain := attribute(1, key, attribute(7, uint32(1), uint32(0xffffffff)))
	var last decoder
	for n, m := range [][]byte{persistent, plain, plain, persistent, persistent, plain} {
		var got, want ServiceState
		require.NoError(t, last.readService(m, &got))
		require.NoError(t, new(decoder).readService(m, &want))
		require.Equal(t, want, got, n)
	}

	var d decoder
	require.NoError(t, d.readDest(wide, new(DestinationState)))
	require.NotZero(t, d.dests.size)
	w := wireDest{}
	require.True(t, d.dests.read(narrow, &w))
	require.Equal(t, uint32(2), w.Destination.Weight)
	require.Equal(t, wantStats64, w.Stats)
	require.False(t, d.dests.read(moved, &w))

	// Another layout takes the place of that.
	require.NoError(t, d.readDest(counters, new(DestinationState)))
	require.True(t, d.dests.read(counters, &w))
	require.False(t, d.dests.read(nil, &w))
}
