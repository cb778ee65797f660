// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// clientOf returns a client of a kernel that gives one answer to everything.
func clientOf(t *testing.T, answer nltest.Func) *ipvsnl.Client {
	t.Helper()
	client, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
		return replay.Dial(replay.Answer(answer), func() {}), nil
	}))
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

// What the library does not ask the kernel for has a message of the command's kind.
func TestMessageInvalid(t *testing.T) {
	good := netip.MustParseAddrPort("192.0.2.1:80")
	zone := netip.MustParseAddrPort("[fe80::1%lo]:80")
	key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: good}
	err := clientOf(t, nil).Apply(t.Context(),
		ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: zone}}),
		ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "r\x00r"}),
		ipvsnl.DeleteService(ipvsnl.ServiceKey{}),
		ipvsnl.AddDestination(key, ipvsnl.Destination{Addr: zone}),
		ipvsnl.SetDestination(key, ipvsnl.Destination{Addr: good, Forwarding: 8}),
		ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "\x00"}),
	)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	var got []string
	for _, f := range e.Failures {
		got = append(got, message(f.Err))
	}
	require.Equal(t, []string{
		"Cannot add service: the address of a service cannot have a zone",
		"Cannot add service: the name of a scheduler must have 1 to 15 bytes, none of them NUL",
		"Cannot delete service: a service needs either a firewall mark or a protocol and an address",
		"Cannot add destination: a destination needs an address without a zone",
		"Cannot set destination: unknown forwarding method",
		"Cannot start daemon: the name of an interface must have 1 to 15 bytes, none of them NUL",
	}, got)
}

// So has an answer that makes no sense.
func TestMessageReply(t *testing.T) {
	info := func(client *ipvsnl.Client) error {
		_, err := client.Info(t.Context())
		return err
	}
	flush := func(client *ipvsnl.Client) error { return client.Apply(t.Context(), ipvsnl.Flush()) }
	for _, c := range []struct {
		do    func(*ipvsnl.Client) error
		reply netlink.Message
		want  string
	}{
		{info, netlink.Message{}, "Cannot get info: malformed reply: shorter than its header"},
		{info, netlink.Message{Header: netlink.Header{Sequence: 77}}, "Cannot get info: malformed reply: to another request"},
		{info, netlink.Message{Header: netlink.Header{Type: 99}}, "Cannot get info: malformed reply: of another netlink family"},
		{info, netlink.Message{Header: netlink.Header{Type: netlink.Overrun}}, "Cannot get info: replies were lost"},
		{info, netlink.Message{Data: []byte{1, 1, 0, 0, 9, 0, 0, 0}}, "Cannot get info: reply of info: malformed reply: not attributes"},
		{flush, netlink.Message{}, "It is unknown whether this was done: malformed reply: of another netlink family"},
	} {
		t.Run(c.want, func(t *testing.T) {
			client := clientOf(t, func([]netlink.Message) ([]netlink.Message, error) { return []netlink.Message{c.reply}, nil })
			require.Equal(t, c.want, message(c.do(client)))
		})
	}
}

// Totals are read from a file, which the message names.
func TestMessageTotals(t *testing.T) {
	err := &ipvsnl.Error{Op: ipvsnl.OpTotals, Err: &fs.PathError{Op: "open", Path: "/proc/net/ip_vs_stats", Err: unix.ENOENT}}
	require.Equal(t, "Cannot get totals: open /proc/net/ip_vs_stats: no such file or directory", message(err))
}

// No error of the library is printed in the library's form.
func TestMessageForm(t *testing.T) {
	ops := []ipvsnl.Op{ipvsnl.OpOpen, ipvsnl.OpInfo, ipvsnl.OpServices, ipvsnl.OpAddService, ipvsnl.OpFlush}
	causes := []error{
		context.Canceled, os.ErrClosed, io.ErrUnexpectedEOF, errors.New("x"),
		fmt.Errorf("open netlink socket: %w", os.NewSyscallError("socket", unix.EMFILE)),
		&netlink.OpError{Op: "receive", Err: os.NewSyscallError("recvmsg", unix.ENOBUFS)},
		&netlink.OpError{Op: "receive", Err: errors.New("short message")},
	}
	for n := range syscall.Errno(150) {
		causes = append(causes, n)
	}
	for _, cause := range causes {
		for _, op := range ops {
			for _, err := range []error{&ipvsnl.Error{Op: op, Err: cause}, &ipvsnl.ApplyError{Err: cause}} {
				require.NotContains(t, message(err), "ipvs: ")
			}
		}
	}
}

func TestMessage(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&ipvsnl.Error{Op: ipvsnl.OpAddService, Err: unix.EEXIST}, "Service already exists"},
		{&ipvsnl.Error{Op: ipvsnl.OpAddService, Err: unix.ENOENT}, "Scheduler or persistence engine not found"},
		{&ipvsnl.Error{Op: ipvsnl.OpSetService, Err: unix.ESRCH}, "No such service"},
		{&ipvsnl.Error{Op: ipvsnl.OpAddDestination, Err: unix.ESRCH}, "Service not defined"},
		{&ipvsnl.Error{Op: ipvsnl.OpAddDestination, Err: unix.EEXIST}, "Destination already exists"},
		{&ipvsnl.Error{Op: ipvsnl.OpSetDestination, Err: unix.ENOENT}, "No such destination"},
		{&ipvsnl.Error{Op: ipvsnl.OpStartDaemon, Err: unix.EEXIST}, "Daemon has already run"},
		{&ipvsnl.Error{Op: ipvsnl.OpStartDaemon, Err: unix.ENODEV}, "No such device"},
		{&ipvsnl.Error{Op: ipvsnl.OpStopDaemon, Err: unix.ESRCH}, "No daemon is running"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.EPERM}, "Permission denied (you must be root)"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.ENOENT}, "No such file or directory"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.EINVAL}, "Invalid operation.  Possibly wrong module version, address not unicast, ..."},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.ENOPROTOOPT}, "Protocol not available"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.ENOMEM}, "Memory allocation problem"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.EOPNOTSUPP}, "Operation not supported with IPv6"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.EAFNOSUPPORT}, "Operation not supported with specified address family"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: unix.EMSGSIZE}, "Module is wrong version"},
		{&ipvsnl.ApplyError{Failures: []ipvsnl.Failure{{Err: &ipvsnl.Error{Op: ipvsnl.OpFlush, Err: errBroken}}}, InDoubt: -1}, "Cannot flush: broken"},
		{&ipvsnl.Error{Op: ipvsnl.OpFlush, Err: syscall.Errno(999)}, "Unknown error 999"},
		{&ipvsnl.Error{Op: ipvsnl.OpOpen, Err: fmt.Errorf("open netlink socket: %w", unix.EMFILE)}, "Too many open files"},
		{errors.New("a text of ours"), "a text of ours"},
	} {
		require.Equal(t, c.want, message(c.err))
	}
}
