// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// Commands of IPVS.
const (
	newService = 1
	setService = 2
	newDest    = 5
	setDest    = 6
)

// A tapped is a connection to a director that calls before with each request.
type tapped struct {
	io.ReadWriteCloser
	before func(command byte) error
}

func (t tapped) Write(b []byte) (int, error) {
	const family = 0x20
	if binary.NativeEndian.Uint16(b[4:]) == family {
		if err := t.before(b[16]); err != nil {
			return 0, err
		}
	}
	return t.ReadWriteCloser.Write(b)
}

// tap returns a client of the director, and the commands that it will have sent. Before each, another program may act.
func tap(t *testing.T, d *ipvsnltest.Director, before func(command byte) error) (*ipvsnl.Client, *[]byte) {
	t.Helper()
	sent := &[]byte{}
	c := open(t, func() (io.ReadWriteCloser, error) {
		conn, err := d.Dial()
		return tapped{conn, func(command byte) error {
			switch command {
			case newService, setService, newDest, setDest:
				*sent = append(*sent, command)
			}
			if before == nil {
				return nil
			}
			return before(command)
		}}, err
	})
	return c, sent
}

var (
	fullService = ipvsnl.Service{Key: web, Scheduler: "mh", SchedulerFlags: ipvsnl.SchedulerFlag2, Persistence: ipvsnl.Persistence{
		Timeout: time.Minute, Mask: ipvsnl.Mask4([4]byte{255, 255}), Engine: "sip"}}
	otherService = ipvsnl.Service{Key: web, Scheduler: "rr", SchedulerFlags: ipvsnl.SchedulerFlag1, OnePacket: true, Persistence: ipvsnl.Persistence{
		Timeout: time.Hour, Mask: ipvsnl.Mask4([4]byte{255}), Engine: "other"}}
	fullServer = ipvsnl.Destination{Addr: server.Addr, Forwarding: ipvsnl.Tunnel, Weight: 5, UpperThreshold: 9, LowerThreshold: 3,
		TunnelType: ipvsnl.GUE, TunnelPort: 6080, TunnelFlags: ipvsnl.TunnelChecksum}
	otherServer = ipvsnl.Destination{Addr: server.Addr, Forwarding: ipvsnl.Route, Weight: 6, UpperThreshold: 10, LowerThreshold: 4,
		TunnelType: ipvsnl.GRE, TunnelPort: 7, TunnelFlags: ipvsnl.TunnelRemoteChecksum}
)

// Each field is set by itself, and all together make the other service.
func TestFieldsService(t *testing.T) {
	with := func(change func(*ipvsnl.Service)) ipvsnl.Service {
		s := fullService
		change(&s)
		return s
	}
	for fields, want := range map[ipvsnl.Fields]ipvsnl.Service{
		0:                          fullService,
		ipvsnl.FieldScheduler:      with(func(s *ipvsnl.Service) { s.Scheduler = "rr" }),
		ipvsnl.FieldSchedulerFlags: with(func(s *ipvsnl.Service) { s.SchedulerFlags = ipvsnl.SchedulerFlag1 }),
		ipvsnl.FieldOnePacket:      with(func(s *ipvsnl.Service) { s.OnePacket = true }),
		ipvsnl.FieldTimeout:        with(func(s *ipvsnl.Service) { s.Persistence.Timeout = time.Hour }),
		ipvsnl.FieldMask:           with(func(s *ipvsnl.Service) { s.Persistence.Mask = ipvsnl.Mask4([4]byte{255}) }),
		ipvsnl.FieldEngine:         with(func(s *ipvsnl.Service) { s.Persistence.Engine = "other" }),
		ipvsnl.FieldWeight:         fullService,
		ipvsnl.AllFields:           otherService,
	} {
		require.Equal(t, want, fields.Service(fullService, otherService), "%b", fields)
	}
	// A mask means nothing without persistence.
	require.Equal(t, webService, ipvsnl.FieldMask.Service(webService, otherService))
	require.Equal(t, webService, ipvsnl.AllFields.Service(fullService, webService))
}

func TestFieldsDestination(t *testing.T) {
	with := func(change func(*ipvsnl.Destination)) ipvsnl.Destination {
		d := fullServer
		change(&d)
		return d
	}
	for fields, want := range map[ipvsnl.Fields]ipvsnl.Destination{
		0:                          fullServer,
		ipvsnl.FieldForwarding:     with(func(d *ipvsnl.Destination) { d.Forwarding = ipvsnl.Route }),
		ipvsnl.FieldWeight:         with(func(d *ipvsnl.Destination) { d.Weight = 6 }),
		ipvsnl.FieldUpperThreshold: with(func(d *ipvsnl.Destination) { d.UpperThreshold = 10 }),
		ipvsnl.FieldLowerThreshold: with(func(d *ipvsnl.Destination) { d.LowerThreshold = 4 }),
		ipvsnl.FieldTunnel: with(func(d *ipvsnl.Destination) {
			d.TunnelType, d.TunnelPort, d.TunnelFlags = ipvsnl.GRE, 7, ipvsnl.TunnelRemoteChecksum
		}),
		ipvsnl.FieldScheduler: fullServer,
		ipvsnl.AllFields:      otherServer,
	} {
		require.Equal(t, want, fields.Destination(fullServer, otherServer), "%b", fields)
	}
}

