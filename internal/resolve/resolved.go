// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	resolvedSocket   = "/run/systemd/resolve/io.systemd.Resolve"
	resolvedPatience = 2 * time.Minute // systemd-resolved has its own, shorter one for each server
	maxResolved      = 1 << 20         // bytes of a reply
)

// resolved is systemd-resolved, which is asked over its Varlink socket, as nss-resolve(8) does. It also uses
// /etc/hosts and the names of this machine.
type resolved struct{ path string }

// A resolvedReply is the reply of systemd-resolved to either question.
type resolvedReply struct {
	Error      string `json:"error"`
	Parameters struct {
		Addresses []struct {
			Family  int   `json:"family"`
			Address []int `json:"address"`
		} `json:"addresses"`
		Names []struct {
			Name string `json:"name"`
		} `json:"names"`
	} `json:"parameters"`
}

// addrOf returns the IPv4 address of a host.
func (r *resolved) addrOf(ctx context.Context, host string) (netip.Addr, status) {
	reply, s := r.call(ctx, "ResolveHostname", map[string]any{"name": host, "family": unix.AF_INET, "flags": 0})
	if s != success {
		return netip.Addr{}, s
	}
	for _, a := range reply.Parameters.Addresses {
		if a.Family == unix.AF_INET && len(a.Address) == 4 {
			return netip.AddrFrom4([4]byte(toBytes(a.Address))), success
		}
	}
	return netip.Addr{}, notFound
}

// nameOf returns the name of an address.
func (r *resolved) nameOf(ctx context.Context, a netip.Addr) (string, status) {
	family := unix.AF_INET
	if a.Is6() {
		family = unix.AF_INET6
	}
	reply, s := r.call(ctx, "ResolveAddress", map[string]any{"address": toInts(a.AsSlice()), "family": family, "flags": 0})
	if s != success {
		return "", s
	}
	for _, n := range reply.Parameters.Names {
		return asShown(n.Name)
	}
	return "", notFound
}

// call calls a method and returns its reply. If systemd-resolved cannot be reached, it is unavailable,
// so that the next source is asked; after any other problem, the name does not exist.
func (r *resolved) call(ctx context.Context, method string, parameters any) (*resolvedReply, status) {
	text, err := r.exchange(ctx, map[string]any{"method": "io.systemd.Resolve." + method, "parameters": parameters})
	if err != nil {
		return nil, unavail
	}
	var reply resolvedReply
	if err := json.Unmarshal(text, &reply); err != nil {
		return nil, unavail
	}
	switch reply.Error {
	case "":
		return &reply, success
	case "org.varlink.service.InterfaceNotFound", "org.varlink.service.MethodNotFound", "org.varlink.service.MethodNotImplemented":
		return nil, unavail
	case "io.systemd.Resolve.NoNameServers", "io.systemd.Resolve.QueryTimedOut", "io.systemd.Resolve.MaxAttemptsReached",
		"io.systemd.Resolve.NetworkDown":
		return nil, tryAgain
	}
	return nil, notFound
}

// exchange sends a message and returns the reply. A NUL ends each message.
func (r *resolved) exchange(ctx context.Context, message any) ([]byte, error) {
	text, err := json.Marshal(message)
	if err != nil {
		return nil, err
	}
	c, err := openSocket(unix.AF_UNIX, unix.SOCK_STREAM, "resolved")
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Connect(ctx, &unix.SockaddrUnix{Name: r.path}); err != nil {
		return nil, err
	}
	defer limit(ctx, c, resolvedPatience)()
	if _, err := c.Write(append(text, 0)); err != nil {
		return nil, err
	}
	var reply []byte
	for b := make([]byte, 4096); len(reply) < maxResolved; {
		n, err := c.Read(b)
		if err != nil {
			return nil, err
		}
		reply = append(reply, b[:n]...)
		if before, _, ended := bytes.Cut(reply, []byte{0}); ended {
			return before, nil
		}
	}
	return nil, errors.New("the reply has no end")
}

func toInts(b []byte) []int {
	n := make([]int, len(b))
	for i := range b {
		n[i] = int(b[i])
	}
	return n
}

func toBytes(n []int) []byte {
	b := make([]byte, len(n))
	for i := range n {
		b[i] = byte(n[i])
	}
	return b
}
