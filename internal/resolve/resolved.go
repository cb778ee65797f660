// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/valyala/fastjson"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/jsontext"
)

const (
	resolvedSocket   = "/run/systemd/resolve/io.systemd.Resolve"
	resolvedPatience = 2 * time.Minute // systemd-resolved has its own, shorter one for each server
	maxResolved      = 1 << 20         // bytes of a reply
)

// resolved is systemd-resolved, which is asked over its Varlink socket, as nss-resolve(8) does. It also uses
// /etc/hosts and the names of this machine.
type resolved struct{ path string }

// addrOf returns the IPv4 address of a host.
func (r *resolved) addrOf(ctx context.Context, host string) (netip.Addr, status) {
	reply, s := r.call(ctx, "ResolveHostname", fmt.Sprintf(`{"name":%s,"family":%d,"flags":0}`, jsontext.AppendString(nil, host), unix.AF_INET))
	if s != success {
		return netip.Addr{}, s
	}
	return firstAddr(reply)
}

// firstAddr returns the first IPv4 address of a reply.
func firstAddr(reply *fastjson.Value) (netip.Addr, status) {
	for _, a := range reply.GetArray("addresses") {
		if b := jsonBytes(a.GetArray("address")); a.GetInt("family") == unix.AF_INET && len(b) == 4 {
			return netip.AddrFrom4([4]byte(b)), success
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
	reply, s := r.call(ctx, "ResolveAddress", fmt.Sprintf(`{"address":%s,"family":%d,"flags":0}`, jsonArray(a.AsSlice()), family))
	if s != success {
		return "", s
	}
	return firstName(reply)
}

// firstName returns the first name of a reply.
func firstName(reply *fastjson.Value) (string, status) {
	for _, n := range reply.GetArray("names") {
		return asShown(string(n.GetStringBytes("name")))
	}
	return "", notFound
}

// call calls a method and returns the parameters of its reply. If systemd-resolved cannot be reached, it is unavailable,
// so that the next source is asked; after any other problem, the name does not exist.
func (r *resolved) call(ctx context.Context, method, parameters string) (*fastjson.Value, status) {
	text, err := r.exchange(ctx, fmt.Sprintf(`{"method":"io.systemd.Resolve.%s","parameters":%s}`, method, parameters))
	if err != nil {
		return nil, unavail
	}
	return parseReply(text)
}

// parseReply returns the parameters of a reply.
func parseReply(text []byte) (*fastjson.Value, status) {
	reply, err := fastjson.ParseBytes(text)
	if err != nil {
		return nil, unavail
	}
	switch string(reply.GetStringBytes("error")) {
	case "":
		return reply.Get("parameters"), success
	case "org.varlink.service.InterfaceNotFound", "org.varlink.service.MethodNotFound", "org.varlink.service.MethodNotImplemented":
		return nil, unavail
	case "io.systemd.Resolve.NoNameServers", "io.systemd.Resolve.QueryTimedOut", "io.systemd.Resolve.MaxAttemptsReached",
		"io.systemd.Resolve.NetworkDown":
		return nil, tryAgain
	}
	return nil, notFound
}

// exchange sends a message and returns the reply. A NUL ends each message.
func (r *resolved) exchange(ctx context.Context, message string) ([]byte, error) {
	c, err := openSocket(unix.AF_UNIX, unix.SOCK_STREAM, "resolved")
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Connect(ctx, &unix.SockaddrUnix{Name: r.path}); err != nil {
		return nil, err
	}
	defer limit(ctx, c, resolvedPatience)()
	if _, err := c.Write(append([]byte(message), 0)); err != nil {
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

// jsonArray returns bytes as an array of numbers.
func jsonArray(b []byte) string {
	return strings.ReplaceAll(fmt.Sprint(b), " ", ",")
}

// jsonBytes returns the bytes of an array of numbers, or nil if it has others.
func jsonBytes(numbers []*fastjson.Value) (b []byte) {
	for _, n := range numbers {
		i, err := n.Int()
		if err != nil || i != int(byte(i)) {
			return nil
		}
		b = append(b, byte(i))
	}
	return b
}
