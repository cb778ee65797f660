// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// metricTypes are the types of all metrics.
var metricTypes = map[string]dto.MetricType{
	"ipvs_connections_total":                       dto.MetricType_COUNTER,
	"ipvs_packets_total":                           dto.MetricType_COUNTER,
	"ipvs_bytes_total":                             dto.MetricType_COUNTER,
	"ipvs_service_info":                            dto.MetricType_GAUGE,
	"ipvs_service_destinations":                    dto.MetricType_GAUGE,
	"ipvs_service_connections_total":               dto.MetricType_COUNTER,
	"ipvs_service_packets_total":                   dto.MetricType_COUNTER,
	"ipvs_service_bytes_total":                     dto.MetricType_COUNTER,
	"ipvs_destination_info":                        dto.MetricType_GAUGE,
	"ipvs_destination_weight":                      dto.MetricType_GAUGE,
	"ipvs_destination_upper_threshold_connections": dto.MetricType_GAUGE,
	"ipvs_destination_lower_threshold_connections": dto.MetricType_GAUGE,
	"ipvs_destination_active_connections":          dto.MetricType_GAUGE,
	"ipvs_destination_inactive_connections":        dto.MetricType_GAUGE,
	"ipvs_destination_persistent_connections":      dto.MetricType_GAUGE,
	"ipvs_destination_connections_total":           dto.MetricType_COUNTER,
	"ipvs_destination_packets_total":               dto.MetricType_COUNTER,
	"ipvs_destination_bytes_total":                 dto.MetricType_COUNTER,
}

// metricsText writes metrics.
func metricsText(t *testing.T, m *Metrics) string {
	t.Helper()
	var text bytes.Buffer
	m.Write(func() []byte { return nil }, func(b []byte) bool {
		text.Write(b)
		return true
	})
	return text.String()
}

// someMetrics have a different number in each place.
func someMetrics() *Metrics {
	s := service(ipvsnl.TCP, "1.2.3.4:80", func(s *ipvsnl.Service) { s.Scheduler = "a\"b\\c\nd\xff" })
	s.Stats = ipvsnl.Stats{Conns: 1, InPkts: 2, OutPkts: 3, InBytes: 4, OutBytes: 5}
	mark := &ipvsnl.ServiceState{Service: ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 7, IPv6: true}, Scheduler: "rr"}}
	d := tunnelTo("[2001:db8::1]:81", ipvsnl.GUE, 6080, 0)
	d.Destination.Weight, d.Destination.UpperThreshold, d.Destination.LowerThreshold = 11, 12, 13
	d.ActiveConns, d.InactiveConns, d.PersistentConns = 14, 15, 16
	d.Stats = ipvsnl.Stats{Conns: 21, InPkts: 22, OutPkts: 23, InBytes: 24, OutBytes: 25}
	return &Metrics{
		Totals:   &ipvsnl.Stats{Conns: 31, InPkts: 32, OutPkts: 33, InBytes: 34, OutBytes: 1<<64 - 1},
		Services: []ServiceMetrics{{s, []ipvsnl.DestinationState{*d, *d}}, {mark, nil}},
	}
}

// The library of Prometheus reads what is written: all metrics, their types and help.
func TestMetricsParse(t *testing.T) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(metricsText(t, someMetrics())))
	require.NoError(t, err)
	types := map[string]dto.MetricType{}
	for name, f := range families {
		types[name] = f.GetType()
		require.NotEmpty(t, f.GetHelp(), name)
		require.True(t, strings.HasPrefix(name, "ipvs_"))
		require.Equal(t, f.GetType() == dto.MetricType_COUNTER, strings.HasSuffix(name, "_total"), name)
	}
	require.Equal(t, metricTypes, types)
	info := families["ipvs_service_info"].Metric
	require.Len(t, info, 2)
	labels := map[string]string{}
	for _, l := range info[0].Label {
		labels[l.GetName()] = l.GetValue()
	}
	require.Equal(t, map[string]string{"protocol": "TCP", "address": "1.2.3.4", "port": "80", "mark": "", "family": "IPv4",
		"scheduler": "a\"b\\c\nd\ufffd"}, labels)
}

