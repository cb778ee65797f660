// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestChangeAndList(t *testing.T) {
	s := newTestSystem(t)
	s.do(t,
		"ipvsadm -A -t 192.0.2.80:80 -s rr -p 60 -M 255.255.0.0",
		"ipvsadm -a -t web:http -r 10.0.0.1:8080 -m -w 3",
		"ipvsadm -a -t web:http -r 10.0.0.2 -x 9",
		"ipvsadm -A -f 7 -6 -s mh -b mh-port",
	)
	want := "IP Virtual Server version 1.2.1 (size=4096)\n" +
		"Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n" +
		"TCP  web:http rr persistent 60 mask 255.255.0.0\n" +
		"  -> 10.0.0.1:8080                Masq    3      0          0         \n" +
		"  -> 10.0.0.2:http                Route   1      0          0         \n" +
		"FWM  7 IPv6 mh (mh-port)\n"
	require.Equal(t, result{stdout: want}, s.input("", "ipvsadm"))
	require.Equal(t, result{stdout: want}, s.input("", "ipvsadm -L"))
	require.Equal(t, "-A -t 192.0.2.80:80 -s rr -p 60 -M 255.255.0.0\n"+
		"-a -t 192.0.2.80:80 -r 10.0.0.1:8080 -m -w 3\n"+
		"-a -t 192.0.2.80:80 -r 10.0.0.2:80 -g -w 1 -x 9\n"+
		"-A -f 7 -6 -s mh -b mh-port\n", s.saved(t))
	s.do(t, "ipvsadm -C")
	require.Empty(t, s.saved(t))
}

// Refusals have their messages and exit codes.
func TestRefusals(t *testing.T) {
	s := newTestSystem(t)
	s.do(t, "ipvsadm -A -t 1.2.3.4:80", "ipvsadm -a -t 1.2.3.4:80 -r 10.0.0.1")
	for line, want := range map[string]result{
		"ipvsadm -A -t 1.2.3.4:80":             {stderr: "Service already exists\n", code: 255},
		"ipvsadm -D -f 7":                      {stderr: "No such service\n", code: 255},
		"ipvsadm -a -f 7 -r 10.0.0.1":          {stderr: "Service not defined\n", code: 255},
		"ipvsadm -a -t 1.2.3.4:80 -r 10.0.0.1": {stderr: "Destination already exists\n", code: 255},
		"ipvsadm -d -t 1.2.3.4:80 -r 10.0.0.2": {stderr: "No such destination\n", code: 255},
		"ipvsadm -L -t 1.2.3.4:81":             {stderr: "No such service\n", code: 1},
		"ipvsadm -A -t 1.2.3.4:81 -s nosuch":   {stderr: "Scheduler or persistence engine not found\n", code: 255},
		"ipvsadm --stop-daemon master":         {stderr: "No daemon is running\n", code: 255},
		"ipvsadm -A -t 1.2.3.4:81 -w":          {stderr: "-w: missing argument\n", code: 255},
		"ipvsadm -A -t 1.2.3.4:81 -n":          {stderr: "Illegal 'numeric' option with the 'add-service' command\n", code: 2},
		"ipvsadm x":                            {stderr: "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n", code: 255},
		"/sbin/ipvsadm -nL":                    {stderr: "Try `/sbin/ipvsadm -h' or '/sbin/ipvsadm --help' for more information.\n", code: 255},
	} {
		require.Equal(t, want, s.input("", line), line)
	}
}

// IPVS is opened before faults are reported, its module loaded if need be.
func TestNoIPVS(t *testing.T) {
	const advice = "Are you sure that IP Virtual Server is built in the kernel or as module?\n"
	s := newTestSystem(t)
	s.director.Unload(true)
	for _, line := range []string{"ipvsadm", "ipvsadm -x", "ipvsadm -A", "ipvsadm -R", "ipvsadm-save"} {
		require.Equal(t, result{stderr: "Can't initialize ipvs: Protocol not available\n" + advice, code: 2}, s.input("", line), line)
	}
	require.Equal(t, 5, s.loads)
	s.noRight = unix.EPERM
	require.Equal(t, result{stderr: "Can't initialize ipvs: Permission denied (you must be root)\n" + advice, code: 2}, s.input("", "ipvsadm"))
	s.onLoad = func() { s.director.Unload(false) }
	s.do(t, "ipvsadm -A -f 7")
	require.Equal(t, 7, s.loads)
	s.do(t, "ipvsadm -D -f 7")
	require.Equal(t, 7, s.loads)
}

