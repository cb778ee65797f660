package ipvsnl

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
)

var (
	webKey  = AddrKey(TCP, netip.MustParseAddrPort("192.0.2.1:80"))
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
			func(e *encoder) error { return bare(e, cmdFlush) },
			message(17)},
		{"key of an address",
			func(e *encoder) error { return e.aboutService(cmdGetService, &webKey) },
			message(4, webAttr)},
		{"key of an IPv6 address; its Family is not looked at",
			func(e *encoder) error {
				return e.aboutService(cmdDelService,
					&ServiceKey{Family: IPv4, Protocol: SCTP, Addr: netip.MustParseAddrPort("[2001:db8::1]:65535")})
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
		{"key of a mark: no address goes with it",
			func(e *encoder) error {
				k := webKey
				k.Mark, k.Family = 0xfffffffe, IPv6
				return e.aboutService(cmdZero, &k)
			},
			message(16, attribute(inService, attribute(1, uint16(10)), attribute(5, uint32(0xfffffffe))))},
		{"key of a mark without a family: IPv4",
			func(e *encoder) error { return e.aboutService(cmdZero, &ServiceKey{Mark: 1}) },
			message(16, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1))))},
		{"service: the mask of flags is all by default",
			func(e *encoder) error {
				return e.wholeService(cmdNewService, &Service{ServiceKey: MarkKey(1, IPv4), Scheduler: "wlc", Netmask: 0xffff0001})
			},
			message(1, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1)), attribute(6, "wlc\x00"),
				attribute(7, uint32(0), all), attribute(8, uint32(0)), attribute(9, "\xff\xff\x00\x01")))},
		{"service: everything, prefix length of IPv6, no hashed flag, no counters",
			func(e *encoder) error {
				return e.wholeService(cmdSetService, &Service{ServiceKey: MarkKey(1, IPv6), Scheduler: "lblcr", Netmask: 64,
					Flags: FlagPersistent | FlagHashed | FlagSched3, FlagMask: 0x27, Timeout: 2678400, Engine: "sip", Stats: Stats{Conns: 1}})
			},
			message(2, attribute(inService, attribute(1, uint16(10)), attribute(5, uint32(1)), attribute(6, "lblcr\x00"),
				attribute(7, uint32(0x21), uint32(0x27)), attribute(8, uint32(2678400)), attribute(9, uint32(64)),
				attribute(11, "sip\x00")))},
		{"service: the longest names",
			func(e *encoder) error {
				return e.wholeService(cmdNewService, &Service{ServiceKey: MarkKey(1, IPv4),
					Scheduler: strings.Repeat("s", 15), Engine: strings.Repeat("e", 16)})
			},
			message(1, attribute(inService, attribute(1, uint16(2)), attribute(5, uint32(1)), attribute(6, strings.Repeat("s", 15), "\x00"),
				attribute(7, uint32(0), all), attribute(8, uint32(0)), attribute(9, uint32(0)), attribute(11, strings.Repeat("e", 16), "\x00")))},
		{"key of a destination",
			func(e *encoder) error { return e.aboutDest(cmdDelDest, &webKey, real1) },
			message(7, webAttr, attribute(inDest, attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)), attribute(11, uint16(2))))},
		{"destination: counters and what is 0 of a tunnel stay at home",
			func(e *encoder) error {
				return e.wholeDest(cmdNewDest, &webKey, &Destination{Addr: real1, Forwarding: Route, Weight: 1,
					ActiveConns: 1, InactConns: 2, PersistConns: 3, Stats: Stats{Conns: 4}})
			},
			message(5, webAttr, attribute(inDest, attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)),
				attribute(3, uint32(3)), attribute(4, uint32(1)), attribute(5, uint32(0)), attribute(6, uint32(0)), attribute(11, uint16(2))))},
		{"destination: everything",
			func(e *encoder) error {
				return e.wholeDest(cmdSetDest, &webKey, &Destination{Addr: netip.MustParseAddrPort("[2001:db8::2]:0"), Forwarding: Tunnel,
					Weight: 0x7fffffff, UpperThreshold: 20, LowerThreshold: 10, TunnelType: GUE, TunnelPort: 0x1234, TunnelFlags: TunnelChecksum})
			},
			message(6, webAttr, attribute(inDest, attribute(1, addr16("2001:db8::2")), attribute(2, be16Value(0)),
				attribute(3, uint32(2)), attribute(4, uint32(0x7fffffff)), attribute(5, uint32(20)), attribute(6, uint32(10)),
				attribute(11, uint16(10)), attribute(13, uint8(1)), attribute(14, be16Value(0x1234)), attribute(15, uint16(1))))},
		{"daemon: what the kernel is left to choose is not sent",
			func(e *encoder) error {
				return e.daemonRequest(cmdNewDaemon, &Daemon{State: Master, Interface: "eth0"}, whole)
			},
			message(9, attribute(inDaemon, attribute(1, uint32(1)), attribute(2, "eth0\x00"), attribute(3, uint32(0))))},
		{"daemon: everything, IPv4",
			func(e *encoder) error {
				return e.daemonRequest(cmdNewDaemon, &Daemon{State: Backup, Interface: strings.Repeat("i", 15), SyncID: 255, MaxLen: 1400,
					Group: netip.MustParseAddr("224.0.0.82"), Port: 9000, TTL: 255}, whole)
			},
			message(9, attribute(inDaemon, attribute(1, uint32(2)), attribute(2, strings.Repeat("i", 15), "\x00"), attribute(3, uint32(255)),
				attribute(4, uint16(1400)), attribute(5, "\xe0\x00\x00\x52"), attribute(7, uint16(9000)), attribute(8, uint8(255))))},
		{"daemon: the group of IPv6",
			func(e *encoder) error {
				return e.daemonRequest(cmdNewDaemon, &Daemon{State: Backup, Interface: "lo", Group: netip.MustParseAddr("ff02::1")}, whole)
			},
			message(9, attribute(inDaemon, attribute(1, uint32(2)), attribute(2, "lo\x00"), attribute(3, uint32(0)), attribute(6, addr16("ff02::1"))))},
		{"key of a daemon: what only a start needs is not checked",
			func(e *encoder) error {
				return e.daemonRequest(cmdDelDaemon, &Daemon{State: Backup, SyncID: 3, Interface: strings.Repeat("i", 16)}, byKey)
			},
			message(10, attribute(inDaemon, attribute(1, uint32(2)), attribute(3, uint32(3))))},
		{"timeouts",
			func(e *encoder) error { e.timeoutsRequest(cmdSetConfig, &Timeouts{1, 2, 3}); return nil },
			message(12, attribute(4, uint32(1)), attribute(5, uint32(2)), attribute(6, uint32(3)))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// What was built before must not show.
			var e encoder
			e.service.Engine, e.service.Mark, e.dest.TunnelType, e.daemon.Port = "left", 9, GRE, 9
			if err := test.build(&e); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(e.buf, test.want) {
				t.Errorf("got\n%swant\n%s", hex.Dump(e.buf), hex.Dump(test.want))
			}
		})
	}
}

