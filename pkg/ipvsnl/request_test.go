// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	webKey  = ServiceKey{Protocol: TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}
	webAttr = attribute(inService,
		attribute(1, uint16(2)), attribute(2, uint16(6)), attribute(3, addr16("192.0.2.1")), attribute(4, be16Value(80)))
	real1 = netip.MustParseAddrPort("198.51.100.1:8080")
)

func TestRequests(t *testing.T) {
	all := uint32(0xffffffff)
	tests := []struct {
		name  string
		build func(e *encoder) error
		want  []byte
	}{
		{"no attributes",
			func(e *encoder) error { return e.nothing(cmdFlush, nil) },
			message(17)},
		{"key of an address",
			func(e *encoder) error { return e.aboutService(cmdGetService, &webKey) },
			message(4, webAttr)},
		{"key of an IPv6 address",
			func(e *encoder) error {
				return e.aboutService(cmdDelService,
					&ServiceKey{Protocol: SCTP, Addr: netip.MustParseAddrPort("[2001:db8::1]:65535")})
			},
			message(3, attribute(inService, attribute(1, uint16(10)), attribute(2, uint16(132)),
				attribute(3, addr16("2001:db8::1")), attribute(4, be16Value(65535))))},
		{"key of an IPv4-mapped address: IPv6",
			func(e *encoder) error {
				return e.aboutService(cmdDelService,
					&ServiceKey{Protocol: UDP, Addr: netip.MustParseAddrPort("[::ffff:192.0.2.1]:1")})
			},
			message(3, attribute(inService, attribute(1, uint16(10)), attribute(2, uint16(17)),
				attribute(3, addr16("::ffff:192.0.2.1")), attribute(4, be16Value(1))))},
		{"key of a mark of IPv6",
			func(e *encoder) error { return e.aboutService(cmdZero, &ServiceKey{Mark: 0xfffffffe, IPv6: true}) },
			message(16, attribute(inService, attribute(1, uint16(10)), attribute(5, uint32(0xfffffffe))))},
		{"key of a mark of IPv4",
			func(e *encoder) error { return e.aboutService(cmdZero, &ServiceKey{Mark: 1}) },
			message(16, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1))))},
		{"service: the zero mask is the whole address",
			func(e *encoder) error {
				return e.newService(cmdNewService, &Change{Service: Service{Key: ServiceKey{Mark: 1}, Scheduler: "wlc"}})
			},
			message(1, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1)), attribute(6, "wlc\x00"),
				attribute(7, uint32(0), all), attribute(8, uint32(0)), attribute(9, "\xff\xff\xff\xff")))},
		{"service of IPv6: the same",
			func(e *encoder) error {
				return e.newService(cmdNewService, &Change{Service: Service{Key: ServiceKey{Mark: 1, IPv6: true}, Scheduler: "wlc", OnePacket: true}})
			},
			message(1, attribute(inService, attribute(1, uint16(10)), attribute(5, uint32(1)), attribute(6, "wlc\x00"),
				attribute(7, uint32(4), all), attribute(8, uint32(0)), attribute(9, uint32(128))))},
		{"service: a mask that is not contiguous",
			func(e *encoder) error {
				return e.newService(cmdNewService, &Change{Service: Service{Key: ServiceKey{Mark: 1}, Scheduler: "wlc",
					Persistence: Persistence{Timeout: time.Second, Mask: Mask4([4]byte{255, 255, 0, 1})}}})
			},
			message(1, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1)), attribute(6, "wlc\x00"),
				attribute(7, uint32(1), all), attribute(8, uint32(1)), attribute(9, "\xff\xff\x00\x01")))},
		{"service: persistent for no time, a mask that covers nothing",
			func(e *encoder) error {
				return e.newService(cmdNewService, &Change{Service: Service{Key: ServiceKey{Mark: 1}, Scheduler: "wlc",
					Persistence: Persistence{Timeout: PersistZero, Mask: Mask4([4]byte{})}}})
			},
			message(1, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1)), attribute(6, "wlc\x00"),
				attribute(7, uint32(1), all), attribute(8, uint32(0)), attribute(9, "\x00\x00\x00\x00")))},
		{"service: everything, prefix length of IPv6",
			func(e *encoder) error {
				return e.wholeService(cmdSetService, &Change{Service: Service{Key: ServiceKey{Mark: 1, IPv6: true}, Scheduler: "lblcr",
					SchedulerFlags: SchedulerFlag3, Persistence: Persistence{Timeout: 2678400 * time.Second, Mask: Mask6(1), Engine: "sip"}}})
			},
			message(2, attribute(inService, attribute(1, uint16(10)), attribute(5, uint32(1)), attribute(6, "lblcr\x00"),
				attribute(7, uint32(0x21), all), attribute(8, uint32(2678400)), attribute(9, uint32(1)),
				attribute(11, "sip\x00")))},
		{"service: the longest names",
			func(e *encoder) error {
				return e.newService(cmdNewService, &Change{Service: Service{Key: ServiceKey{Mark: 1},
					Scheduler: strings.Repeat("s", 15), Persistence: Persistence{Engine: strings.Repeat("e", 16)}}})
			},
			message(1, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1)), attribute(6, strings.Repeat("s", 15), "\x00"),
				attribute(7, uint32(0), all), attribute(8, uint32(0)), attribute(9, "\xff\xff\xff\xff"), attribute(11, strings.Repeat("e", 16), "\x00")))},
		{"key of a destination",
			func(e *encoder) error {
				return e.destKey(cmdDelDest, &Change{Service: Service{Key: webKey}, Destination: Destination{Addr: real1}})
			},
			message(7, webAttr, attribute(inDest, attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)), attribute(11, uint16(2))))},
		{"destination: what is 0 of a tunnel is not sent",
			func(e *encoder) error {
				return e.newDest(cmdNewDest, &Change{Service: Service{Key: webKey}, Destination: Destination{Addr: real1, Forwarding: Route, Weight: 1}})
			},
			message(5, webAttr, attribute(inDest, attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)),
				attribute(3, uint32(3)), attribute(4, uint32(1)), attribute(5, uint32(0)), attribute(6, uint32(0)), attribute(11, uint16(2))))},
		{"destination: everything",
			func(e *encoder) error {
				return e.wholeDest(cmdSetDest, &Change{Service: Service{Key: webKey}, Destination: Destination{
					Addr: netip.MustParseAddrPort("[2001:db8::2]:0"), Forwarding: Tunnel, Weight: 0x7fffffff, UpperThreshold: 20,
					LowerThreshold: 10, TunnelType: GUE, TunnelPort: 0x1234, TunnelFlags: TunnelChecksum}})
			},
			message(6, webAttr, attribute(inDest, attribute(1, addr16("2001:db8::2")), attribute(2, be16Value(0)),
				attribute(3, uint32(2)), attribute(4, uint32(0x7fffffff)), attribute(5, uint32(20)), attribute(6, uint32(10)),
				attribute(11, uint16(10)), attribute(13, uint8(1)), attribute(14, be16Value(0x1234)), attribute(15, uint16(1))))},
		{"daemon: what the kernel is left to choose is not sent",
			func(e *encoder) error {
				return e.wholeDaemon(cmdNewDaemon, &Change{Daemon: Daemon{State: Master, Interface: "eth0"}})
			},
			message(9, attribute(inDaemon, attribute(1, uint32(1)), attribute(2, "eth0\x00"), attribute(3, uint32(0))))},
		{"daemon: everything, IPv4",
			func(e *encoder) error {
				return e.wholeDaemon(cmdNewDaemon, &Change{Daemon: Daemon{State: Backup, Interface: strings.Repeat("i", 15), SyncID: 255, MaxLen: 1400,
					Group: netip.MustParseAddr("224.0.0.82"), Port: 9000, TTL: 255}})
			},
			message(9, attribute(inDaemon, attribute(1, uint32(2)), attribute(2, strings.Repeat("i", 15), "\x00"), attribute(3, uint32(255)),
				attribute(4, uint16(1400)), attribute(5, "\xe0\x00\x00\x52"), attribute(7, uint16(9000)), attribute(8, uint8(255))))},
		{"daemon: the group of IPv6",
			func(e *encoder) error {
				return e.wholeDaemon(cmdNewDaemon, &Change{Daemon: Daemon{State: Backup, Interface: "lo", Group: netip.MustParseAddr("ff02::1")}})
			},
			message(9, attribute(inDaemon, attribute(1, uint32(2)), attribute(2, "lo\x00"), attribute(3, uint32(0)), attribute(6, addr16("ff02::1"))))},
		{"key of a daemon: its state alone",
			func(e *encoder) error {
				return e.daemonKey(cmdDelDaemon, &Change{Daemon: Daemon{State: Backup, SyncID: 3, Interface: strings.Repeat("i", 16)}})
			},
			message(10, attribute(inDaemon, attribute(1, uint32(2)), attribute(3, uint32(0))))},
		{"timeouts",
			func(e *encoder) error {
				return e.timeouts(cmdSetConfig, &Change{Timeouts: Timeouts{time.Second, 2 * time.Second, 3 * time.Second}})
			},
			message(12, attribute(4, uint32(1)), attribute(5, uint32(2)), attribute(6, uint32(3)))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// What was built before must not show.
			var e encoder
			e.service.engine, e.service.mark, e.dest.Destination.TunnelType, e.daemon.Port = "left", 9, GRE, 9
			e.service.timeout, e.service.addr[15], e.dest.addr[15], e.daemon.group6[15] = 9, 9, 9, 9
			if err := test.build(&e); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(e.buf, test.want) {
				t.Errorf("got\n%swant\n%s", hex.Dump(e.buf), hex.Dump(test.want))
			}
		})
	}
}

