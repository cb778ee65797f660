// SPDX-License-Identifier: Apache-2.0

package ipvsnl

// Stats are the counters of a service or a destination since they were last
// zeroed, and its rates. "In" is from the client and "out" to it, as the director
// sees them: with direct routing and tunnels nothing goes out.
//
// The kernel updates both every two seconds, so counters can lag by as
// much.
type Stats struct {
	Conns    uint64 // connections scheduled (IPVS_STATS_ATTR_CONNS)
	InPkts   uint64 // packets in (IPVS_STATS_ATTR_INPKTS)
	OutPkts  uint64 // packets out (IPVS_STATS_ATTR_OUTPKTS)
	InBytes  uint64 // bytes in (IPVS_STATS_ATTR_INBYTES)
	OutBytes uint64 // bytes out (IPVS_STATS_ATTR_OUTBYTES)

	CPS    uint64 // connections per second (IPVS_STATS_ATTR_CPS)
	InPPS  uint64 // packets in per second (IPVS_STATS_ATTR_INPPS)
	OutPPS uint64 // packets out per second (IPVS_STATS_ATTR_OUTPPS)
	InBPS  uint64 // bytes (not bits) in per second (IPVS_STATS_ATTR_INBPS)
	OutBPS uint64 // bytes (not bits) out per second (IPVS_STATS_ATTR_OUTBPS)
}

// Add returns the sum of s and another Stats, for instance to add up destinations.
func (s Stats) Add(t Stats) Stats {
	return Stats{
		Conns:    s.Conns + t.Conns,
		InPkts:   s.InPkts + t.InPkts,
		OutPkts:  s.OutPkts + t.OutPkts,
		InBytes:  s.InBytes + t.InBytes,
		OutBytes: s.OutBytes + t.OutBytes,
		CPS:      s.CPS + t.CPS,
		InPPS:    s.InPPS + t.InPPS,
		OutPPS:   s.OutPPS + t.OutPPS,
		InBPS:    s.InBPS + t.InBPS,
		OutBPS:   s.OutBPS + t.OutBPS,
	}
}
