// SPDX-License-Identifier: Apache-2.0

package format

import (
	"strings"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// Metrics are a table in the text format 0.0.4 of Prometheus.
type Metrics struct {
	Totals   *ipvsnl.Stats // of the network namespace; nil for none
	Services []ServiceMetrics
}

// ServiceMetrics are a service and its destinations.
type ServiceMetrics struct {
	Service      *ipvsnl.ServiceState
	Destinations []ipvsnl.DestinationState
}

// A metric is one row of a table of metrics, about what a pointer points to, as with [field]. Its name ends in its unit,
// if it has one.
type metric[P any] struct {
	name    string
	counter bool // otherwise it is a gauge
	help    string
	samples []sample[P]
}

// A sample is a value of a metric, with a label of its own or none.
type sample[P any] struct {
	label func(b []byte, v P) []byte
	value func(b []byte, v P) []byte
}

// A serviceLine is the source of a sample of a service, a destinationLine that of one of a destination.
type (
	serviceLine     = ServiceMetrics
	destinationLine struct {
		service     *ipvsnl.ServiceState
		destination *ipvsnl.DestinationState
	}
)

// totalMetrics returns a table, which only this listing needs.
func totalMetrics() []metric[*ipvsnl.Stats] {
	return []metric[*ipvsnl.Stats]{
		{"ipvs_connections_total", true, "Connections in the network namespace.", one(func(b []byte, s *ipvsnl.Stats) []byte {
			return appendUint(b, s.Conns)
		})},
		{"ipvs_packets_total", true, "Packets from clients (in) and to clients (out) in the network namespace.", inOut(
			func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InPkts) },
			func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutPkts) })},
		{"ipvs_bytes_total", true, "Bytes from clients (in) and to clients (out) in the network namespace.", inOut(
			func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InBytes) },
			func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutBytes) })},
	}
}

// serviceMetrics returns a table, which only this listing needs.
func serviceMetrics() []metric[*serviceLine] {
	return []metric[*serviceLine]{
		{"ipvs_service_info", false, "A service and its scheduler; the value is 1.", []sample[*serviceLine]{{
			label: func(b []byte, s *serviceLine) []byte { return appendLabel(b, "scheduler", s.Service.Service.Scheduler) },
			value: func(b []byte, _ *serviceLine) []byte { return append(b, '1') },
		}}},
		{"ipvs_service_destinations", false, "Real servers of the service.", one(func(b []byte, s *serviceLine) []byte {
			return appendUint(b, uint64(len(s.Destinations)))
		})},
		{"ipvs_service_connections_total", true, "Connections of the service.", one(func(b []byte, s *serviceLine) []byte {
			return appendUint(b, s.Service.Stats.Conns)
		})},
		{"ipvs_service_packets_total", true, "Packets from clients (in) and to clients (out) of the service.", inOut(
			func(b []byte, s *serviceLine) []byte { return appendUint(b, s.Service.Stats.InPkts) },
			func(b []byte, s *serviceLine) []byte { return appendUint(b, s.Service.Stats.OutPkts) })},
		{"ipvs_service_bytes_total", true, "Bytes from clients (in) and to clients (out) of the service.", inOut(
			func(b []byte, s *serviceLine) []byte { return appendUint(b, s.Service.Stats.InBytes) },
			func(b []byte, s *serviceLine) []byte { return appendUint(b, s.Service.Stats.OutBytes) })},
	}
}

// destinationMetrics returns a table, which only this listing needs.
func destinationMetrics() []metric[*destinationLine] {
	return []metric[*destinationLine]{
		{"ipvs_destination_info", false, "A real server and its forwarding method; the value is 1.", []sample[*destinationLine]{{
			label: func(b []byte, d *destinationLine) []byte {
				return appendLabel(b, "forwarding", words.ForwardingOf(d.destination.Destination.Forwarding).Name)
			},
			value: func(b []byte, _ *destinationLine) []byte { return append(b, '1') },
		}}},
		{"ipvs_destination_weight", false, "Weight of the real server; with 0 it gets no new connections.", one(
			func(b []byte, d *destinationLine) []byte { return weight(b, d.destination) })},
		{"ipvs_destination_upper_threshold_connections", false, "Upper threshold of the real server; 0 means no limit.", one(
			func(b []byte, d *destinationLine) []byte {
				return appendUint(b, uint64(d.destination.Destination.UpperThreshold))
			})},
		{"ipvs_destination_lower_threshold_connections", false, "Lower threshold of the real server.", one(
			func(b []byte, d *destinationLine) []byte {
				return appendUint(b, uint64(d.destination.Destination.LowerThreshold))
			})},
		{"ipvs_destination_active_connections", false, "Established connections of the real server.", one(
			func(b []byte, d *destinationLine) []byte { return activeConns(b, d.destination) })},
		{"ipvs_destination_inactive_connections", false, "All other connections of the real server.", one(
			func(b []byte, d *destinationLine) []byte { return inactConns(b, d.destination) })},
		{"ipvs_destination_persistent_connections", false, "Persistence templates of the real server.", one(
			func(b []byte, d *destinationLine) []byte { return appendUint(b, uint64(d.destination.PersistentConns)) })},
		{"ipvs_destination_connections_total", true, "Connections of the real server.", one(
			func(b []byte, d *destinationLine) []byte { return appendUint(b, d.destination.Stats.Conns) })},
		{"ipvs_destination_packets_total", true, "Packets from clients (in) and to clients (out) of the real server.", inOut(
			func(b []byte, d *destinationLine) []byte { return appendUint(b, d.destination.Stats.InPkts) },
			func(b []byte, d *destinationLine) []byte { return appendUint(b, d.destination.Stats.OutPkts) })},
		{"ipvs_destination_bytes_total", true, "Bytes from clients (in) and to clients (out) of the real server.", inOut(
			func(b []byte, d *destinationLine) []byte { return appendUint(b, d.destination.Stats.InBytes) },
			func(b []byte, d *destinationLine) []byte { return appendUint(b, d.destination.Stats.OutBytes) })},
	}
}

