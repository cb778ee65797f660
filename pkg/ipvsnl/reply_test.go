// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

var comparable = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, Mask{})

// The counters as an old kernel has them and as a new one does.
var (
	stats32 = join(attribute(1, uint32(0xffffffff)), attribute(2, uint32(2)), attribute(3, uint32(3)),
		attribute(4, uint64(1<<40)), attribute(5, uint64(5)), attribute(6, uint32(6)), attribute(7, uint32(7)),
		attribute(8, uint32(8)), attribute(9, uint32(9)), attribute(10, uint32(10)))
	stats64 = join(attribute(1, uint64(1<<33)), attribute(11), attribute(2, uint64(1<<34)), attribute(3, uint64(1<<35)),
		attribute(4, uint64(1<<36)), attribute(5, uint64(1<<37)), attribute(6, uint64(1<<38)), attribute(7, uint64(1<<39)),
		attribute(8, uint64(1<<40)), attribute(9, uint64(1<<41)), attribute(10, uint64(1<<42)))
	wantStats32 = Stats{0xffffffff, 2, 3, 1 << 40, 5, 6, 7, 8, 9, 10}
	wantStats64 = Stats{1 << 33, 1 << 34, 1 << 35, 1 << 36, 1 << 37, 1 << 38, 1 << 39, 1 << 40, 1 << 41, 1 << 42}
)