// TestRequestsFollow checks that requests are built one behind the other.
func TestRequestsFollow(t *testing.T) {
	var e encoder
	e.bare(cmdZero)
	if err := e.aboutService(cmdGetService, &webKey); err != nil {
		t.Fatal(err)
	}
	if want := join(message(16), message(4, webAttr)); !bytes.Equal(e.buf, want) {
		t.Errorf("got\n%swant\n%s", hex.Dump(e.buf), hex.Dump(want))
	}
	e.reset()
	e.bare(cmdFlush)
	if want := message(17); !bytes.Equal(e.buf, want) {
		t.Errorf("got\n%swant\n%s", hex.Dump(e.buf), hex.Dump(want))
	}
}

// TestInvalidRequests checks that what the kernel would take for something else is
// not built.
func TestInvalidRequests(t *testing.T) {
	service := func(change func(*Service)) func(e *encoder) error {
		s := Service{ServiceKey: webKey, Scheduler: "wlc"}
		change(&s)
		return func(e *encoder) error { return e.wholeService(cmdNewService, &s) }
	}
	dest := func(k ServiceKey, change func(*Destination)) func(e *encoder) error {
		d := Destination{Addr: real1}
		change(&d)
		return func(e *encoder) error { return e.wholeDest(cmdNewDest, &k, &d) }
	}
	daemon := func(p part, change func(*Daemon)) func(e *encoder) error {
		d := Daemon{State: Master, Interface: "eth0"}
		change(&d)
		return func(e *encoder) error { return e.daemonRequest(cmdNewDaemon, &d, p) }
	}
	zoned := netip.MustParseAddrPort("[fe80::1%eth0]:80")
	tests := []struct {
		name  string
		build func(e *encoder) error
		want  error
	}{
		{"zero key", func(e *encoder) error { return e.aboutService(cmdDelService, &ServiceKey{}) }, errServiceAddr},
		{"key with a zone", func(e *encoder) error { return e.aboutService(cmdDelService, &ServiceKey{Addr: zoned}) }, errServiceAddr},
		{"no address", service(func(s *Service) { s.Addr = netip.AddrPort{} }), errServiceAddr},
		{"no protocol", service(func(s *Service) { s.Protocol = 0 }), errProtocol},
		{"long scheduler", service(func(s *Service) { s.Scheduler = strings.Repeat("s", 16) }), errScheduler},
		{"NUL in scheduler", service(func(s *Service) { s.Scheduler = "rr\x00x" }), errScheduler},
		{"long engine", service(func(s *Service) { s.Engine = strings.Repeat("s", 17) }), errEngine},
		{"NUL in engine", service(func(s *Service) { s.Engine = "\x00" }), errEngine},
		{"destination without address", dest(webKey, func(d *Destination) { d.Addr = netip.AddrPort{} }), errDestAddr},
		{"destination with a zone", dest(webKey, func(d *Destination) { d.Addr = zoned }), errDestAddr},
		{"destination of no service", dest(ServiceKey{}, func(*Destination) {}), errServiceAddr},
		{"forwarding", dest(webKey, func(d *Destination) { d.Forwarding = 8 }), errForwarding},
		{"key of a destination without address", func(e *encoder) error { return e.aboutDest(cmdDelDest, &webKey, netip.AddrPort{}) }, errDestAddr},
		{"sync id", daemon(whole, func(d *Daemon) { d.SyncID = 256 }), errSyncID},
		{"sync id of a key", daemon(byKey, func(d *Daemon) { d.SyncID = 256 }), errSyncID},
		{"long interface", daemon(whole, func(d *Daemon) { d.Interface = strings.Repeat("i", 16) }), errInterface},
		{"NUL in interface", daemon(whole, func(d *Daemon) { d.Interface = "\x00" }), errInterface},
		{"group with a zone", daemon(whole, func(d *Daemon) { d.Group = netip.MustParseAddr("ff02::1%eth0") }), errGroup},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var e encoder
			err := test.build(&e)
			if !errors.Is(err, test.want) || !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if len(e.buf) != 0 {
				t.Errorf("built %x", e.buf)
			}
		})
	}
}
