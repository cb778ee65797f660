// SPDX-License-Identifier: Apache-2.0

package ipvsnl

// Stats are the counters of a service or a destination since they were last
// zeroed, and its rates. In is from the client and out is to it, as seen by the
// director: with direct routing and tunnels, out stays 0.
//
// The kernel updates both every two seconds, so a counter can be out of date by
// as much.
type Stats struct {
	Conns    uint64 // connections scheduled (IPVS_STATS_ATTR_CONNS)
	InPkts   uint64 // packets in (IPVS_STATS_ATTR_INPKTS)
	OutPkts  uint64 // packets out (IPVS_STATS_ATTR_OUTPKTS)
	InBytes  uint64 // bytes in (IPVS_STATS_ATTR_INBYTES)
	OutBytes uint64 // bytes out (IPVS_STATS_ATTR_OUTBYTES)

	CPS    uint64 // connections a second (IPVS_STATS_ATTR_CPS)
	InPPS  uint64 // packets in a second (IPVS_STATS_ATTR_INPPS)
	OutPPS uint64 // packets out a second (IPVS_STATS_ATTR_OUTPPS)
	InBPS  uint64 // bytes, not bits, in a second (IPVS_STATS_ATTR_INBPS)
	OutBPS uint64 // bytes, not bits, out a second (IPVS_STATS_ATTR_OUTBPS)
}

// Add returns the sum of both, such as that of a service's destinations.
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
