// SPDX-License-Identifier: Apache-2.0

package format

import "github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"

// appendSums appends the last field of a service.
func (j *JSON) appendSums(b []byte, s *sums) []byte {
	return appendObject(append(b, `],"totals":`...), sumFields, s)
}

// appendTotals appends what follows the array of services.
func (j *JSON) appendTotals(b []byte, t *totals) []byte {
	return appendObject(append(appendBreak(b, j.Time), `],"totals":`...), totalFields, t)
}

var totalFields = []field[*totals]{
	{"services", func(b []byte, t *totals) []byte { return appendObject(b, serviceSumFields, t) }},
	{"destinations", func(b []byte, t *totals) []byte { return appendObject(b, sumFields, &t.all) }},
	{"kernel", func(b []byte, t *totals) []byte {
		if t.kernel == nil {
			return b
		}
		return appendObject(b, kernelFields, t.kernel)
	}},
}

var serviceSumFields = []field[*totals]{
	{"number", func(b []byte, t *totals) []byte { return appendUint(b, uint64(t.services)) }},
	{"counters", func(b []byte, t *totals) []byte { return appendObject(b, counterFields, &t.stats) }},
	{"rates", func(b []byte, t *totals) []byte { return appendObject(b, rateFields, &t.stats) }},
}

var sumFields = []field[*sums]{
	{"number", func(b []byte, s *sums) []byte { return appendUint(b, uint64(s.number)) }},
	{"weight", weightSum},
	{"active_connections", activeSum},
	{"inactive_connections", inactSum},
	{"persistent_connections", persistentSum},
	{"counters", func(b []byte, s *sums) []byte { return appendObject(b, counterFields, &s.stats) }},
	{"rates", func(b []byte, s *sums) []byte { return appendObject(b, rateFields, &s.stats) }},
}

var kernelFields = []field[*ipvsnl.Stats]{
	{"counters", func(b []byte, s *ipvsnl.Stats) []byte { return appendObject(b, counterFields, s) }},
	{"rates", func(b []byte, s *ipvsnl.Stats) []byte { return appendObject(b, rateFields, s) }},
}