// Fields are merged with what was read, and nothing is sent if nothing differs.
func TestMerge(t *testing.T) {
	at := func(addr string) ipvsnl.Destination {
		d := otherServer
		d.Addr = netip.MustParseAddrPort(addr)
		return d
	}
	changes := []ipvsnl.Change{
		ipvsnl.UpdateService(webService, ipvsnl.FieldScheduler),
		ipvsnl.EnsureService(fullService, ipvsnl.FieldScheduler),
		ipvsnl.EnsureService(fullService, ipvsnl.FieldScheduler),
		ipvsnl.UpdateDestination(web, otherServer, ipvsnl.FieldWeight),
		ipvsnl.EnsureDestination(web, at("10.0.0.2:80"), 0), // is added whole
		ipvsnl.EnsureDestination(web, at("10.0.0.2:80"), ipvsnl.AllFields),
		ipvsnl.EnsureDestination(web, server, ipvsnl.FieldForwarding|ipvsnl.FieldTunnel),
		ipvsnl.EnsureDestination(web, at("10.0.0.4:80"), ipvsnl.AllFields),
		ipvsnl.EnsureService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 7}, Scheduler: "wrr"}, 0),
	}
	run := func(c *ipvsnl.Client) {
		require.NoError(t, c.Apply(t.Context(), ipvsnl.AddService(fullService), ipvsnl.AddDestination(web, fullServer)))
		require.NoError(t, c.Apply(t.Context(), changes...))
	}
	d := ipvsnltest.New()
	c, sent := tap(t, d, nil)
	run(c)
	require.Equal(t, []byte{newService, setService, setService, setDest, setDest, newService}, *sent, "one for each datagram")

	got, err := c.Service(t.Context(), web)
	require.NoError(t, err)
	require.Equal(t, fullService, got.Service)
	all, err := c.Destinations(t.Context(), web)
	require.NoError(t, err)
	merged := fullServer
	merged.Weight, merged.Forwarding = 6, ipvsnl.Masquerade
	merged.TunnelType, merged.TunnelPort, merged.TunnelFlags = 0, 0, 0
	require.Equal(t, []ipvsnl.DestinationState{{Destination: at("10.0.0.4:80")}, {Destination: at("10.0.0.2:80")}, {Destination: merged}}, all)

	// The mask of a service that is not persistent has no effect.
	masked := ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 9}, Scheduler: "rr", Persistence: ipvsnl.Persistence{Mask: ipvsnl.Mask4([4]byte{255})}}
	require.NoError(t, c.Apply(t.Context(), ipvsnl.EnsureService(masked, 0)))

	// Nor have no changes.
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, c.Apply(canceled))

	*sent = nil
	require.NoError(t, c.Apply(t.Context(), changes[4], changes[5], changes[6], changes[7], changes[8], ipvsnl.SetWeight(web, merged.Addr, 6)))
	require.Empty(t, *sent)
}

// Failures are those of changes that set everything.
func TestMergeFailures(t *testing.T) {
	d := ipvsnltest.New()
	c, _ := tap(t, d, nil)
	require.NoError(t, c.Apply(t.Context(), ipvsnl.AddService(webService)))
	none := ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 8}, Scheduler: "rr"}
	bad := webService
	bad.Scheduler = "nosuch"
	heavy := server
	heavy.Weight = 1 << 31
	err := c.Apply(t.Context(),
		ipvsnl.UpdateService(none, ipvsnl.FieldScheduler),
		ipvsnl.UpdateDestination(none.Key, server, ipvsnl.FieldWeight),
		ipvsnl.EnsureDestination(none.Key, server, ipvsnl.FieldWeight),
		ipvsnl.UpdateDestination(web, server, ipvsnl.FieldWeight),
		ipvsnl.UpdateService(bad, ipvsnl.FieldScheduler),
		ipvsnl.EnsureService(ipvsnl.Service{Key: none.Key, Scheduler: "nosuch"}, ipvsnl.AllFields),
		ipvsnl.EnsureDestination(web, heavy, ipvsnl.AllFields),
		ipvsnl.UpdateService(ipvsnl.Service{}, ipvsnl.FieldScheduler),
		ipvsnl.EnsureDestination(web, server, ipvsnl.AllFields),
	)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	texts := []string{
		"ipvs: update service mark 8 IPv4: no such service",
		"ipvs: update destination 10.0.0.1:80 of mark 8 IPv4: no such service",
		"ipvs: ensure destination 10.0.0.1:80 of mark 8 IPv4: no such service",
		"ipvs: update destination 10.0.0.1:80 of TCP 192.0.2.1:80: no such destination",
		"ipvs: update service TCP 192.0.2.1:80: scheduler or persistence engine not found",
		"ipvs: ensure service mark 8 IPv4: scheduler or persistence engine not found",
		"ipvs: ensure destination 10.0.0.1:80 of TCP 192.0.2.1:80: value out of range",
		"ipvs: update service Protocol(0) invalid AddrPort: a service needs either a firewall mark or a protocol and an address",
	}
	require.Len(t, e.Failures, len(texts))
	for i, text := range texts {
		require.Equal(t, i, e.Failures[i].Index)
		require.EqualError(t, e.Failures[i].Err, text)
	}
}

