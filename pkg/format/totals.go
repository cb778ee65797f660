// SPDX-License-Identifier: Apache-2.0

package format

import "github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"

// sums are what destinations have together.
type sums struct {
	number                       int
	weight                       int64
	active, inactive, persistent uint64
	stats                        ipvsnl.Stats
}

func (s *sums) add(d *ipvsnl.DestinationState) {
	s.number++
	s.weight += int64(int32(d.Destination.Weight)) // as it is shown
	s.active += uint64(d.ActiveConns)
	s.inactive += uint64(d.InactiveConns)
	s.persistent += uint64(d.PersistentConns)
	s.stats = s.stats.Add(d.Stats)
}

// The sums of columns.
func weightSum(b []byte, s *sums) []byte     { return appendInt(b, s.weight) }
func activeSum(b []byte, s *sums) []byte     { return appendUint(b, s.active) }
func inactSum(b []byte, s *sums) []byte      { return appendUint(b, s.inactive) }
func persistentSum(b []byte, s *sums) []byte { return appendUint(b, s.persistent) }

// totals are the sums of a listing.
type totals struct {
	kernel   *ipvsnl.Stats // those that the kernel has of the network namespace; nil for none
	services int
	stats    ipvsnl.Stats // of the services
	one, all sums         // of the destinations of the last service, and of all
}

func (t *totals) addService(s *ipvsnl.ServiceState) {
	t.services++
	t.stats = t.stats.Add(s.Stats)
	t.one = sums{}
}

func (t *totals) addDestination(d *ipvsnl.DestinationState) {
	t.one.add(d)
	t.all.add(d)
}

// A summing layout can write sums too.
type summing interface {
	Layout
	appendSums(b []byte, s *sums) []byte     // after the destinations of a service
	appendTotals(b []byte, t *totals) []byte // after all services
}

// A Total is a layout with sums: after the destinations of each service, and at the end. It adds up what it appends, so
// a listing of any length takes no memory for them.
type Total struct {
	layout summing
	totals totals
}

// WithTotals returns the layout with sums, and with those of the kernel if they are not nil.
func (o *Options) WithTotals(kernel *ipvsnl.Stats) Layout { return newTotal(o, kernel) }

// WithTotals returns the layout with sums, and with those of the kernel if they are not nil.
func (j *JSON) WithTotals(kernel *ipvsnl.Stats) Layout {
	with := *j
	with.totals = true
	return newTotal(&with, kernel)
}

// WithTotals returns the layout with sums, and with those of the kernel if they are not nil.
func (w *Wide) WithTotals(kernel *ipvsnl.Stats) Layout { return &wideTotal{newTotal(w, kernel), w} }

func newTotal(l summing, kernel *ipvsnl.Stats) *Total { return &Total{l, totals{kernel: kernel}} }

// AppendHead appends the head of the layout.
func (t *Total) AppendHead(b []byte) []byte { return t.layout.AppendHead(b) }

// AppendService appends a service.
func (t *Total) AppendService(b []byte, s *ipvsnl.ServiceState) []byte {
	t.totals.addService(s)
	return t.layout.AppendService(b, s)
}

// AppendDestination appends a destination of the service s.
func (t *Total) AppendDestination(b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	t.totals.addDestination(d)
	return t.layout.AppendDestination(b, s, d)
}

// AppendServiceEnd appends the sums of a service.
func (t *Total) AppendServiceEnd(b []byte) []byte {
	return t.layout.AppendServiceEnd(t.layout.appendSums(b, &t.totals.one))
}

// AppendEnd appends the sums of all services.
func (t *Total) AppendEnd(b []byte) []byte {
	return t.layout.AppendEnd(t.layout.appendTotals(b, &t.totals))
}

// A wideTotal is a Wide with sums. No figure of a service needs more room than that of all.
type wideTotal struct {
	*Total
	wide *Wide
}

// FitService makes the columns as wide as a service needs.
func (w *wideTotal) FitService(s *ipvsnl.ServiceState) {
	w.totals.addService(s)
	w.wide.FitService(s)
}

// FitDestination makes the columns as wide as a destination of the service s needs.
func (w *wideTotal) FitDestination(s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) {
	w.totals.addDestination(d)
	w.wide.FitDestination(s, d)
}

// AppendHead makes the columns as wide as the sums need, and appends the head.
func (w *wideTotal) AppendHead(b []byte) []byte {
	w.wide.fitTotals(&w.totals)
	w.totals = totals{kernel: w.totals.kernel} // they are added up again
	return w.Total.AppendHead(b)
}
