package reconcile_test

import (
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// BenchmarkPlan compares equal tables of 10,000 services with 10 destinations each.
func BenchmarkPlan(b *testing.B) {
	t := make(reconcile.Table, 10000)
	for i := range t {
		e := &t[i]
		e.Service.ServiceKey = ipvsnl.AddrKey(ipvsnl.TCP, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80))
		for j := range 10 {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(j), byte(i >> 8), byte(i)}), 80)
			e.Destinations = append(e.Destinations, ipvsnl.Destination{Addr: addr, Weight: 1})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if changes, err := reconcile.Plan(t, t); len(changes) > 0 || err != nil {
			b.Fatal(changes, err)
		}
	}
}
