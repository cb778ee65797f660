// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// A floor asks the kernel for what a command asks for. The requests are recorded, and then sent by a program that does nothing
// else, to see what the kernel and the start of a process alone take.
type floor func(ctx context.Context, c *ipvsnl.Client) error

// leastRead is the size of reads at which a listing costs the least. The kernel makes its datagrams as large as reads are, up
// to 32 KiB, and clears a buffer of the next power of two for each.
const leastRead = 6 << 10

// listing reads the whole table.
func listing(ctx context.Context, c *ipvsnl.Client) error {
	_, err := wholeTable(ctx, c)
	return err
}

// wholeTable returns the changes that make the kernel's table.
func wholeTable(ctx context.Context, c *ipvsnl.Client) ([]ipvsnl.Change, error) {
	services, err := c.Services(ctx)
	if err != nil {
		return nil, err
	}
	var all []ipvsnl.Change
	for i := range services {
		s := &services[i].Service
		all = append(all, ipvsnl.AddService(*s))
		destinations, err := c.Destinations(ctx, s.Key)
		if err != nil {
			return nil, err
		}
		for j := range destinations {
			all = append(all, ipvsnl.AddDestination(s.Key, destinations[j].Destination))
		}
	}
	return all, nil
}

// making makes changes.
func making(changes ...ipvsnl.Change) floor {
	return func(ctx context.Context, c *ipvsnl.Client) error { return c.Apply(ctx, changes...) }
}

// floorOf returns the program that does the least for a case.
func (b *bench) floorOf(c benchCase) program {
	if c.conns > 0 || c.real > 0 {
		return b.cat
	}
	return b.floor
}

// floorJob returns what that program is to do.
func (b *bench) floorJob(c benchCase, j job) (job, error) {
	if c.conns > 0 || c.real > 0 {
		return job{commands: [][]string{{conns.Path}}, table: j.table}, nil
	}
	floors := c.floors
	if c.restores {
		var err error
		if floors, err = b.restoring(c.needs); err != nil {
			return job{}, err
		}
	}
	var least job
	for i, f := range floors {
		path := filepath.Join(b.dir, fmt.Sprintf("requests-%d", i))
		if err := record(path, f); err != nil {
			return job{}, err
		}
		least.commands = append(least.commands, []string{strconv.Itoa(b.floorRead), path})
	}
	return least, nil
}

// restoring returns the floor of a restore of that size. The kernel then has the table.
func (b *bench) restoring(s size) ([]floor, error) {
	if err := b.load(s); err != nil {
		return nil, err
	}
	client, err := ipvsnl.Open(context.Background())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	changes, err := wholeTable(context.Background(), client)
	if err != nil {
		return nil, err
	}
	err = b.fresh()
	b.loaded = s
	return []floor{making(changes...)}, err
}

// record writes the requests of a floor to a file, with those that begin every command.
func record(path string, f floor) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	ctx := context.Background()
	client, err := ipvsnl.Open(ctx, ipvsnl.WithMappedAddrs(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) { return dialRecorder(w) }))
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := client.Info(ctx); err != nil {
		return err
	}
	if err := f(ctx, client); err != nil {
		return err
	}
	return w.Flush()
}

// A recorder is a socket of generic netlink. It writes what is sent to a file, too.
type recorder struct {
	fd int
	w  io.Writer
}

func dialRecorder(w io.Writer) (*recorder, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, err
	}
	return &recorder{fd, w}, unix.Bind(fd, &unix.SockaddrNetlink{})
}

func (r *recorder) Read(b []byte) (int, error) { return unix.Read(r.fd, b) }

func (r *recorder) Write(b []byte) (int, error) {
	if err := writeRequest(r.w, b); err != nil {
		return 0, err
	}
	return unix.Write(r.fd, b)
}

func (r *recorder) Close() error { return unix.Close(r.fd) }

// writeRequest writes a datagram in the form that the program in floor reads.
func writeRequest(w io.Writer, b []byte) error {
	_, err := w.Write(append(binary.NativeEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

// serviceKey is the key of a TCP service.
func serviceKey(addr string) ipvsnl.ServiceKey {
	return ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort(addr)}
}

// server is a real server of a one-shot command.
func server(addr string, weight uint32) ipvsnl.Destination {
	return ipvsnl.Destination{Addr: netip.MustParseAddrPort(addr), Forwarding: ipvsnl.Masquerade, Weight: weight}
}
