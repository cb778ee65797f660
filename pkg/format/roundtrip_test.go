// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// noNames knows no names: rules are written with numbers.
type noNames struct{}

func (noNames) Addr(string) (netip.Addr, bool)           { return netip.Addr{}, false }
func (noNames) PortNumber(string, string) (uint16, bool) { return 0, false }

// parseRules reads rules as a restore does.
func parseRules(t *testing.T, text []byte) (commands []flags.Command) {
	t.Helper()
	r := rulefile.NewReader(bytes.NewReader(text))
	for {
		line, err := r.Next()
		if err != nil {
			return commands
		}
		c, err := flags.Parse(line.Words, noNames{})
		require.NoError(t, err, line.Text)
		commands = append(commands, c)
	}
}

// FuzzRoundTrip checks that a table that is saved, and the rules read again, is the
// same table.
func FuzzRoundTrip(f *testing.F) {
	four, six := []byte{192, 0, 2, 1}, netip.MustParseAddr("2001:db8::1").AsSlice()
	f.Add(uint32(0), uint8(0), four, uint16(80), "rr", uint32(0), uint32(0), uint32(0), "", four, uint16(8080), uint8(0), uint32(1), uint8(0), uint16(0), uint8(0))
	f.Add(uint32(7), uint8(1), six, uint16(0), "mh", uint32(0x3b), uint32(300), uint32(64), "sip", six, uint16(0), uint8(2), uint32(0), uint8(1), uint16(6080), uint8(1))
	f.Add(uint32(1<<31), uint8(2), four, uint16(53), "sh", uint32(0xb), uint32(1), uint32(0xffffff00), "", four, uint16(1), uint8(3), uint32(1<<31-1), uint8(2), uint16(1), uint8(2))
	f.Fuzz(func(t *testing.T, mark uint32, protocol uint8, addr []byte, port uint16, scheduler string, bits, timeout, mask uint32,
		engine string, to []byte, toPort uint16, method uint8, weight uint32, tunnel uint8, tunnelPort uint16, checksum uint8) {
		s, ok := makeService(mark, protocol, addr, port, scheduler, bits, timeout, mask, engine)
		if !ok {
			return
		}
		d, ok := makeDestination(s, to, toPort, method, weight, tunnel, tunnelPort, checksum)
		if !ok {
			return
		}
		o := format.Options{View: format.Rules}
		state := &ipvsnl.ServiceState{Service: s}
		text := o.AppendDestination(o.AppendService(nil, state), state, &ipvsnl.DestinationState{Destination: d})
		var got []ipvsnl.Change
		for _, c := range parseRules(t, text) {
			got = append(got, c.Change)
		}
		want := []ipvsnl.Change{ipvsnl.AddService(s), ipvsnl.AddDestination(s.Key, d)}
		require.Equal(t, want, got, "%s", text)
	})
}

// makeService makes a service such as a kernel can have, if the values allow.
func makeService(mark uint32, protocol uint8, addr []byte, port uint16, scheduler string, bits, timeout, mask uint32,
	engine string) (ipvsnl.Service, bool) {
	a, ok := netip.AddrFromSlice(addr)
	if !ok || !isName(scheduler, 15) || engine != "" && !isName(engine, 16) {
		return ipvsnl.Service{}, false
	}
	key := ipvsnl.ServiceKey{Mark: mark, IPv6: a.Is6()}
	if mark == 0 {
		key = ipvsnl.ServiceKey{Protocol: []ipvsnl.Protocol{ipvsnl.TCP, ipvsnl.UDP, ipvsnl.SCTP}[protocol%3], Addr: netip.AddrPortFrom(a, port)}
	}
	s := ipvsnl.Service{Key: key, Scheduler: scheduler}
	s.Persistence.Engine = engine
	s.OnePacket = bits&1 != 0 && (mark != 0 || key.Protocol == ipvsnl.UDP)
	s.SchedulerFlags = ipvsnl.SchedulerFlags(bits) & (ipvsnl.SchedulerFlag1 | ipvsnl.SchedulerFlag2 | ipvsnl.SchedulerFlag3)
	if scheduler == "sh" || scheduler == "mh" { // which have no name for the third
		s.SchedulerFlags &^= ipvsnl.SchedulerFlag3
	}
	if mark == 0 && port == 0 || bits&2 != 0 {
		s.Persistence.Timeout = time.Duration(timeout%2678400+1) * time.Second
		s.Persistence.Mask = ipvsnl.Mask4([4]byte(binary.BigEndian.AppendUint32(nil, mask)))
		if key.Family() == ipvsnl.IPv6 {
			s.Persistence.Mask = ipvsnl.Mask6(int(mask%128 + 1))
		}
	}
	return s, true
}

func makeDestination(s ipvsnl.Service, to []byte, port uint16, method uint8, weight uint32, tunnel uint8, tunnelPort uint16,
	checksum uint8) (ipvsnl.Destination, bool) {
	a, ok := netip.AddrFromSlice(to)
	if !ok {
		return ipvsnl.Destination{}, false
	}
	d := ipvsnl.Destination{Weight: weight &^ (1 << 31)}
	d.Forwarding = []ipvsnl.Forwarding{ipvsnl.Masquerade, ipvsnl.Tunnel, ipvsnl.Route}[method%3]
	if d.Forwarding != ipvsnl.Tunnel && ipvsnl.FamilyOf(a) != s.Key.Family() {
		return ipvsnl.Destination{}, false
	}
	if d.Forwarding != ipvsnl.Masquerade && s.Key.Mark == 0 {
		port = s.Key.Addr.Port()
	}
	d.Addr = netip.AddrPortFrom(a, port)
	if d.Forwarding == ipvsnl.Tunnel {
		d.TunnelType = ipvsnl.TunnelType(tunnel % 3)
		switch d.TunnelType {
		case ipvsnl.GUE:
			d.TunnelPort = max(tunnelPort, 1)
			d.TunnelFlags = ipvsnl.TunnelFlags(checksum % 3)
		case ipvsnl.GRE:
			d.TunnelFlags = ipvsnl.TunnelFlags(checksum % 2)
		}
	}
	return d, true
}

// isName reports whether rules can hold a word: the kernel's names are of letters.
func isName(s string, max int) bool {
	return s != "" && len(s) <= max && s != "ipvsadm" && !strings.ContainsAny(s, " \t\r\n\x00")
}
