package format

import (
	"cmp"
	"encoding/binary"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// SortServices sorts services by mark, family, protocol, address and port.
func SortServices(s []ipvsnl.Service) { mergeSort(s, compareServices) }

// SortDestinations sorts destinations by address and port.
func SortDestinations(d []ipvsnl.Destination) { mergeSort(d, compareDestinations) }

func compareServices(a, b *ipvsnl.Service) int {
	if c := wrapCompare(a.Mark, b.Mark); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Family, b.Family); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Protocol, b.Protocol); c != 0 {
		return c
	}
	return compareAddrPorts(a.Addr, b.Addr)
}

func compareDestinations(a, b *ipvsnl.Destination) int {
	return compareAddrPorts(a.Addr, b.Addr)
}

// compareAddrPorts compares as many words of the addresses as that of a has.
func compareAddrPorts(a, b netip.AddrPort) int {
	x, y := addrWords(a.Addr()), addrWords(b.Addr())
	n := 1
	if a.Addr().Is6() {
		n = len(x)
	}
	for i := range n {
		if c := wrapCompare(x[i], y[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Port(), b.Port())
}

// addrWords returns an address as the kernel has it, an IPv4 one in the first
// word.
func addrWords(a netip.Addr) (w [4]uint32) {
	if !a.Is6() {
		if a.Is4() {
			b := a.As4()
			w[0] = binary.BigEndian.Uint32(b[:])
		}
		return w
	}
	b := a.As16()
	for i := range w {
		w[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	return w
}

// wrapCompare compares words by the sign of their difference. It is no order,
// since the words run in a circle: 192.168.0.1 comes before 10.0.0.1 and that
// before 100.0.0.1.
func wrapCompare(a, b uint32) int { return cmp.Compare(int32(a-b), 0) }

// mergeSort sorts from the top down. Where comparisons run in a circle the
// result is up to the algorithm, so it must be this one.
func mergeSort[T any](s []T, compare func(a, b *T) int) {
	mergeInto(s, make([]T, len(s)), compare)
}

// mergeInto sorts s with room for as much.
func mergeInto[T any](s, room []T, compare func(a, b *T) int) {
	if len(s) < 2 {
		return
	}
	half := len(s) / 2
	mergeInto(s[:half], room, compare)
	mergeInto(s[half:], room, compare)
	left := room[:copy(room, s[:half])]
	right := s[half:]
	for i := range s {
		if len(left) == 0 {
			return // the rest of the right half stands where it belongs
		}
		if len(right) > 0 && compare(&left[0], &right[0]) > 0 {
			s[i], right = right[0], right[1:]
		} else {
			s[i], left = left[0], left[1:]
		}
	}
}
