package format

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// The orders wanted here are those in which ipvsadm 1.31 printed what the kernel
// listed in the order given.
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
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d []ipvsnl.Destination
			for _, a := range tt.got {
				d = append(d, ipvsnl.Destination{Addr: netip.MustParseAddrPort(a)})
			}
			SortDestinations(d)
			var got []string
			for i := range d {
				got = append(got, d[i].Addr.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSortServices(t *testing.T) {
	addr := func(p ipvsnl.Protocol, a string) ipvsnl.Service {
		return ipvsnl.Service{ServiceKey: ipvsnl.AddrKey(p, netip.MustParseAddrPort(a))}
	}
	fwm := func(n uint32, f ipvsnl.Family) ipvsnl.Service {
		return ipvsnl.Service{ServiceKey: ipvsnl.MarkKey(n, f)}
	}
	want := []ipvsnl.Service{
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
	for i := range want {
		if got[i].ServiceKey != want[i].ServiceKey {
			t.Errorf("place %d: got %v, want %v", i, got[i].ServiceKey, want[i].ServiceKey)
		}
	}
}

// Equal elements keep their order, whatever the length.
func TestSortIsStable(t *testing.T) {
	for n := range 70 {
		d := make([]ipvsnl.Destination, n)
		for i := range d {
			d[i].Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i * 7919 % 5)}), 80)
			d[i].Weight = uint32(i)
		}
		SortDestinations(d)
		if !slices.IsSortedFunc(d, func(a, b ipvsnl.Destination) int {
			if c := a.Addr.Addr().Compare(b.Addr.Addr()); c != 0 {
				return c
			}
			return int(a.Weight) - int(b.Weight)
		}) {
			t.Errorf("%d elements: got %v", n, d)
		}
	}
}
