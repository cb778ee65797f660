// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// VirtualServer and RealServer are what kube-proxy calls services and destinations
// (k8s.io/kubernetes/pkg/proxy/ipvs/util).
type (
	VirtualServer struct {
		Address   net.IP
		Protocol  string
		Port      uint16
		Scheduler string
		Flags     uint32
		Timeout   uint32 // in seconds
	}
	RealServer struct {
		Address                          net.IP
		Port                             uint16
		Weight, ActiveConn, InactiveConn int
	}
)

const (
	FlagPersistent = 0x1
	FlagSourceHash = uint32(ipvsnl.SchedulerFlag2)
)

// Proxy is the interface to IPVS that kube-proxy needs. An invalid address or
// protocol becomes a zero value, which the library refuses with an error of its own.
type Proxy struct{ client *ipvsnl.Client }

func (p Proxy) apply(c ipvsnl.Change) error { return p.client.Apply(context.TODO(), c) }

func (p Proxy) Flush() error { return p.apply(ipvsnl.Flush()) }

func (p Proxy) AddVirtualServer(vs *VirtualServer) error {
	return p.apply(ipvsnl.AddService(vs.service()))
}

func (p Proxy) UpdateVirtualServer(vs *VirtualServer) error {
	return p.apply(ipvsnl.SetService(vs.service()))
}

func (p Proxy) DeleteVirtualServer(vs *VirtualServer) error {
	return p.apply(ipvsnl.DeleteService(vs.key()))
}

func (p Proxy) GetVirtualServer(vs *VirtualServer) (*VirtualServer, error) {
	s, err := p.client.Service(context.TODO(), vs.key())
	if err != nil {
		return nil, err
	}
	return toVirtualServer(s.Service), nil
}

func (p Proxy) GetVirtualServers() (all []*VirtualServer, err error) {
	services, err := p.client.Services(context.TODO())
	for _, s := range services {
		if s.Service.Key.Mark == 0 { // kube-proxy has no others
			all = append(all, toVirtualServer(s.Service))
		}
	}
	return all, err
}

func (p Proxy) AddRealServer(vs *VirtualServer, rs *RealServer) error {
	return p.apply(ipvsnl.AddDestination(vs.key(), rs.destination()))
}

func (p Proxy) UpdateRealServer(vs *VirtualServer, rs *RealServer) error {
	return p.apply(ipvsnl.SetDestination(vs.key(), rs.destination()))
}

func (p Proxy) DeleteRealServer(vs *VirtualServer, rs *RealServer) error {
	return p.apply(ipvsnl.DeleteDestination(vs.key(), rs.destination().Addr))
}

func (p Proxy) GetRealServers(vs *VirtualServer) (all []*RealServer, err error) {
	destinations, err := p.client.Destinations(context.TODO(), vs.key())
	for _, d := range destinations {
		addr := d.Destination.Addr
		all = append(all, &RealServer{addr.Addr().AsSlice(), addr.Port(),
			int(d.Destination.Weight), int(d.ActiveConns), int(d.InactiveConns)})
	}
	return all, err
}

func (p Proxy) ConfigureTimeouts(tcp, tcpFin, udp time.Duration) error {
	return p.apply(ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCP: tcp, TCPFin: tcpFin, UDP: udp}))
}

func (vs *VirtualServer) key() (k ipvsnl.ServiceKey) {
	_ = k.Protocol.UnmarshalText([]byte(vs.Protocol))
	k.Addr = toAddrPort(vs.Address, vs.Port)
	return k
}

func (vs *VirtualServer) service() ipvsnl.Service {
	s := ipvsnl.Service{
		Key:            vs.key(),
		Scheduler:      vs.Scheduler,
		SchedulerFlags: ipvsnl.SchedulerFlags(vs.Flags & FlagSourceHash),
	}
	if vs.Flags&FlagPersistent != 0 {
		s.Persistence.Timeout = time.Duration(vs.Timeout) * time.Second
	}
	return s
}

func (rs *RealServer) destination() ipvsnl.Destination {
	return ipvsnl.Destination{Addr: toAddrPort(rs.Address, rs.Port), Weight: uint32(rs.Weight)}
}

func toVirtualServer(s ipvsnl.Service) *VirtualServer {
	addr, timeout := s.Key.Addr, s.Persistence.Timeout
	vs := &VirtualServer{addr.Addr().AsSlice(), s.Key.Protocol.String(), addr.Port(),
		s.Scheduler, uint32(s.SchedulerFlags), uint32(timeout / time.Second)}
	if timeout != 0 {
		vs.Flags |= FlagPersistent
	}
	return vs
}

func toAddrPort(ip net.IP, port uint16) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), port)
}

// What kube-proxy needs of IPVS is an interface of eleven methods. Each is a change,
// or a reading.
func Example_proxy() {
	client, err := ipvsnltest.New().Open(context.TODO()) // ipvsnl.Open
	if err != nil {
		log.Fatal(err)
	}
	p := Proxy{client}
	vs := &VirtualServer{net.ParseIP("10.96.0.1"), "TCP", 443, "rr", FlagPersistent, 10800}
	rs := &RealServer{Address: net.ParseIP("10.244.0.2"), Port: 6443, Weight: 1}
	fmt.Println(p.ConfigureTimeouts(15*time.Minute, 0, 0))
	fmt.Println(p.AddVirtualServer(vs), p.AddRealServer(vs, rs))
	vs.Scheduler, vs.Flags, vs.Timeout = "mh", FlagSourceHash, 0
	rs.Weight = 0
	fmt.Println(p.UpdateVirtualServer(vs), p.UpdateRealServer(vs, rs))
	servers, err := p.GetVirtualServers()
	fmt.Println(*servers[0], err)
	one, err := p.GetVirtualServer(vs)
	fmt.Println(*one, err)
	reals, err := p.GetRealServers(vs)
	fmt.Println(*reals[0], err)
	fmt.Println(p.DeleteRealServer(vs, rs), p.DeleteVirtualServer(vs), p.Flush())
	fmt.Println(p.DeleteVirtualServer(vs))
	fmt.Println(p.AddVirtualServer(&VirtualServer{Protocol: "TCP"}))
	// Output:
	// <nil>
	// <nil> <nil>
	// <nil> <nil>
	// {10.96.0.1 TCP 443 mh 16 0} <nil>
	// {10.96.0.1 TCP 443 mh 16 0} <nil>
	// {10.244.0.2 6443 0 0 0} <nil>
	// <nil> <nil> <nil>
	// ipvs: delete service TCP 10.96.0.1:443: no such service
	// ipvs: add service TCP invalid AddrPort: a service needs either a firewall mark or a protocol and an address
}