func TestReplies(t *testing.T) {
	service := func(d *decoder, b []byte) (any, error) { return reading(d.readService, b) }
	dest := func(d *decoder, b []byte) (any, error) { return reading(d.readDest, b) }
	daemon := func(d *decoder, b []byte) (any, error) { return reading(d.readDaemon, b) }
	key := join(attribute(1, uint16(2)), attribute(2, uint16(6)), attribute(3, addr16("192.0.2.1")), attribute(4, be16Value(80)))
	destKey := join(attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)), attribute(11, uint16(2)))
	tests := []struct {
		name  string
		read  func(d *decoder, b []byte) (any, error)
		reply []byte
		want  any
	}{
		{"service of IPv4",
			service,
			attribute(1, key, attribute(6, "wlc\x00"), attribute(7, uint32(3), uint32(0xffffffff)),
				attribute(8, uint32(300)), attribute(9, "\xff\xff\xff\x00"), attribute(11, "sip\x00")),
			ServiceState{Service: Service{Key: webKey, Scheduler: "wlc",
				Persistence: Persistence{Timeout: 300 * time.Second, Mask: Mask4([4]byte{255, 255, 255, 0}), Engine: "sip"}}}},
		{"service that is not persistent: what the kernel keeps of a mask does not count",
			service,
			attribute(1, key, attribute(7, uint32(0x3e), uint32(0)), attribute(8, uint32(300)), attribute(9, "\xff\xff\xff\x00"), attribute(11, "sip\x00")),
			ServiceState{Service: Service{Key: webKey, OnePacket: true, SchedulerFlags: 0x38, Persistence: Persistence{Engine: "sip"}}}},
		{"service that is persistent for no time, under a mask that covers nothing",
			service,
			attribute(1, key, attribute(7, uint32(1), uint32(0)), attribute(9, "\x00\x00\x00\x00")),
			ServiceState{Service: Service{Key: webKey, Persistence: Persistence{Timeout: PersistZero, Mask: Mask4([4]byte{})}}}},
		{"service that is persistent, the whole address",
			service,
			attribute(1, key, attribute(7, uint32(1), uint32(0)), attribute(8, uint32(1)), attribute(9, "\xff\xff\xff\xff")),
			ServiceState{Service: Service{Key: webKey, Persistence: Persistence{Timeout: time.Second}}}},
		{"service of IPv6, the family last, an unknown scheduler",
			service,
			attribute(1, attribute(3, addr16("2001:db8::1")), attribute(4, be16Value(53)), attribute(2, uint16(17)),
				attribute(9, uint32(64)), attribute(6, "my own\x00"), attribute(1, uint16(10)), attribute(7, uint32(1), uint32(0)), attribute(8, uint32(1))),
			ServiceState{Service: Service{Key: ServiceKey{Protocol: UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:53")}, Scheduler: "my own",
				Persistence: Persistence{Timeout: time.Second, Mask: Mask6(64)}}}},
		{"service of a mark",
			service,
			attribute(1, attribute(1, uint16(10)), attribute(5, uint32(0xffffffff)), attribute(9, uint32(128)), attribute(7, uint32(1), uint32(0)), attribute(8, uint32(1))),
			ServiceState{Service: Service{Key: ServiceKey{Mark: 0xffffffff, IPv6: true}, Persistence: Persistence{Timeout: time.Second}}}},
		{"service of a mark: an address does not count",
			service,
			attribute(1, key, attribute(5, uint32(7))),
			ServiceState{Service: Service{Key: ServiceKey{Mark: 7}}}},
		{"service with an empty engine",
			service, attribute(1, key, attribute(11, "\x00sip\x00")),
			ServiceState{Service: Service{Key: webKey}}},
		{"service with counters of 32 bits",
			service, attribute(1, key, attribute(10, stats32)),
			ServiceState{Service: Service{Key: webKey}, Stats: wantStats32}},
		{"service with counters of both sizes",
			service, attribute(1, key, attribute(12, stats64), attribute(10, stats32)),
			ServiceState{Service: Service{Key: webKey}, Stats: wantStats64}},
		{"service with the flags of attributes, and attributes of a later kernel",
			service, join(attribute(77, "?"), attribute(0x8001, key, attribute(0x400d, "what?"), attribute(0, ""), attribute(500))),
			ServiceState{Service: Service{Key: webKey}}},
		{"destination",
			dest,
			attribute(2, destKey, attribute(3, uint32(0x2102)), attribute(4, uint32(0x7fffffff)), attribute(5, uint32(5)),
				attribute(6, uint32(6)), attribute(7, uint32(7)), attribute(8, uint32(8)), attribute(9, uint32(9)),
				attribute(10, stats32), attribute(12, stats64),
				attribute(13, uint8(2)), attribute(14, be16Value(0x1234)), attribute(15, uint16(0x8001))),
			DestinationState{
				Destination: Destination{Addr: real1, Forwarding: Tunnel, Weight: 0x7fffffff, UpperThreshold: 5, LowerThreshold: 6,
					TunnelType: GRE, TunnelPort: 0x1234, TunnelFlags: 0x8001},
				ActiveConns: 7, InactiveConns: 8, PersistentConns: 9, Stats: wantStats64}},
		{"destination with counters of 32 bits",
			dest, attribute(2, destKey, attribute(10, stats32)),
			DestinationState{Destination: Destination{Addr: real1}, Stats: wantStats32}},
		{"destination of IPv6",
			dest, attribute(2, attribute(1, addr16("2001:db8::2")), attribute(2, be16Value(1)), attribute(11, uint16(10))),
			DestinationState{Destination: Destination{Addr: netip.MustParseAddrPort("[2001:db8::2]:1")}}},
		{"destination of an old kernel: the service's family",
			func(d *decoder, b []byte) (any, error) { d.family = IPv6; return reading(d.readDest, b) },
			attribute(2, attribute(1, addr16("2001:db8::2")), attribute(2, be16Value(1))),
			DestinationState{Destination: Destination{Addr: netip.MustParseAddrPort("[2001:db8::2]:1")}}},
		{"daemon of an old kernel",
			daemon, attribute(3, attribute(1, uint32(1)), attribute(2, "eth0\x00\x00\x00"), attribute(3, uint32(255))),
			Daemon{State: Master, Interface: "eth0", SyncID: 255}},
		{"daemon with an id that sync messages cannot carry",
			daemon, attribute(3, attribute(3, uint32(256+7))),
			Daemon{SyncID: 7}},
		{"daemon, the name without a NUL, the group of IPv4",
			daemon, attribute(3, attribute(2, "eth0"), attribute(4, uint16(1472)), attribute(5, "\xe0\x00\x00\x51"),
				attribute(7, uint16(8848)), attribute(8, uint8(1))),
			Daemon{Interface: "eth0", MaxLen: 1472, Group: netip.MustParseAddr("224.0.0.81"), Port: 8848, TTL: 1}},
		{"daemon, the group of IPv6",
			daemon, attribute(3, attribute(6, addr16("ff02::81"))),
			Daemon{Group: netip.MustParseAddr("ff02::81")}},
		{"timeouts",
			func(d *decoder, b []byte) (any, error) { return reading(d.readTimeouts, b) },
			join(attribute(6, uint32(3)), attribute(4, uint32(1)), attribute(5, uint32(2))),
			Timeouts{time.Second, 2 * time.Second, 3 * time.Second}},
		{"one of the timeouts",
			func(d *decoder, b []byte) (any, error) { return reading(d.readTimeouts, b) },
			attribute(4, uint32(1)),
			Timeouts{TCP: time.Second}},
		{"info of another kernel",
			func(d *decoder, b []byte) (any, error) { return reading(d.readInfo, b) },
			attribute(1, uint32(0x010203)),
			Info{Version: 0x010203}},
		{"info",
			func(d *decoder, b []byte) (any, error) { return reading(d.readInfo, b) },
			join(attribute(1, uint32(0x010203)), attribute(2, uint32(1<<20))),
			Info{0x010203, 1 << 20}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// What was read before must not show.
			var d decoder
			d.service.engine, d.service.mark, d.dest.ActiveConns, d.daemon.Port, d.timeout.udp = "left", 9, 9, 9, 9
			d.info.ConnTableSize = 9
			got, err := test.read(&d, test.reply)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, comparable); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestBadReplies checks what is said of replies that make no sense.
func TestBadReplies(t *testing.T) {
	service := func(d *decoder, b []byte) error { _, err := reading(d.readService, b); return err }
	dest := func(d *decoder, b []byte) error { _, err := reading(d.readDest, b); return err }
	daemon := func(d *decoder, b []byte) error { _, err := reading(d.readDaemon, b); return err }
	timeouts := func(d *decoder, b []byte) error { _, err := reading(d.readTimeouts, b); return err }
	info := func(d *decoder, b []byte) error { _, err := reading(d.readInfo, b); return err }
	tests := []struct {
		name  string
		read  func(d *decoder, b []byte) error
		reply []byte
		want  string
	}{
		{"nothing", service, nil, "reply of a service: malformed reply: no attribute 1"},
		{"another's", dest, attribute(1), "reply of a destination: malformed reply: no attribute 2"},
		{"no attribute", daemon, []byte{1}, "reply of a daemon: malformed reply: not attributes"},
		{"shorter than a header", service, join(uint16(3), uint16(1)), "reply of a service: malformed reply: not attributes"},
		{"longer than the reply", service, join(uint16(9), uint16(1), uint32(0)), "reply of a service: malformed reply: not attributes"},
		{"longest", service, join(uint16(0xffff), uint16(1), uint32(0)), "reply of a service: malformed reply: not attributes"},
		{"longer than what it is in", service, attribute(1, uint16(5), uint16(1)), "reply of a service: malformed reply: not attributes"},
		{"no family", service, attribute(1, attribute(3, addr16("192.0.2.1"))), "reply of a service: malformed reply: unknown address family"},
		{"unknown family", dest, attribute(2, attribute(11, uint16(7))), "reply of a destination: malformed reply: unknown address family"},
		{"8 bits", dest, attribute(2, attribute(13, uint16(1))), "reply of a destination: attribute 13: malformed reply: payload of 2 bytes"},
		{"16 bits", service, attribute(1, attribute(1, uint32(2))), "reply of a service: attribute 1: malformed reply: payload of 4 bytes"},
		{"network order", dest, attribute(2, attribute(2, uint8(2))), "reply of a destination: attribute 2: malformed reply: payload of 1 bytes"},
		{"32 bits", daemon, attribute(3, attribute(1)), "reply of a daemon: attribute 1: malformed reply: payload of 0 bytes"},
		{"address", dest, attribute(2, attribute(1, uint32(1))), "reply of a destination: attribute 1: malformed reply: payload of 4 bytes"},
		{"flags", service, attribute(1, attribute(7, uint32(1))), "reply of a service: attribute 7: malformed reply: payload of 4 bytes"},
		{"timeouts", timeouts, attribute(4, uint16(1)), "reply of timeouts: attribute 4: malformed reply: payload of 2 bytes"},
		{"info", info, attribute(1, uint64(1)), "reply of info: attribute 1: malformed reply: payload of 8 bytes"},
		{"counter", service, attribute(1, attribute(1, uint16(2)), attribute(12, attribute(10, uint16(1)))),
			"reply of a service: counters: attribute 10: malformed reply: payload of 2 bytes"},
		{"counters", dest, attribute(2, attribute(11, uint16(2)), attribute(10, uint8(1))),
			"reply of a destination: counters: malformed reply: not attributes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.read(new(decoder), test.reply)
			require.EqualError(t, err, test.want)
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

// Old kernels do not say what family a destination is of: it is the service's.
func TestReadDestOf(t *testing.T) {
	var d decoder
	reply := attribute(2, attribute(1, addr16("2001:db8::2")), attribute(2, be16Value(1)))
	for _, key := range []ServiceKey{{Mark: 1, IPv6: true}, {Mark: 1}, {Mark: 1, IPv6: true}} {
		var got DestinationState
		err := readDestOf(key)(&d, reply, &got)
		require.NoError(t, err)
		require.Equal(t, key.Family(), FamilyOf(got.Destination.Addr.Addr()))
	}
}

// TestName checks that the names of replies are right, be they known or not.
func TestName(t *testing.T) {
	for _, want := range append(interned[:], "", "w", "wlc2", strings.Repeat("x", 300)) {
		if got := intern([]byte(want)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
