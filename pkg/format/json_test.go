// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"math"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

const (
	noCounters = `{"connections":0,"packets_in":0,"packets_out":0,"bytes_in":0,"bytes_out":0}`
	noTraffic  = `"counters":` + noCounters + `,"rates":` + noCounters
)

func TestJSONServices(t *testing.T) {
	busy := service(ipvsnl.TCP, "1.2.3.4:80", nil)
	busy.Stats = ipvsnl.Stats{Conns: math.MaxUint64, InPkts: 1, OutPkts: 2, InBytes: 3, OutBytes: 4,
		CPS: 5, InPPS: 6, OutPPS: 7, InBPS: 8, OutBPS: 1 << 53}
	for _, tt := range []struct {
		service *ipvsnl.ServiceState
		want    string
	}{
		{busy, `{"protocol":"TCP","address":"1.2.3.4","port":80,"family":"IPv4","scheduler":"wlc","flags":[],` +
			`"counters":{"connections":18446744073709551615,"packets_in":1,"packets_out":2,"bytes_in":3,"bytes_out":4},` +
			`"rates":{"connections":5,"packets_in":6,"packets_out":7,"bytes_in":8,"bytes_out":9007199254740992}`},
		{service(ipvsnl.UDP, "1.2.3.4:83", everything), `{"protocol":"UDP","address":"1.2.3.4","port":83,"family":"IPv4","scheduler":"rr",` +
			`"flags":["persistent","one_packet","flag-1","flag-3"],"persistence":{"timeout":5,"netmask":"255.255.255.0"},"engine":"sip",` + noTraffic},
		{service(ipvsnl.SCTP, "[::1.2.3.4]:0", func(s *ipvsnl.Service) { s.Persistence = persistent(360, ipvsnl.Mask6(64)) }),
			`{"protocol":"SCTP","address":"::1.2.3.4","port":0,"family":"IPv6","scheduler":"wlc",` +
				`"flags":["persistent"],"persistence":{"timeout":360,"prefix_length":64},` + noTraffic},
		{mark(1<<32-1, ipvsnl.IPv6), `{"mark":4294967295,"family":"IPv6","scheduler":"wlc","flags":[],` + noTraffic},
		{service(ipvsnl.TCP, "1.2.3.4:80", func(s *ipvsnl.Service) {
			s.Scheduler, s.SchedulerFlags, s.OnePacket = "sh", ipvsnl.SchedulerFlag1|ipvsnl.SchedulerFlag2|ipvsnl.SchedulerFlag3, true
			s.Persistence.Timeout = ipvsnl.PersistZero
		}),
			`{"protocol":"TCP","address":"1.2.3.4","port":80,"family":"IPv4","scheduler":"sh",` +
				`"flags":["persistent","one_packet","sh-fallback","sh-port","flag-3"],"persistence":{"timeout":0,"netmask":"255.255.255.255"},` + noTraffic},
	} {
		var j JSON
		got := string(j.AppendEnd(j.AppendServiceEnd(j.AppendService(j.AppendHead(nil), tt.service))))
		require.Equal(t, "[\n"+tt.want+",\"destinations\":[]}\n]\n", got)
	}
}

