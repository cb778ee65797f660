// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// The service that real connections are made with. Its real servers have addresses of the director, so that packets stay
// here, where nobody waits for them.
var (
	realService = netip.MustParseAddrPort("10.0.0.1:53")
	realClients = netip.MustParseAddr("10.128.0.0")
)

const realServers = 10

// connect makes connections with the kernel, up to a number: of clients that send a packet of UDP each. They stay for an hour.
func (b *bench) connect(count int) error {
	if b.loaded != connected {
		if err := b.openService(); err != nil {
			return err
		}
	}
	// A raw socket sends packets of any source, without a socket for each.
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	to := &unix.SockaddrInet4{Addr: realService.Addr().As4()}
	for ; b.connections < count; b.connections++ {
		if err := unix.Sendto(fd, packet(realClient(b.connections), realService), 0, to); err != nil {
			return fmt.Errorf("packet %d: %w", b.connections, err)
		}
	}
	return nil
}

// openService makes the service and its surroundings in a namespace of its own.
func (b *bench) openService() error {
	if err := b.fresh(); err != nil {
		return err
	}
	if err := addAddress("lo:0", realService.Addr()); err != nil {
		return err
	}
	commands := [][]string{{"--set", "0", "0", "3599"}, {"-A", "-u", realService.String(), "-s", "rr"}}
	for i := range realServers {
		commands = append(commands, []string{"-a", "-u", realService.String(), "-r", ipv4(10, 255+i)})
	}
	_, err := b.launcher.run(b.reference.path, job{commands: commands}, os.DevNull)
	b.loaded, b.connections = connected, 0
	return err
}

// addAddress gives an address to an interface. That of the loopback interface makes all addresses of its network local.
func addAddress(label string, a netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(label)
	if err != nil {
		return err
	}
	if err := request.SetInet4Addr(a.AsSlice()); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, request); err != nil {
		return fmt.Errorf("address %v of %s: %w", a, label, err)
	}
	return nil
}

// portsEach is how many ports a client uses.
const portsEach = 50_000

// realClient returns the client of the nth connection.
func realClient(n int) netip.AddrPort {
	a := realClients.As4()
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(a[:])+uint32(n/portsEach)+1)
	return netip.AddrPortFrom(netip.AddrFrom4(a), uint16(1024+n%portsEach))
}

// packet returns a packet of UDP with nothing in it. The kernel fills in its length and the checksum of its head.
func packet(from, to netip.AddrPort) []byte {
	b := make([]byte, 28)
	b[0], b[8], b[9] = 0x45, 64, unix.IPPROTO_UDP
	copy(b[12:], from.Addr().AsSlice())
	copy(b[16:], to.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[20:], from.Port())
	binary.BigEndian.PutUint16(b[22:], to.Port())
	binary.BigEndian.PutUint16(b[24:], 8)
	return b
}
