// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

func BenchmarkDestination(b *testing.B) {
	s := service(ipvsnl.TCP, "10.0.0.1:80", nil)
	d := destination("192.168.100.200:8080", ipvsnl.Masquerade)
	for name, view := range map[string]View{"Plain": Plain, "Stats": Stats, "Rules": Rules} {
		b.Run(name, func(b *testing.B) {
			o := Options{View: view}
			line := make([]byte, 0, 256)
			b.ReportAllocs()
			for b.Loop() {
				line = o.AppendDestination(line[:0], s, d)
			}
		})
	}
}

func BenchmarkSort(b *testing.B) {
	var sorted [10]ipvsnl.DestinationState
	for i := range sorted {
		sorted[i] = *destination("10.0.0.1:80", ipvsnl.Route)
		sorted[i].Destination.Weight = uint32(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		SortDestinations(sorted[:])
	}
}

func BenchmarkConnection(b *testing.B) {
	var t ConnectionTable
	c := conns.Connection{Protocol: "TCP", Client: netip.MustParseAddrPort("192.168.100.200:54321"),
		Virtual: netip.MustParseAddrPort("10.0.0.1:80"), Destination: netip.MustParseAddrPort("172.16.1.2:8080"),
		State: "ESTABLISHED", RawExpires: 899}
	line := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		line = t.AppendConnection(line[:0], &c)
	}
}