func TestJSONDestinations(t *testing.T) {
	const weighs = `"weight":1,"upper_threshold":0,"lower_threshold":0`
	const idle = `"active_connections":0,"inactive_connections":0,"persistent_connections":0,` + noTraffic + `}`
	want := "[\n" + `{"protocol":"TCP","address":"1.2.3.4","port":80,"family":"IPv4","scheduler":"wlc","flags":[],` + noTraffic + `,"destinations":[` +
		strings.Join([]string{
			`{"address":"1.1.1.7","port":80,"family":"IPv4","forwarding":"Masq","weight":2147483647,"upper_threshold":20,"lower_threshold":10,` +
				`"active_connections":3,"inactive_connections":4,"persistent_connections":5,` + noTraffic + `}`,
			`{"address":"::1","port":80,"family":"IPv6","forwarding":"Tunnel",` + weighs + `,"tunnel":{"type":"ipip"},` + idle,
			`{"address":"1.1.1.8","port":80,"family":"IPv4","forwarding":"Tunnel",` + weighs + `,"tunnel":{"type":"gue","port":6080,"checksum":"remcsum"},` + idle,
			`{"address":"1.1.1.9","port":80,"family":"IPv4","forwarding":"Tunnel",` + weighs + `,"tunnel":{"type":"gre","checksum":"nocsum"},` + idle,
			`{"address":"1.1.1.10","port":80,"family":"IPv4","forwarding":"Tunnel",` + weighs + `,"tunnel":{},` + idle, // of an unknown type
			`{"address":"1.1.1.11","port":80,"family":"IPv4",` + weighs + `,` + idle,                                   // of an unknown method
		}, ",") + "]},\n" +
		`{"mark":1,"family":"IPv4","scheduler":"wlc","flags":[],` + noTraffic + `,"destinations":[]},` + "\n" +
		`{"mark":2,"family":"IPv4","scheduler":"wlc","flags":[],` + noTraffic + `,"destinations":[` +
		`{"address":"1.1.1.12","port":0,"family":"IPv4","forwarding":"Local",` + weighs + `,` + idle + "]}\n]\n"
	var j JSON
	first := service(ipvsnl.TCP, "1.2.3.4:80", nil)
	b := j.AppendService(j.AppendHead(nil), first)
	for _, d := range []*ipvsnl.DestinationState{heavy(), tunnelTo("[::1]:80", ipvsnl.IPIP, 0, 0),
		tunnelTo("1.1.1.8:80", ipvsnl.GUE, 6080, ipvsnl.TunnelRemoteChecksum), tunnelTo("1.1.1.9:80", ipvsnl.GRE, 0, 0),
		tunnelTo("1.1.1.10:80", 9, 1, 1), destination("1.1.1.11:80", 7)} {
		b = j.AppendDestination(b, first, d)
	}
	b = j.AppendServiceEnd(j.AppendService(j.AppendServiceEnd(b), mark(1, ipvsnl.IPv4)))
	last := mark(2, ipvsnl.IPv4)
	b = j.AppendDestination(j.AppendService(b, last), last, destination("1.1.1.12:0", ipvsnl.Local))
	require.Empty(t, cmp.Diff(strings.Split(want, "\n"), strings.Split(string(j.AppendEnd(j.AppendServiceEnd(b))), "\n")))
}

func TestJSONState(t *testing.T) {
	require.Equal(t, `{"tcp":900,"tcp_fin":120,"udp":300}`+"\n", string(AppendTimeoutsJSON(nil, &timeouts)))
	daemons := []ipvsnl.Daemon{
		{State: ipvsnl.Master, Interface: "eth0", SyncID: 7, MaxLen: 1472, Group: netip.MustParseAddr("ff02::1:2"), Port: 9000, TTL: 5},
		{State: ipvsnl.Backup, Interface: "a\xffb"}, // of a kernel that does not report more
	}
	want := "[\n" + `{"state":"master","interface":"eth0","syncid":7,"maxlen":1472,"group":"ff02::1:2","port":9000,"ttl":5},` + "\n" +
		`{"state":"backup","interface":"a\ufffdb","syncid":0,"maxlen":0,"port":0,"ttl":0}` + "\n]\n"
	require.Equal(t, want, string(AppendDaemonsJSON(nil, daemons)))
	require.Equal(t, "[\n]\n", string(AppendDaemonsJSON(nil, nil)))
}

func TestJSONConnections(t *testing.T) {
	plain := &conns.Connection{Protocol: "TCP", Client: netip.MustParseAddrPort("[2001:db8::9]:50000"),
		Virtual: netip.MustParseAddrPort("[::1]:80"), Destination: netip.MustParseAddrPort("10.0.0.2:8080"),
		State: "ESTABLISHED", Expires: 49 * 24 * time.Hour, RawExpires: 1 << 40}
	odd := *plain
	odd.Engine, odd.EngineData = "sip", "\"\\\x01\xc3\xa9\xe2\x82@h"
	const common = `{"protocol":"TCP","client":{"address":"2001:db8::9","port":50000},"virtual":{"address":"::1","port":80},` +
		`"destination":{"address":"10.0.0.2","port":8080},"state":"ESTABLISHED","expires":4233600`
	var j JSONConnections
	got := string(j.AppendEnd(j.AppendConnection(j.AppendConnection(j.AppendHead(nil), plain), &odd)))
	synced := *plain
	synced.Origin = conns.Synced
	require.Equal(t, ",\n"+common+`,"origin":"synced"}`, string(j.AppendConnection(nil, &synced)))
	require.Equal(t, "[,\n"+common+"},\n"+common+`,"engine":"sip","engine_data":"\"\\\u0001é\ufffd\ufffd@h"}`+"\n]\n", got)
}

func TestJSONAllocations(t *testing.T) {
	s := service(ipvsnl.UDP, "1.2.3.4:83", everything)
	d := tunnelTo("[2001:db8::1]:80", ipvsnl.GUE, 6080, ipvsnl.TunnelChecksum)
	c := &conns.Connection{Protocol: "TCP", Client: netip.MustParseAddrPort("1.2.3.4:5"), Virtual: netip.MustParseAddrPort("[::1]:80"),
		Destination: netip.MustParseAddrPort("[2001:db8::9]:80"), State: "ESTABLISHED", Engine: "sip", EngineData: "x"}
	var j JSON
	b := make([]byte, 0, 1<<16)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		b = JSONConnections{}.AppendConnection(j.AppendDestination(j.AppendService(b[:0], s), s, d), c)
	}))
}