// one returns a sample without a label of its own.
func one[P any](value func([]byte, P) []byte) []sample[P] { return []sample[P]{{nil, value}} }

// inOut returns a sample for each direction.
func inOut[P any](in, out func([]byte, P) []byte) []sample[P] {
	direction := func(name string) func([]byte, P) []byte {
		return func(b []byte, _ P) []byte { return appendLabel(b, "direction", name) }
	}
	return []sample[P]{{direction("in"), in}, {direction("out"), out}}
}

// Write passes the metrics to a function, a line at a time or a few, appended to what room returns, until the function
// returns false. All samples of a metric follow each other, as the format requires.
func (m *Metrics) Write(room func() []byte, write func([]byte) (more bool)) {
	w := metricWriter{room, write}
	if m.Totals != nil {
		for _, f := range totalMetrics() {
			if !write(appendSamples(f.appendHead(room()), &f, nil, m.Totals)) {
				return
			}
		}
	}
	if w.services(m.Services) {
		w.destinations(m.Services)
	}
}

type metricWriter struct {
	room  func() []byte
	write func([]byte) (more bool)
}

func (w metricWriter) services(all []ServiceMetrics) (more bool) {
	var labels []byte
	for _, f := range serviceMetrics() {
		if !w.write(f.appendHead(w.room())) {
			return false
		}
		for j := range all {
			labels = appendServiceLabels(labels[:0], &all[j].Service.Service.Key)
			if !w.write(appendSamples(w.room(), &f, labels, &all[j])) {
				return false
			}
		}
	}
	return true
}

func (w metricWriter) destinations(all []ServiceMetrics) {
	var labels []byte
	var line destinationLine
	for _, f := range destinationMetrics() {
		if !w.write(f.appendHead(w.room())) {
			return
		}
		for j := range all {
			s := &all[j]
			labels = appendServiceLabels(labels[:0], &s.Service.Service.Key)
			common := len(labels)
			for k := range s.Destinations {
				d := &s.Destinations[k]
				labels = appendDestinationLabels(labels[:common], &d.Destination)
				line = destinationLine{s.Service, d}
				if !w.write(appendSamples(w.room(), &f, labels, &line)) {
					return
				}
			}
		}
	}
}

// appendHead appends the lines before the samples of a metric.
func (f *metric[P]) appendHead(b []byte) []byte {
	kind := "gauge"
	if f.counter {
		kind = "counter"
	}
	b = append(append(append(b, "# HELP "...), f.name...), ' ')
	b = append(append(b, f.help...), "\n# TYPE "...)
	b = append(append(append(b, f.name...), ' '), kind...)
	return append(b, '\n')
}

// appendSamples appends the samples of a metric for v, which has these labels.
func appendSamples[P any](b []byte, f *metric[P], labels []byte, v P) []byte {
	for _, s := range f.samples {
		b = append(b, f.name...)
		start := len(b)
		b = append(b, labels...)
		if s.label != nil {
			b = s.label(b, v)
		}
		if len(b) > start {
			b[start] = '{' // in place of the comma before the first label
			b = append(b, '}')
		}
		b = append(s.value(append(b, ' '), v), '\n')
	}
	return b
}

// appendServiceLabels appends the labels that identify a service. All services have all of them; those that do not
// apply are empty, which is the same as none.
func appendServiceLabels(b []byte, k *ipvsnl.ServiceKey) []byte {
	if k.Mark != 0 {
		b = appendUint(append(b, `,protocol="",address="",port="",mark="`...), uint64(k.Mark))
	} else {
		b = append(append(b, `,protocol="`...), words.ProtocolOf(k.Protocol).Name...)
		b = appendAddr(append(b, `",address="`...), k.Addr.Addr())
		b = appendUint(append(b, `",port="`...), uint64(k.Addr.Port()))
		b = append(b, `",mark="`...)
	}
	b = append(append(b, `",family="`...), k.Family().String()...)
	return append(b, '"')
}

// appendDestinationLabels appends the labels that identify a destination of its service.
func appendDestinationLabels(b []byte, d *ipvsnl.Destination) []byte {
	b = appendAddr(append(b, `,destination_address="`...), d.Addr.Addr())
	b = appendUint(append(b, `",destination_port="`...), uint64(d.Addr.Port()))
	return append(b, '"')
}

// appendLabel appends a comma and a label.
func appendLabel(b []byte, name, value string) []byte {
	b = append(append(append(b, ','), name...), `="`...)
	value = strings.ToValidUTF8(value, string(utf8.RuneError))
	for i := range len(value) {
		switch c := value[i]; c {
		case '\n':
			b = append(b, `\n`...)
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
