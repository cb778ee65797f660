// SPDX-License-Identifier: Apache-2.0

package format

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/distinct"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// SortServices sorts services by mark, family, protocol, address and port, and returns them
// without those that are listed twice. It reuses the slice.
func SortServices(s []*ipvsnl.ServiceState) []*ipvsnl.ServiceState {
	return sortDistinct(s, func(s **ipvsnl.ServiceState) ipvsnl.ServiceKey { return (*s).Service.Key }, func(s **ipvsnl.ServiceState) place {
		k := &(*s).Service.Key
		p := placeOf(k.Addr)
		p.mark, p.family, p.protocol = k.Mark, k.Family(), k.Protocol
		return p
	})
}

// SortDestinations sorts destinations by address and port, and returns them without those that are
// listed twice. It reuses the slice.
func SortDestinations(d []ipvsnl.DestinationState) []ipvsnl.DestinationState {
	return sortDistinct(d, func(d *ipvsnl.DestinationState) netip.AddrPort { return d.Destination.Addr },
		func(d *ipvsnl.DestinationState) place { return placeOf(d.Destination.Addr) })
}

// A place is the sort key of a service or destination.
type place struct {
	mark     uint32
	family   ipvsnl.Family
	protocol ipvsnl.Protocol
	addr     [4]uint32 // as in the kernel: an IPv4 address is in the first word
	words    uint8     // how many words of it the address has
	port     uint16

	from int32 // the previous index
}

func placeOf(a netip.AddrPort) place {
	p := place{words: 1, port: a.Port()}
	switch addr := a.Addr(); {
	case addr.Is4():
		b := addr.As4()
		p.addr[0] = binary.BigEndian.Uint32(b[:])
	case addr.Is6():
		b := addr.As16()
		p.words = 4
		for i := range p.addr {
			p.addr[i] = binary.BigEndian.Uint32(b[4*i:])
		}
	}
	return p
}

// compare compares as many words of the addresses as p has.
func (p *place) compare(q *place) int {
	if p.mark != q.mark {
		return wrapCompare(p.mark, q.mark)
	}
	if p.family != q.family {
		return cmp.Compare(p.family, q.family)
	}
	if p.protocol != q.protocol {
		return cmp.Compare(p.protocol, q.protocol)
	}
	for i := range p.words {
		if c := wrapCompare(p.addr[i], q.addr[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(p.port, q.port)
}

// wrapCompare compares words by the sign of their difference. This is not an order,
// because it wraps around: 192.168.0.1 comes before 10.0.0.1, and that
// before 100.0.0.1.
func wrapCompare(a, b uint32) int { return cmp.Compare(int32(a-b), 0) }

// sortDistinct sorts elements by their places, of those with the same key only the first.
func sortDistinct[T any, K comparable](s []T, key func(*T) K, of func(*T) place) []T {
	if !sortQuickly(s, of) {
		s = distinct.By(s, key)
		sortBy(s, of)
	}
	return s
}

// sortQuickly sorts elements that are in order or in reverse order, and reports whether they are; then none
// is there twice. The kernel lists destinations latest first, and they are often added in order.
func sortQuickly[T any](s []T, of func(*T) place) bool {
	if len(s) < 2 {
		return true
	}
	first := of(&s[0])
	last := of(&s[1])
	found := first.compare(&last)
	if found == 0 || !first.sameHalf(&last) {
		return false
	}
	for i := range s[2:] {
		next := of(&s[2+i])
		if !first.sameHalf(&next) || last.compare(&next) != found {
			return false
		}
		last = next
	}
	if found > 0 {
		slices.Reverse(s)
	}
	return true
}

// sameHalf reports whether comparisons of two places do not wrap around. Among such places, the order of
// neighbours is the order of all.
func (p *place) sameHalf(q *place) bool {
	differ := (p.mark ^ q.mark) | (p.addr[0] ^ q.addr[0]) | (p.addr[1] ^ q.addr[1]) | (p.addr[2] ^ q.addr[2]) | (p.addr[3] ^ q.addr[3])
	return differ>>31 == 0 && p.words == q.words
}

// sortBy sorts elements by their places. It moves each element once, as they are
// large.
func sortBy[T any](s []T, of func(*T) place) {
	if len(s) < 2 {
		return
	}
	var few [2 * 16]place // enough for most services' destinations
	places := few[:]
	if len(s) > len(few)/2 {
		places = make([]place, 2*len(s))
	}
	places, room := places[:len(s)], places[len(s):]
	for i := range s {
		places[i] = of(&s[i])
		places[i].from = int32(i)
	}
	mergeSort(places, room)
	arrange(s, places)
}

// mergeSort sorts from the top down, with a buffer of half the size. Where comparisons run in
// a circle, the result depends on the algorithm, so it must be this one.
func mergeSort(s, room []place) {
	if len(s) < 2 {
		return
	}
	half := len(s) / 2
	mergeSort(s[:half], room)
	mergeSort(s[half:], room)
	left := room[:copy(room, s[:half])]
	right := s[half:]
	for i := range s {
		if len(left) == 0 {
			return // the rest of the right half is already in place
		}
		if len(right) > 0 && left[0].compare(&right[0]) > 0 {
			s[i], right = right[0], right[1:]
		} else {
			s[i], left = left[0], left[1:]
		}
	}
}

// arrange moves every element to its place, a cycle of them at a time.
func arrange[T any](s []T, places []place) {
	for start := range s {
		if int(places[start].from) == start {
			continue
		}
		first, i := s[start], start
		for {
			from := int(places[i].from)
			places[i].from = int32(i)
			if from == start {
				s[i] = first
				break
			}
			s[i] = s[from]
			i = from
		}
	}
}