// Every number is where it belongs, and all lines of a metric follow each other.
func TestMetricsText(t *testing.T) {
	const tcp = `{protocol="TCP",address="1.2.3.4",port="80",mark="",family="IPv4"`
	const mark = `{protocol="",address="",port="",mark="7",family="IPv6"`
	const server = tcp + `,destination_address="2001:db8::1",destination_port="81"`
	var lines []string
	m := someMetrics()
	m.Services[0].Destinations = m.Services[0].Destinations[:1]
	text := metricsText(t, m)
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	require.Equal(t, []string{
		`ipvs_connections_total 31`,
		`ipvs_packets_total{direction="in"} 32`,
		`ipvs_packets_total{direction="out"} 33`,
		`ipvs_bytes_total{direction="in"} 34`,
		`ipvs_bytes_total{direction="out"} 18446744073709551615`,
		`ipvs_service_info` + tcp + `,scheduler="a\"b\\c\nd` + "\ufffd" + `"} 1`,
		`ipvs_service_info` + mark + `,scheduler="rr"} 1`,
		`ipvs_service_destinations` + tcp + `} 1`,
		`ipvs_service_destinations` + mark + `} 0`,
		`ipvs_service_connections_total` + tcp + `} 1`,
		`ipvs_service_connections_total` + mark + `} 0`,
		`ipvs_service_packets_total` + tcp + `,direction="in"} 2`,
		`ipvs_service_packets_total` + tcp + `,direction="out"} 3`,
		`ipvs_service_packets_total` + mark + `,direction="in"} 0`,
		`ipvs_service_packets_total` + mark + `,direction="out"} 0`,
		`ipvs_service_bytes_total` + tcp + `,direction="in"} 4`,
		`ipvs_service_bytes_total` + tcp + `,direction="out"} 5`,
		`ipvs_service_bytes_total` + mark + `,direction="in"} 0`,
		`ipvs_service_bytes_total` + mark + `,direction="out"} 0`,
		`ipvs_destination_info` + server + `,forwarding="Tunnel"} 1`,
		`ipvs_destination_weight` + server + `} 11`,
		`ipvs_destination_upper_threshold_connections` + server + `} 12`,
		`ipvs_destination_lower_threshold_connections` + server + `} 13`,
		`ipvs_destination_active_connections` + server + `} 14`,
		`ipvs_destination_inactive_connections` + server + `} 15`,
		`ipvs_destination_persistent_connections` + server + `} 16`,
		`ipvs_destination_connections_total` + server + `} 21`,
		`ipvs_destination_packets_total` + server + `,direction="in"} 22`,
		`ipvs_destination_packets_total` + server + `,direction="out"} 23`,
		`ipvs_destination_bytes_total` + server + `,direction="in"} 24`,
		`ipvs_destination_bytes_total` + server + `,direction="out"} 25`,
	}, lines)
	require.True(t, strings.HasPrefix(text, "# HELP ipvs_connections_total Connections in the network namespace.\n"+
		"# TYPE ipvs_connections_total counter\n"), text)
	m.Totals, m.Services = nil, nil
	require.True(t, strings.HasPrefix(metricsText(t, m), "# HELP ipvs_service_info A service and its scheduler; the value is 1.\n"+
		"# TYPE ipvs_service_info gauge\n# HELP ipvs_service_destinations "))
}

// Metrics end where a write returns false.
func TestMetricsEnd(t *testing.T) {
	whole := 0
	m := someMetrics()
	m.Write(func() []byte { return nil }, func([]byte) bool {
		whole++
		return true
	})
	for at := range whole {
		n := 0
		m.Write(func() []byte { return nil }, func([]byte) bool {
			n++
			return n <= at
		})
		require.Equal(t, at+1, n)
	}
}

// The length of a listing does not matter to the memory that writing it takes.
func TestMetricsAllocations(t *testing.T) {
	m := someMetrics()
	m.Services[0].Service.Service.Scheduler = "rr"
	b := make([]byte, 0, 1<<12)
	allocated := func() float64 {
		return testing.AllocsPerRun(10, func() {
			m.Write(func() []byte { return b[:0] }, func([]byte) bool { return true })
		})
	}
	few := allocated()
	for range 10 {
		m.Services = append(m.Services, m.Services...)
	}
	require.InDelta(t, few, allocated(), 10)
}