// Help and version are printed with or without IPVS, and their exit code reports which.
func TestInform(t *testing.T) {
	version := "ipvsadm v1.31 " + released + " (compiled with " + runtime.Version() + " and IPVS v1.2.1)\n"
	s := newTestSystem(t)
	require.Equal(t, result{stdout: version}, s.input("", "ipvsadm -v"))
	require.Equal(t, result{stdout: version + flags.Usage()}, s.input("", "ipvsadm --help and more"))
	s.director.Unload(true)
	got := s.input("", "ipvsadm --version")
	require.Equal(t, version, got.stdout)
	require.Equal(t, 2, got.code)
	require.Contains(t, got.stderr, "Can't initialize ipvs: ")

	got = s.input("", "ipvsadm --build")
	require.Equal(t, 0, got.code)
	require.Contains(t, got.stdout, "version 1.31.0\nrevision unknown\ngo "+runtime.Version()+"\n")
}

func TestModules(t *testing.T) {
	require.Equal(t, "module a/b v1.2.3\nmodule c v0.1.0\n", modules(&debug.BuildInfo{Deps: []*debug.Module{
		{Path: "a/b", Version: "v1.2.3"}, {Path: "c", Version: "v0.1.0"},
	}}))
	info, ok := debug.ReadBuildInfo()
	require.True(t, ok)
	require.True(t, strings.HasSuffix(newTestSystem(t).input("", "ipvsadm --build").stdout, "\n"+modules(info)))
}

// A command line need not have a word, not even the name of the program.
func TestNoWords(t *testing.T) {
	var stdout bytes.Buffer
	require.Zero(t, newTestSystem(t).run(nil, nil, &stdout, io.Discard))
	require.Equal(t, head, stdout.String())
}

// What keeps a socket from being opened is not a kernel without IPVS.
func TestCannotOpen(t *testing.T) {
	s := newTestSystem(t)
	s.dial = func() (io.ReadWriteCloser, error) { return nil, os.NewSyscallError("socket", unix.EMFILE) }
	got := s.input("", "ipvsadm -L")
	require.Equal(t, 2, got.code)
	require.True(t, strings.HasPrefix(got.stderr, "Can't initialize ipvs: Too many open files\n"), got.stderr)
	require.Zero(t, s.loads)
}

// How long to wait for the lock is given in seconds.
func TestWaits(t *testing.T) {
	r := newRunner(&newTestSystem(t).system, newConsole("ipvsadm", nil, io.Discard, io.Discard))
	l := r.locker(&flags.Command{Wait: 5})
	require.Equal(t, 5*time.Second, l.patience)
	require.Equal(t, time.Hour, l.silence)
}

func TestOldIPVS(t *testing.T) {
	s := newTestSystem(t)
	s.director.SetInfo(ipvsnl.Info{Version: 0x010103, ConnTableSize: 16})
	got := s.input("", "ipvsadm -Ln")
	require.Equal(t, "Warning: IPVS version mismatch: \n  Kernel compiled with IPVS version 1.1.3\n", got.stderr)
	require.Contains(t, got.stdout, "IP Virtual Server version 1.1.3 (size=16)\n")
	s.director.SetInfo(ipvsnl.Info{Version: 0x010104})
	require.Empty(t, s.input("", "ipvsadm -Ln").stderr)
}

