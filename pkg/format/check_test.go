// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

var someFindings = []check.Finding{
	{Check: "route", Severity: check.Broken, Text: "there is no route", Remedy: "ip link set dev eth1 up", Subjects: []check.Subject{
		{Service: check.Key{Protocol: "TCP", Addr: netip.MustParseAddrPort("192.0.2.1:80")}, Server: netip.MustParseAddrPort("10.0.0.1:8080")},
		{Service: check.Key{Protocol: "UDP", Addr: netip.MustParseAddrPort("[2001:db8::1]:53"), IPv6: true}},
	}},
	{Check: "arp", Severity: check.Doubtful, Text: "it is \x1b[1m", Remedy: "true", On: netip.MustParseAddr("10.0.0.1"),
		Subjects: []check.Subject{{Service: check.Key{Mark: 17, IPv6: true}, Server: netip.MustParseAddrPort("[2001:db8::2]:0")}}},
	{Check: "estimation", Text: "it is off"},
}

func TestFindings(t *testing.T) {
	require.Equal(t, `broken: TCP 192.0.2.1:80 -> 10.0.0.1:8080 and 1 more: there is no route [route]
  ip link set dev eth1 up
doubtful: FWM 17 IPv6 -> [2001:db8::2]:0: it is <U+001B>[1m [arp]
  on 10.0.0.1: true
note: it is off [estimation]
`, string(AppendFindings(nil, someFindings)))
	f := &check.Facts{Services: []check.Service{{Servers: make([]check.Server, 2)}}}
	require.Equal(t, "1 service, 2 real servers: 1 broken, 1 doubtful, 1 note\n", string(AppendChecked(nil, f, someFindings)))
	f.Rules = true
	require.Equal(t, "rules, 1 service, 2 real servers: 0 broken, 0 doubtful, 0 notes\n", string(AppendChecked(nil, f, nil)))
}

// Large numbers are decimal, too.
func TestManyFindings(t *testing.T) {
	many := []check.Finding{{Check: "overlap", Subjects: make([]check.Subject, 13)}}
	for i := range many[0].Subjects {
		many[0].Subjects[i].Service.Mark = 17
	}
	require.Equal(t, "note: FWM 17 and 12 more:  [overlap]\n", string(AppendFindings(nil, many)))
	for range 12 {
		many = append(many, check.Finding{Severity: check.Broken}, check.Finding{Severity: check.Doubtful})
	}
	f := &check.Facts{Services: make([]check.Service, 11)}
	f.Services[0].Servers = make([]check.Server, 100)
	require.Equal(t, "11 services, 100 real servers: 12 broken, 12 doubtful, 1 note\n", string(AppendChecked(nil, f, many)))
}

func TestFindingsJSON(t *testing.T) {
	require.Equal(t, "[\n"+`{"check":"route","severity":"broken","subjects":[`+
		`{"protocol":"TCP","address":"192.0.2.1","port":80,"family":"IPv4","destination":{"address":"10.0.0.1","port":8080}},`+
		`{"protocol":"UDP","address":"2001:db8::1","port":53,"family":"IPv6"}],"text":"there is no route","remedy":"ip link set dev eth1 up"}`+
		",\n"+`{"check":"arp","severity":"doubtful","subjects":[{"mark":17,"family":"IPv6","destination":{"address":"2001:db8::2","port":0}}],`+
		`"text":"it is \u001b[1m","remedy":"true","remedy_on":"10.0.0.1"}`+
		",\n"+`{"check":"estimation","severity":"note","subjects":[],"text":"it is off"}`+"\n]\n",
		string(AppendFindingsJSON(nil, someFindings)))
}
