// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import "testing"

var (
	benchChange = AddDestination(webKey, Destination{Addr: real1, Forwarding: Masquerade, Weight: 100, UpperThreshold: 1000, LowerThreshold: 500})
	benchReply  = attribute(2,
		attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)), attribute(3, uint32(0)), attribute(4, uint32(1)),
		attribute(5, uint32(0)), attribute(6, uint32(0)), attribute(7, uint32(7)), attribute(8, uint32(8)), attribute(9, uint32(9)),
		attribute(11, uint16(2)), attribute(10, stats32), attribute(12, stats64),
		attribute(13, uint8(0)), attribute(14, be16Value(0)), attribute(15, uint16(0)))
	benchService = attribute(1, attribute(1, uint16(2)), attribute(2, uint16(6)), attribute(3, addr16("192.0.2.1")),
		attribute(4, be16Value(80)), attribute(6, "wlc\x00"), attribute(7, uint32(2), uint32(0)), attribute(8, uint32(0)),
		attribute(9, uint32(0)), attribute(10, stats32), attribute(12, stats64))
)

func BenchmarkEncodeDestination(b *testing.B) {
	var e encoder
	b.ReportAllocs()
	for b.Loop() {
		e.reset()
		if err := e.wholeDest(cmdNewDest, &benchChange); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeDestination(b *testing.B) {
	var d decoder
	var v DestinationState
	b.ReportAllocs()
	for b.Loop() {
		if err := d.readDest(benchReply, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeService(b *testing.B) {
	var d decoder
	var v ServiceState
	b.ReportAllocs()
	for b.Loop() {
		if err := d.readService(benchService, &v); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAllocations checks that neither a request nor a reply costs an allocation,
// except for names that no kernel has.
func TestAllocations(t *testing.T) {
	var e encoder
	var d decoder
	var service ServiceState
	var dest DestinationState
	for name, run := range map[string]func() error{
		"encode destination": func() error { e.reset(); return e.wholeDest(cmdNewDest, &benchChange) },
		"encode key":         func() error { e.reset(); return e.aboutService(cmdGetService, &webKey) },
		"decode destination": func() error { return d.readDest(benchReply, &dest) },
		"decode service":     func() error { return d.readService(benchService, &service) },
	} {
		n := testing.AllocsPerRun(100, func() {
			if err := run(); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
