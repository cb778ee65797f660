// SPDX-License-Identifier: Apache-2.0

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
		at := func(first byte) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, first, byte(i >> 8), byte(i)}), 80)
		}
		e.Service.Key = ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: at(0)}
		for j := range 10 {
			e.Destinations = append(e.Destinations, ipvsnl.Destination{Addr: at(byte(j)), Weight: 1})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if changes, err := reconcile.Plan(t, t); len(changes) > 0 || err != nil {
			b.Fatal(changes, err)
		}
	}
}

// BenchmarkRead reads a table of 1,000 services with 10 destinations each from a
// director in memory.
func BenchmarkRead(b *testing.B) {
	var t reconcile.Table
	for i := range uint32(1000) {
		e := mark(i+1, "rr")
		for j := range byte(10) {
			e.Destinations = append(e.Destinations, server(j, 1))
		}
		t = append(t, e)
	}
	c := open(b, newDirector(b, t))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := reconcile.Read(b.Context(), c); len(got) != len(t) || err != nil {
			b.Fatal(len(got), err)
		}
	}
}
