// SPDX-License-Identifier: Apache-2.0

package simulation_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/simulation"
)

var (
	key    = ipvsnl.ServiceKey{Mark: 7}
	server = ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:0"), Forwarding: ipvsnl.Tunnel, Weight: 1}
)

func service(scheduler string) ipvsnl.Service { return ipvsnl.Service{Key: key, Scheduler: scheduler} }

func reweighted(weight uint32) ipvsnl.Destination {
	d := server
	d.Weight = weight
	return d
}

// TestMake makes the changes that take the kernel more than one request. The tests of
// ipvsnltest compare single requests with a kernel.
func TestMake(t *testing.T) {
	d := &simulation.Director{Schedulers: []string{"rr", "wlc"}}
	for _, step := range []struct {
		name         string
		change       ipvsnl.Change
		err          error
		scheduler    string // of the service after it; "" if it does not exist
		destinations []ipvsnl.Destination
	}{
		{"not a change", ipvsnl.Change{}, simulation.EINVAL, "", nil},
		{"put a service with an unknown scheduler", ipvsnl.PutService(service("sh")), simulation.ENOENT, "", nil},
		{"put a service", ipvsnl.PutService(service("rr")), nil, "rr", nil},
		{"put it again", ipvsnl.PutService(service("wlc")), nil, "wlc", nil},
		{"delete a missing destination", ipvsnl.DeleteDestination(key, server.Addr), simulation.ENOENT, "wlc", nil},
		{"delete it if it exists", ipvsnl.DeleteDestinationIfExists(key, server.Addr), nil, "wlc", nil},
		{"weigh it", ipvsnl.SetWeight(key, server.Addr, 1), simulation.ENOENT, "wlc", nil},
		{"put a destination", ipvsnl.PutDestination(key, server), nil, "wlc", []ipvsnl.Destination{server}},
		{"put it again", ipvsnl.PutDestination(key, reweighted(2)), nil, "wlc", []ipvsnl.Destination{reweighted(2)}},
		{"put it, refused", ipvsnl.PutDestination(key, reweighted(1<<31)), simulation.ERANGE, "wlc", []ipvsnl.Destination{reweighted(2)}},
		{"weigh it", ipvsnl.SetWeight(key, server.Addr, 0), nil, "wlc", []ipvsnl.Destination{reweighted(0)}},
		{"weigh it too much", ipvsnl.SetWeight(key, server.Addr, 1<<31), simulation.ERANGE, "wlc", []ipvsnl.Destination{reweighted(0)}},
		{"delete it if it exists", ipvsnl.DeleteDestinationIfExists(key, server.Addr), nil, "wlc", nil},
		{"delete the service if it exists", ipvsnl.DeleteServiceIfExists(key), nil, "", nil},
		{"delete it again if it exists", ipvsnl.DeleteServiceIfExists(key), nil, "", nil},
		{"delete a destination of it if it exists", ipvsnl.DeleteDestinationIfExists(key, server.Addr), nil, "", nil},
		{"put a destination of it", ipvsnl.PutDestination(key, server), simulation.ESRCH, "", nil},
		{"weigh a destination of it", ipvsnl.SetWeight(key, server.Addr, 1), simulation.ESRCH, "", nil},
	} {
		t.Run(step.name, func(t *testing.T) {
			err := d.Make(&step.change)
			if step.err == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, step.err)
			}
			s := d.Service(key)
			if step.scheduler == "" {
				require.Nil(t, s)
				return
			}
			require.Equal(t, service(step.scheduler), s.Service)
			var got []ipvsnl.Destination
			for state := range s.Destinations {
				got = append(got, state.Destination)
			}
			require.Equal(t, step.destinations, got)
		})
	}
}

// TestMask drops the mask of a service without persistence, as the kernel does not
// report it.
func TestMask(t *testing.T) {
	d := &simulation.Director{}
	s := service("any")
	s.Persistence.Mask = ipvsnl.Mask4([4]byte{255, 0, 0, 0})
	change := ipvsnl.AddService(s)
	require.NoError(t, d.Make(&change))
	require.Equal(t, service("any"), d.Service(key).Service)
	s.Persistence.Timeout = time.Minute
	change = ipvsnl.SetService(s)
	require.NoError(t, d.Make(&change))
	require.Equal(t, s, d.Service(key).Service)
}

// TestOrder yields destinations in both orders, without those that were deleted.
func TestOrder(t *testing.T) {
	d := &simulation.Director{}
	ports := []uint16{1, 2, 3}
	changes := []ipvsnl.Change{ipvsnl.AddService(service("rr"))}
	for _, port := range ports {
		changes = append(changes, ipvsnl.AddDestination(key, ipvsnl.Destination{Addr: netip.AddrPortFrom(server.Addr.Addr(), port)}))
	}
	changes = append(changes, ipvsnl.DeleteDestination(key, netip.AddrPortFrom(server.Addr.Addr(), 2)))
	for _, c := range changes {
		require.NoError(t, d.Make(&c))
	}
	collect := func(all func(func(*ipvsnl.DestinationState) bool)) (ports []uint16) {
		for state := range all {
			ports = append(ports, state.Destination.Addr.Port())
		}
		return ports
	}
	require.Equal(t, []uint16{1, 3}, collect(d.Service(key).Destinations))
	require.Equal(t, []uint16{3, 1}, collect(d.Service(key).NewestDestinations))
}