func fieldNames[T any](fields []field[T]) (all []string) {
	for _, f := range fields {
		all = append(all, f.name)
	}
	return all
}

// jsonObjects are the fields of every object, by its name in the schema.
func jsonObjects() map[string][]string {
	return map[string][]string{
		"service":          append(fieldNames(serviceFields), "destinations", "totals"),
		"persistence":      fieldNames(persistenceFields),
		"destination":      fieldNames(destinationFields),
		"tunnel":           fieldNames(tunnelFields),
		"counters":         fieldNames(counterFields),
		"rates":            fieldNames(rateFields),
		"connection":       fieldNames(connectionFields),
		"endpoint":         fieldNames(addrPortFields),
		"daemon":           fieldNames(daemonFields),
		"timeouts":         fieldNames(timeoutFields),
		"services_line":    {"time", "services"},
		"connections_line": {"time", "connections"},
		"counts_line":      {"time", "counts"},
		"services_totals":  {"time", "services", "totals"},
		"totals":           fieldNames(totalFields),
		"service_totals":   fieldNames(serviceSumFields),
		"server_totals":    fieldNames(sumFields),
		"kernel_totals":    fieldNames(kernelFields),

		"count":             fieldNames(serviceCountFields),
		"destination_count": fieldNames(serverCountFields),
		"scheduler":         fieldNames(schedulerFields),
		"sysctl":            fieldNames(sysctlFields),
		"finding":           fieldNames(findingFields),
		"subject":           fieldNames(subjectFields),
	}
}

// TestJSONSchema compares the schema with the tables of fields: each has what the other has, and the schema allows
// nothing else.
func TestJSONSchema(t *testing.T) {
	text, err := os.ReadFile("schema.json")
	require.NoError(t, err)
	var schema struct {
		Defs map[string]struct {
			Type                 string
			AdditionalProperties *bool
			Properties           map[string]any
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(text, &schema))
	got := map[string][]string{}
	for name, def := range schema.Defs {
		if def.Type != "object" {
			continue
		}
		require.NotNil(t, def.AdditionalProperties, "%s may have any fields", name)
		require.False(t, *def.AdditionalProperties, "%s may have any fields", name)
		for property := range def.Properties {
			got[name] = append(got[name], property)
		}
	}
	require.Empty(t, cmp.Diff(jsonObjects(), got, cmpopts.SortSlices(strings.Compare)), "-tables +schema")
}

// TestJSONManual looks every field up in the manual.
func TestJSONManual(t *testing.T) {
	page, err := os.ReadFile("../../man/ipvsadm.8")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(page), "\n.Ss JSON\n")
	section, _, _ = strings.Cut(section, "\n.S")
	words := strings.FieldsFunc(section, func(r rune) bool { return strings.ContainsRune(" \n,.;:()", r) })
	for object, fields := range jsonObjects() {
		for _, name := range fields {
			require.Contains(t, words, name, "the field of %s is not in the manual", object)
		}
	}
}

// With a time, a listing is an object on one line.
func TestJSONLines(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6789000, time.FixedZone("", 3600))
	s, d := service(ipvsnl.TCP, "1.2.3.4:80", nil), tunnelTo("10.0.0.1:80", ipvsnl.IPIP, 0, 0)
	whole := func(j *JSON) string {
		b := j.AppendServiceEnd(j.AppendDestination(j.AppendService(j.AppendHead(nil), s), s, d))
		return string(j.AppendEnd(j.AppendServiceEnd(j.AppendService(b, s))))
	}
	array := strings.ReplaceAll(strings.TrimSuffix(whole(new(JSON)), "\n"), "\n", "")
	require.Equal(t, `{"time":"2026-01-02T02:04:05.006Z","services":`+array+"}\n", whole(&JSON{Time: at}))
	require.Equal(t, `{"time":"2026-01-02T02:04:05.006Z","counts":[]}`+"\n", string(AppendCountsJSON(nil, nil, at)))
	require.Equal(t, "[\n]\n", string(AppendCountsJSON(nil, nil, time.Time{})))

	j := JSONConnections{Time: at}
	c := &conns.Connection{Protocol: "TCP"}
	object := string(JSONConnections{}.AppendConnection(nil, c)[2:])
	require.Equal(t, `{"time":"2026-01-02T02:04:05.006Z","connections":[,`+object+","+object+"]}\n",
		string(j.AppendEnd(j.AppendConnection(j.AppendConnection(j.AppendHead(nil), c), c))))
}