func TestNoNetNS(t *testing.T) {
	s := newTestSystem(t)
	require.Equal(t, result{stderr: "cannot enter network namespace `nosuch<U+00E9>': No such file or directory; looked for " +
		"/run/netns/nosuch<U+00E9>, /var/run/netns/nosuch<U+00E9>, /run/docker/netns/nosuch<U+00E9>\n", code: 2},
		s.input("", "ipvsadm -L --netns nosuch\u00e9"))
	require.Equal(t, result{stderr: "cannot enter network namespace `pid:0': No such file or directory; looked for /proc/0/ns/net\n", code: 2},
		s.input("", "ipvsadm --netns pid:0 -L"))
	require.Equal(t, result{stderr: "cannot enter network namespace `/no/such': No such file or directory\n", code: 2},
		s.input("", "ipvsadm --netns /no/such"))
	require.Equal(t, result{stderr: "cannot enter network namespace `/no/such': No such file or directory\n", code: 2},
		s.input("-A\n", "ipvsadm -R --dry-run --netns /no/such"))
	require.Equal(t, result{stderr: "cannot enter network namespace `/dev/null': not a network namespace\n", code: 2},
		s.input("", "ipvsadm -L --netns /dev/null"))
}

// No command leaves a socket open.
func TestSocketsClosed(t *testing.T) {
	s := newListed(t)
	for line, stdin := range map[string]string{
		"ipvsadm -L -n":             "",
		"ipvsadm -L -n -f 9":        "",
		"ipvsadm -x":                "",
		"ipvsadm -S":                "",
		"ipvsadm -A -f 9":           "",
		"ipvsadm -R":                "-A -f 10\n-L\n",
		"ipvsadm-restore":           "-A -f 10\n",
		"ipvsadm -R --replace":      "-A -f 11\n",
		"ipvsadm -v":                "",
		"ipvsadm -R --dry-run":      "",
		"ipvsadm -L --watch 9 -f99": "",
	} {
		s.input(stdin, line)
		require.Zero(t, s.opened.Load(), line)
	}
	s.breakReading(getInfo)
	s.input("", "ipvsadm -L")
	require.Zero(t, s.opened.Load())
}

// openNamespaces returns how many descriptors of network namespaces the process has.
func openNamespaces(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasPrefix(target, "net:") {
			n++
		}
	}
	return n
}

// A namespace is closed when the command is over, or IPVS cannot be opened.
func TestNetNSClosed(t *testing.T) {
	open := func() int { return openNamespaces(t) }
	s := newTestSystem(t)
	if got := s.input("", "ipvsadm -L --netns /proc/self/ns/net"); got.code != exitDone {
		require.Contains(t, got.stderr, "Permission denied") // who is not root may enter none
	} else {
		s.lockFile = (*netns.Namespace).OpenAgain // which works until then
		s.do(t, "ipvsadm -C --netns /proc/self/ns/net")
	}
	require.Zero(t, open())
	s.input("", "ipvsadm -R --dry-run --netns /proc/self/ns/net")
	require.Zero(t, open())
	s.input("", "ipvsadm --complete ipvsadm --netns /proc/self/ns/net --start-daemon master --mcast-interface x")
	require.Zero(t, open())
	s.director.Unload(true)
	s.input("", "ipvsadm -L --netns /proc/self/ns/net")
	require.Zero(t, open())
}

// Nor is a socket left open by a kernel that refuses to tell about its IPVS.
func TestInfoRefused(t *testing.T) {
	s := newTestSystem(t)
	open := 0
	s.open = func(ctx context.Context, _ *netns.Namespace) (*ipvsnl.Client, error) {
		return ipvsnl.Open(ctx, ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
			open++
			refusal := netlink.Message{Header: netlink.Header{Type: netlink.Error},
				Data: binary.NativeEndian.AppendUint32(nil, ^uint32(unix.EPERM)+1)}
			return replay.Dial(replay.Answer(func([]netlink.Message) ([]netlink.Message, error) {
				return []netlink.Message{refusal}, nil
			}), func() { open-- }), nil
		}))
	}
	got := s.input("", "ipvsadm -L")
	require.Contains(t, got.stderr, "Can't initialize ipvs: Permission denied (you must be root)\n")
	require.Zero(t, open)
}