// Requests are built one after the other.
func TestRequestsFollow(t *testing.T) {
	var e encoder
	require.NoError(t, e.nothing(cmdZero, nil))
	require.NoError(t, e.aboutService(cmdGetService, &webKey))
	require.Equal(t, join(message(16), message(4, webAttr)), e.buf)
	e.reset()
	require.NoError(t, e.nothing(cmdFlush, nil))
	require.Equal(t, message(17), e.buf)
}

// A request that only identifies something has no other attributes, whatever else is set.
func TestKeyOnly(t *testing.T) {
	service := wireService{family: IPv4, protocol: TCP, addr: [16]byte{1}, port: 1, scheduler: "rr", flags: 1, timeout: 1, engine: "sip"}
	marked := service
	marked.mark = 1
	dest := wireDest{family: IPv4, port: 1}
	dest.Destination = Destination{Weight: 1, TunnelType: GRE, TunnelPort: 1, TunnelFlags: 1}
	daemon := wireDaemon{Daemon: Daemon{State: Master, Interface: "lo", MaxLen: 1, Group: netip.IPv6LinkLocalAllNodes(), Port: 1, TTL: 1}}
	daemon4 := daemon
	daemon4.Group = netip.IPv4Unspecified()
	for _, test := range []struct {
		name       string
		got        func(part) []byte
		key, whole []uint16
	}{
		{"service", func(p part) []byte { return serviceTable.appendTo(nil, &service, p) }, []uint16{1, 2, 3, 4}, []uint16{1, 2, 3, 4, 6, 7, 8, 9, 11}},
		{"mark", func(p part) []byte { return serviceTable.appendTo(nil, &marked, p) }, []uint16{1, 5}, []uint16{1, 5, 6, 7, 8, 9, 11}},
		{"destination", func(p part) []byte { return destTable.appendTo(nil, &dest, p) }, []uint16{1, 2, 11}, []uint16{1, 2, 3, 4, 5, 6, 11, 13, 14, 15}},
		{"daemon", func(p part) []byte { return daemonTable.appendTo(nil, &daemon, p) }, []uint16{1, 3}, []uint16{1, 2, 3, 4, 6, 7, 8}},
		{"daemon of IPv4", func(p part) []byte { return daemonTable.appendTo(nil, &daemon4, p) }, []uint16{1, 3}, []uint16{1, 2, 3, 4, 5, 7, 8}},
		{"timeouts", func(p part) []byte { return timeoutsTable.appendTo(nil, &wireTimeouts{1, 2, 3}, p) }, nil, []uint16{4, 5, 6}},
	} {
		for p, want := range map[part][]uint16{byKey: test.key, whole: test.whole} {
			var numbers []uint16
			for b := test.got(p); len(b) > 0; {
				number, _, rest, err := cutAttr(b)
				require.NoError(t, err)
				numbers, b = append(numbers, number), rest
			}
			require.Equal(t, want, numbers, test.name)
		}
	}
}

