// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/probe"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// checkKey returns what checks call a service.
func checkKey(k ipvsnl.ServiceKey) check.Key {
	return check.Key{Protocol: words.ProtocolOf(k.Protocol).Name, Addr: k.Addr, Mark: k.Mark, IPv6: k.Family() == ipvsnl.IPv6}
}

// serviceOf returns a service as checks see it.
func serviceOf(s *ipvsnl.Service, servers []ipvsnl.DestinationState) check.Service {
	found := check.Service{Key: checkKey(s.Key), Scheduler: s.Scheduler, Engine: s.Persistence.Engine, Persistent: s.Persistence.Timeout != 0,
		Servers: make([]check.Server, 0, len(servers))}
	for i := range servers {
		d := &servers[i]
		server := check.Server{
			Addr: d.Destination.Addr, Weight: d.Destination.Weight,
			Upper: d.Destination.UpperThreshold, Lower: d.Destination.LowerThreshold,
			Active: d.ActiveConns, Inactive: d.InactiveConns, Templates: d.PersistentConns,
			InPkts: d.Stats.InPkts, OutPkts: d.Stats.OutPkts,
		}
		switch d.Destination.Forwarding {
		case ipvsnl.Masquerade:
			server.Method = check.Masq
		case ipvsnl.Route:
			server.Method = check.Direct
		case ipvsnl.Tunnel:
			server.Method = check.Tunnel
			server.Tunnel = words.TunnelTypeOf(d.Destination.TunnelType).Name
			server.TunnelPort = d.Destination.TunnelPort
			server.Headers = headers(&d.Destination)
		}
		found.Servers = append(found.Servers, server)
	}
	return found
}

// headers returns how many bytes a tunnel adds, without the outer IP header.
func headers(d *ipvsnl.Destination) int {
	switch d.TunnelType {
	case ipvsnl.GUE: // UDP, GUE, and its private data
		if d.TunnelFlags&ipvsnl.TunnelRemoteChecksum != 0 {
			return 8 + 4 + 8
		}
		return 8 + 4
	case ipvsnl.GRE:
		if d.TunnelFlags&ipvsnl.TunnelChecksum != 0 {
			return 4 + 4
		}
		return 4
	}
	return 0
}

func daemonOf(d *ipvsnl.Daemon) check.Daemon {
	return check.Daemon{Master: d.State == ipvsnl.Master, Interface: d.Interface, SyncID: d.SyncID, IPv6: d.Group.Is6()}
}

// groupOf returns the group of a daemon, with the kernel's defaults. The interface is still to be found.
func groupOf(d *ipvsnl.Daemon) probe.Group {
	g := probe.Group{Addr: d.Group, Port: d.Port, ID: d.SyncID}
	if !g.Addr.IsValid() {
		g.Addr = netip.AddrFrom4([4]byte{224, 0, 0, 81})
	}
	if g.Port == 0 {
		g.Port = 8848
	}
	return g
}

// servicesOf reads /proc/net/ip_vs, which everybody may. It has no thresholds and no counters.
func servicesOf(text string) (all []check.Service) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 6 && fields[0] == "->" && len(all) > 0:
			s := &all[len(all)-1]
			if d, ok := serverOf(fields); ok {
				s.Servers = append(s.Servers, d)
				s.IPv6 = s.IPv6 || s.Mark != 0 && d.Addr.Addr().Is6() // the line of a mark does not say
			}
		case len(fields) >= 3:
			if key, ok := keyIn(fields); ok {
				all = append(all, check.Service{Key: key, Scheduler: fields[2], Persistent: strings.Contains(line, " persistent ")})
			}
		}
	}
	return all
}

// bucketsOf reads the size of the connection table from the first line: "... (size=4096)".
func bucketsOf(text string) int {
	head, _, _ := strings.Cut(text, "\n")
	_, size, _ := strings.Cut(head, "(size=")
	n, _ := strconv.Atoi(strings.TrimSuffix(size, ")"))
	return n
}

// keyIn reads the beginning of a service's line.
func keyIn(fields []string) (k check.Key, ok bool) {
	if fields[0] == "FWM" {
		n, err := strconv.ParseUint(fields[1], 16, 32)
		k.Mark = uint32(n)
		return k, err == nil && n != 0
	}
	for _, row := range words.Protocols {
		if row.Name == fields[0] {
			a, ok := hexAddr(fields[1])
			return check.Key{Protocol: row.Name, Addr: a, IPv6: a.Addr().Is6()}, ok
		}
	}
	return k, false
}

// serverOf reads the line of a server.
func serverOf(fields []string) (d check.Server, ok bool) {
	d.Addr, ok = hexAddr(fields[1])
	d.Method = map[string]check.Method{"Masq": check.Masq, "Tunnel": check.Tunnel, "Route": check.Direct}[fields[2]]
	var numbers [3]uint64
	for i := range numbers {
		n, err := strconv.ParseUint(fields[3+i], 10, 32)
		numbers[i], ok = n, ok && err == nil
	}
	d.Weight, d.Active, d.Inactive = uint32(numbers[0]), uint32(numbers[1]), uint32(numbers[2])
	return d, ok
}

// hexAddr reads "C0000201:0050" or "[2001:db8:...]:0050".
func hexAddr(word string) (a netip.AddrPort, ok bool) {
	i := strings.LastIndexByte(word, ':')
	if i < 0 {
		return a, false
	}
	port, err := strconv.ParseUint(word[i+1:], 16, 16)
	if err != nil {
		return a, false
	}
	if strings.HasPrefix(word, "[") {
		ip, err := netip.ParseAddr(strings.Trim(word[:i], "[]"))
		return netip.AddrPortFrom(ip, uint16(port)), err == nil
	}
	b, err := hex.DecodeString(word[:i])
	ip, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip, uint16(port)), err == nil && ok
}
