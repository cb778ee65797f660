// SPDX-License-Identifier: Apache-2.0

package format

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/distinct"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// These are the orders in which ipvsadm 1.31 printed what the kernel had listed in the
// order given.
func TestSortDestinations(t *testing.T) {
	tests := []struct {
		name      string
		got, want []string
	}{
		{"none", nil, nil},
		{"by address and port", []string{"10.0.0.2:80", "10.0.0.1:81", "10.0.0.1:80"}, []string{"10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80"}},
		{"in a circle", []string{"10.0.0.1:80", "192.168.0.1:80"}, []string{"192.168.0.1:80", "10.0.0.1:80"}},
		{"IPv6", []string{"[2001:db8::2]:80", "[2001:db8::1]:80", "[::1]:80"}, []string{"[::1]:80", "[2001:db8::1]:80", "[2001:db8::2]:80"}},
		{"mixed, IPv6 on the left", []string{"[102:304::1]:80", "1.2.3.4:90"}, []string{"1.2.3.4:90", "[102:304::1]:80"}},
		{"mixed, IPv4 on the left", []string{"1.2.3.4:90", "[102:304::1]:80"}, []string{"[102:304::1]:80", "1.2.3.4:90"}},
		{"mixed, with another second word", []string{"1.2.3.4:90", "[102:304:1::]:80"}, []string{"[102:304:1::]:80", "1.2.3.4:90"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d []ipvsnl.DestinationState
			for _, a := range tt.got {
				d = append(d, *destination(a, ipvsnl.Route))
			}
			SortDestinations(d)
			var got []string
			for i := range d {
				got = append(got, d[i].Destination.Addr.String())
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// Places whose marks or words of addresses differ in the highest bit are compared the other way round.
func TestSameHalf(t *testing.T) {
	for i := range 5 {
		var p, q place
		word := []*uint32{&q.mark, &q.addr[0], &q.addr[1], &q.addr[2], &q.addr[3]}[i]
		for bits, want := range map[uint32]bool{0: true, 1<<31 - 1: true, 1 << 31: false} {
			*word = bits
			require.Equal(t, want, p.sameHalf(&q), "%d: %x", i, bits)
			require.Equal(t, want, q.sameHalf(&p), "%d: %x", i, bits)
		}
	}
	require.False(t, (&place{words: 1}).sameHalf(&place{words: 4}))
}

func TestSortServices(t *testing.T) {
	addr := func(p ipvsnl.Protocol, a string) *ipvsnl.ServiceState { return service(p, a, nil) }
	fwm := mark
	want := []*ipvsnl.ServiceState{
		fwm(1<<32-1, ipvsnl.IPv4),
		addr(ipvsnl.TCP, "224.0.0.1:80"),
		addr(ipvsnl.TCP, "1.2.3.4:80"),
		addr(ipvsnl.TCP, "1.2.3.4:90"),
		addr(ipvsnl.UDP, "1.2.3.3:80"),
		addr(ipvsnl.SCTP, "1.2.3.3:80"),
		addr(ipvsnl.TCP, "[::1]:0"),
		fwm(1, ipvsnl.IPv4),
		fwm(1, ipvsnl.IPv6),
		fwm(7, ipvsnl.IPv4),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	SortServices(got)
	require.Equal(t, want, got)
}

// Up to 16 destinations are sorted without an allocation.
func TestSortAllocations(t *testing.T) {
	d := make([]ipvsnl.DestinationState, 16)
	for i := range d {
		d[i] = *destination("10.0.0.1:80", ipvsnl.Route)
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { SortDestinations(d) }))
}

// Equal elements keep their order, whatever the length.
func TestSortIsStable(t *testing.T) {
	for n := range 70 {
		d := make([]ipvsnl.DestinationState, n)
		for i := range d {
			d[i].Destination.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i * 7919 % 5)}), 80)
			d[i].Destination.Weight = uint32(i)
		}
		sortBy(d, func(d *ipvsnl.DestinationState) place { return placeOf(d.Destination.Addr) })
		require.True(t, slices.IsSortedFunc(d, func(a, b ipvsnl.DestinationState) int {
			if c := a.Destination.Addr.Addr().Compare(b.Destination.Addr.Addr()); c != 0 {
				return c
			}
			return int(a.Destination.Weight) - int(b.Destination.Weight)
		}), "%d elements: got %v", n, d)
	}
}

// The last words of IPv6 addresses count, too.
func TestSortWords(t *testing.T) {
	want := []string{"[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:9]:1", "[1:2:3:4:5:7:7:8]:1", "[1:2:3:5:5:6:7:8]:1", "[1:3:3:4:5:6:7:8]:1", "[1:3:3:4:5:6:7:8]:2"}
	var d []ipvsnl.DestinationState
	for _, a := range want {
		d = append(d, *destination(a, ipvsnl.Route))
	}
	slices.Reverse(d)
	SortDestinations(d)
	for i := range d {
		require.Equal(t, want[i], d[i].Destination.Addr.String())
	}
}

// What is in order already, or in reverse order, ends up as any sort leaves it: in a circle, too.
func TestSortQuickly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sets := [][]string{
		{"10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80", "100.0.0.1:80"},
		{"10.0.0.1:80", "100.0.0.1:80", "130.0.0.1:80", "192.168.0.1:80", "240.0.0.1:1"},
		{"[::1]:1", "[::8000:0:0:1]:1", "[::1:0:0:0]:1", "[8000::]:1", "[1::]:1", "[1::1]:2"},
		{"1.2.3.4:90", "[102:304::1]:80", "[102:304:1::]:80", "1.2.3.5:80"},
	}
	of := func(d *ipvsnl.DestinationState) place { return placeOf(d.Destination.Addr) }
	quick := 0
	for range 5000 {
		set := sets[random.IntN(len(sets))]
		var d []ipvsnl.DestinationState
		for range random.IntN(6) {
			d = append(d, *destination(set[random.IntN(len(set))], ipvsnl.Route))
		}
		want := distinct.By(slices.Clone(d), func(d *ipvsnl.DestinationState) netip.AddrPort { return d.Destination.Addr })
		sortBy(want, of)
		if len(d) > 1 && sortQuickly(slices.Clone(d), of) {
			quick++
		}
		require.Equal(t, want, SortDestinations(slices.Clone(d)), "%v", d)
	}
	require.Greater(t, quick, 300)

	// Marks wrap around, too.
	marks := []*ipvsnl.ServiceState{mark(1, ipvsnl.IPv4), mark(1<<31-1, ipvsnl.IPv4), mark(1<<32-2, ipvsnl.IPv4)}
	require.Equal(t, marks, SortServices(slices.Clone(marks)))
	require.Equal(t, marks[:2], SortServices([]*ipvsnl.ServiceState{marks[1], marks[0]}))
	require.Equal(t, marks[:1], SortServices([]*ipvsnl.ServiceState{marks[0], marks[0], marks[0]}))
}