// What the kernel would take for something else is not sent.
func TestInvalidRequests(t *testing.T) {
	service := func(change func(*Service)) Change {
		s := Service{Key: webKey, Scheduler: "wlc"}
		change(&s)
		return AddService(s)
	}
	dest := func(k ServiceKey, change func(*Destination)) Change {
		d := Destination{Addr: real1}
		change(&d)
		return AddDestination(k, d)
	}
	daemon := func(change func(*Daemon)) Change {
		d := Daemon{State: Master, Interface: "eth0"}
		change(&d)
		return StartDaemon(d)
	}
	zoned := netip.MustParseAddrPort("[fe80::1%eth0]:80")
	mapped := netip.MustParseAddrPort("[::ffff:192.0.2.1]:80")
	six := ServiceKey{Protocol: TCP, Addr: netip.MustParseAddrPort("[2001:db8::1]:80")}
	for _, test := range []struct {
		name   string
		change Change
		want   error
	}{
		{"zero key", DeleteService(ServiceKey{}), errKey},
		{"key without a protocol", DeleteService(ServiceKey{Addr: webKey.Addr}), errKey},
		{"key without an address", DeleteService(ServiceKey{Protocol: TCP}), errKey},
		{"mark with an address", DeleteService(ServiceKey{Mark: 1, Addr: webKey.Addr}), errKey},
		{"mark with a protocol", DeleteService(ServiceKey{Mark: 1, Protocol: TCP}), errKey},
		{"address with IPv6", DeleteService(ServiceKey{Protocol: TCP, Addr: webKey.Addr, IPv6: true}), errKey},
		{"key with a zone", ZeroService(ServiceKey{Protocol: TCP, Addr: zoned}), errServiceAddr},
		{"service of nothing", service(func(s *Service) { s.Key = ServiceKey{} }), errKey},
		{"IPv4-mapped service", service(func(s *Service) { s.Key.Addr = mapped }), errMappedAddr},
		{"put of one", PutService(Service{Key: ServiceKey{Protocol: TCP, Addr: mapped}, Scheduler: "rr"}), errMappedAddr},
		{"protocol 99", service(func(s *Service) { s.Key.Protocol = 99 }), errProtocol},
		{"port 0 without persistence", service(func(s *Service) { s.Key.Addr = netip.AddrPortFrom(webKey.Addr.Addr(), 0) }), errPort},
		{"one-packet scheduling of TCP", service(func(s *Service) { s.OnePacket = true }), errOnePacket},
		{"no scheduler", service(func(s *Service) { s.Scheduler = "" }), errScheduler},
		{"long scheduler", service(func(s *Service) { s.Scheduler = strings.Repeat("s", 16) }), errScheduler},
		{"NUL in scheduler", service(func(s *Service) { s.Scheduler = "rr\x00x" }), errScheduler},
		{"other flags", service(func(s *Service) { s.SchedulerFlags = 0x40 }), errFlags},
		{"a flag that is a field", service(func(s *Service) { s.SchedulerFlags = 0x01 }), errFlags},
		{"long engine", service(func(s *Service) { s.Persistence.Engine = strings.Repeat("s", 17) }), errEngine},
		{"NUL in engine", service(func(s *Service) { s.Persistence.Engine = "\x00" }), errEngine},
		{"mask without persistence", service(func(s *Service) { s.Persistence.Mask = Mask4([4]byte{255}) }), errUnpersisted},
		{"mask of IPv6", service(func(s *Service) { s.Persistence = Persistence{Timeout: time.Second, Mask: Mask6(64)} }), errMask},
		{"mask of IPv4", service(func(s *Service) {
			s.Key, s.Persistence = six, Persistence{Timeout: time.Second, Mask: Mask4([4]byte{255})}
		}), errMask},
		{"mask of length 0", service(func(s *Service) { s.Key, s.Persistence = six, Persistence{Timeout: time.Second, Mask: Mask6(0)} }), errMask},
		{"mask of length 129", service(func(s *Service) { s.Key, s.Persistence = six, Persistence{Timeout: time.Second, Mask: Mask6(129)} }), errMask},
		{"half a second", service(func(s *Service) { s.Persistence.Timeout = time.Second / 2 }), errTimeout},
		{"one and a half", SetService(Service{Key: webKey, Scheduler: "rr", Persistence: Persistence{Timeout: 3 * time.Second / 2}}), errTimeout},
		{"less than no time", service(func(s *Service) { s.Persistence.Timeout = -time.Second }), errTimeout},
		{"1<<31 seconds", service(func(s *Service) { s.Persistence.Timeout = 1 << 31 * time.Second }), errTimeout},
		{"longer than the longest", service(func(s *Service) { s.Persistence.Timeout = MaxTimeout + time.Second }), errTimeout},
		{"destination without address", dest(webKey, func(d *Destination) { d.Addr = netip.AddrPort{} }), errDestAddr},
		{"destination with a zone", dest(webKey, func(d *Destination) { d.Addr = zoned }), errDestAddr},
		{"IPv4-mapped destination", dest(webKey, func(d *Destination) { d.Addr = mapped }), errMappedAddr},
		{"put of one", PutDestination(webKey, Destination{Addr: mapped}), errMappedAddr},
		{"destination of no service", dest(ServiceKey{}, func(*Destination) {}), errKey},
		{"forwarding", dest(webKey, func(d *Destination) { d.Forwarding = 8 }), errForwarding},
		{"key of a destination of no service", DeleteDestination(ServiceKey{}, real1), errKey},
		{"key of a destination without address", DeleteDestination(webKey, netip.AddrPort{}), errDestAddr},
		{"key of a destination with a zone", DeleteDestination(webKey, zoned), errDestAddr},
		{"daemon of no state", daemon(func(d *Daemon) { d.State = 0 }), errState},
		{"daemon of both states", StopDaemon(3), errState},
		{"no interface", daemon(func(d *Daemon) { d.Interface = "" }), errInterface},
		{"long interface", daemon(func(d *Daemon) { d.Interface = strings.Repeat("i", 16) }), errInterface},
		{"NUL in interface", daemon(func(d *Daemon) { d.Interface = "\x00" }), errInterface},
		{"group with a zone", daemon(func(d *Daemon) { d.Group = netip.MustParseAddr("ff02::1%eth0") }), errGroup},
		{"timeout of TCP", SetTimeouts(Timeouts{TCP: 1}), errTimeout},
		{"timeout after a FIN", SetTimeouts(Timeouts{TCPFin: -time.Second}), errTimeout},
		{"a second more than the longest timeout", SetTimeouts(Timeouts{UDP: MaxTimeout + time.Second}), errTimeout},
		{"timeout of UDP", SetTimeouts(Timeouts{UDP: 1 << 31 * time.Second}), errTimeout},
		{"not a change", Change{Op: OpInfo}, errOp},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := applier{changes: []Change{test.change}}
			n, err := a.next(&socket{})
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.Empty(t, a.asked)
			require.Len(t, a.failures, 1)
			require.ErrorIs(t, a.failures[0].Err, test.want)
			require.ErrorIs(t, a.failures[0].Err, fs.ErrInvalid)
		})
	}
}