// Another program adds or deletes what is to be there, between reading and asking.
func TestMergeOutdated(t *testing.T) {
	none := ipvsnl.ServiceKey{Mark: 8}
	ensured := ipvsnl.Service{Key: none, Scheduler: "rr"}
	others := ipvsnl.Service{Key: none, Scheduler: "sh", SchedulerFlags: ipvsnl.SchedulerFlag2}
	for _, tt := range []struct {
		name   string
		change ipvsnl.Change
		times  int // how often it happens
		sent   []byte
		err    error
		want   ipvsnl.Service // mark 8
	}{
		{name: "a service comes", change: ipvsnl.EnsureService(ensured, ipvsnl.FieldScheduler), times: 1,
			sent: []byte{newService, setService}, want: ipvsnl.Service{Key: none, Scheduler: "rr", SchedulerFlags: ipvsnl.SchedulerFlag2}},
		{name: "a service comes and goes", change: ipvsnl.EnsureService(ensured, ipvsnl.AllFields), times: 4,
			sent: []byte{newService, setService, newService, setService, newService}, want: ensured},
		{name: "a service comes and goes without end", change: ipvsnl.EnsureService(ensured, ipvsnl.AllFields), times: 9,
			sent: []byte{newService, setService, newService, setService, newService}, err: ipvsnl.ErrServiceExists, want: others},
		{name: "a destination comes and goes", change: ipvsnl.EnsureDestination(web, server, ipvsnl.AllFields), times: 2,
			sent: []byte{newDest, setDest, newDest}},
		{name: "the service of a destination goes", change: ipvsnl.UpdateDestination(web, server, ipvsnl.FieldForwarding), times: 1,
			sent: []byte{setDest}, err: ipvsnl.ErrServiceNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := ipvsnltest.New()
			other, err := d.Open(t.Context())
			require.NoError(t, err)
			defer other.Close()
			require.NoError(t, other.Apply(t.Context(), ipvsnl.AddService(webService)))
			if tt.change.Op == ipvsnl.OpUpdateDestination {
				require.NoError(t, other.Apply(t.Context(), ipvsnl.AddDestination(web, fullServer)))
			}
			left := tt.times
			c, sent := tap(t, d, func(command byte) error {
				rivals := map[byte]ipvsnl.Change{
					newService: ipvsnl.AddService(others),
					setService: ipvsnl.DeleteService(none),
					newDest:    ipvsnl.AddDestination(web, fullServer),
					setDest:    ipvsnl.DeleteDestination(web, server.Addr),
				}
				if tt.change.Op == ipvsnl.OpUpdateDestination {
					rivals[setDest] = ipvsnl.DeleteService(web)
				}
				if rival, ok := rivals[command]; ok && left > 0 {
					left--
					return other.Apply(context.Background(), rival)
				}
				return nil
			})
			err = c.Apply(t.Context(), tt.change, ipvsnl.Zero()) // after which nothing is made again
			require.Equal(t, tt.sent, *sent)
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
			} else {
				require.NoError(t, err)
			}
			if tt.want != (ipvsnl.Service{}) {
				got, err := c.Service(t.Context(), none)
				require.NoError(t, err)
				require.Equal(t, tt.want, got.Service)
			}
		})
	}
}

// A connection that breaks while a change is merged again leaves its outcome in doubt.
func TestMergeBroken(t *testing.T) {
	testMergeBroken(t, 3) // when it is read again
	testMergeBroken(t, 4) // when it is made again
}

func testMergeBroken(t *testing.T, at int) {
	d := ipvsnltest.New()
	broken, rival := errors.New("broken"), ipvsnl.Service{Key: web, Scheduler: "sh"}
	other, err := d.Open(t.Context())
	require.NoError(t, err)
	defer other.Close()
	sends := 0
	c, _ := tap(t, d, func(command byte) error {
		switch sends++; sends {
		case 2:
			return other.Apply(context.Background(), ipvsnl.AddService(rival))
		case at:
			return broken
		}
		return nil
	})
	change := ipvsnl.EnsureService(webService, ipvsnl.AllFields)
	err = c.Apply(t.Context(), change)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Equal(t, 0, e.InDoubt)
	require.Equal(t, change, e.Doubted)
	require.ErrorIs(t, e, broken)

	// Before anything was sent, it does not.
	c, _ = tap(t, d, func(byte) error { return syscall.ENOBUFS })
	err = c.Apply(t.Context(), change)
	require.False(t, errors.As(err, &e) && e.Doubted == change && len(e.Failures) > 0)
	require.ErrorIs(t, err, syscall.ENOBUFS)
}