// What is valid, if only just, is sent.
func TestValidRequests(t *testing.T) {
	mapped := netip.MustParseAddrPort("[::ffff:192.0.2.1]:80")
	any := netip.AddrPortFrom(webKey.Addr.Addr(), 0)
	for _, test := range []struct {
		name   string
		mapped bool
		change Change
	}{
		{"mapped, as is meant", true, AddService(Service{Key: ServiceKey{Protocol: TCP, Addr: mapped}, Scheduler: "rr"})},
		{"mapped, of a destination", true, AddDestination(webKey, Destination{Addr: mapped})},
		{"mapped, and there", false, SetService(Service{Key: ServiceKey{Protocol: TCP, Addr: mapped}, Scheduler: "rr"})},
		{"mapped, to be deleted", false, DeleteService(ServiceKey{Protocol: TCP, Addr: mapped})},
		{"port 0 with persistence", false, AddService(Service{Key: ServiceKey{Protocol: TCP, Addr: any}, Scheduler: "rr", Persistence: Persistence{Timeout: time.Second}})},
		{"a key of what cannot be added", false, DeleteService(ServiceKey{Protocol: 99, Addr: any})},
		{"one-packet scheduling of UDP", false, AddService(Service{Key: ServiceKey{Protocol: UDP, Addr: webKey.Addr}, Scheduler: "rr", OnePacket: true})},
		{"one-packet scheduling of a mark", false, AddService(Service{Key: ServiceKey{Mark: 1}, Scheduler: "rr", OnePacket: true})},
		{"the longest timeout", false, SetTimeouts(Timeouts{TCP: MaxTimeout, TCPFin: MaxTimeout, UDP: MaxTimeout})},
		{"the longest names", false, StartDaemon(Daemon{State: Backup, Interface: strings.Repeat("i", 15)})},
		{"every scheduler flag", false, SetService(Service{Key: webKey, Scheduler: strings.Repeat("s", 15), SchedulerFlags: 0x38})},
		{"the last forwarding method", false, SetDestination(webKey, Destination{Addr: real1, Forwarding: 7})},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := applier{changes: []Change{test.change}, mapped: test.mapped}
			_, err := a.next(&socket{})
			require.NoError(t, err)
			require.Empty(t, a.failures)
			require.Len(t, a.asked, 1)
		})
	}
}
