// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/binary"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestMarkPorts has real servers of a mark without a port, and with one.
func TestMarkPorts(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	n.reals[0].serve(t, 9000)
	n.set(t, "-A -f 1 -s rr\n-a -f 1 -r 10.2.0.11 -m")
	iptables(t, n.director, "iptables -t mangle -A PREROUTING -d 10.1.0.100 -p tcp -j MARK --set-mark 1")
	for _, port := range append(ports, 9000) {
		require.Equal(t, "r1", n.ask(t, client1, vip, port))
	}
	n.quiet(t)
	n.set(t, "-d -f 1 -r 10.2.0.11\n-a -f 1 -r 10.2.0.11:9000 -m")
	require.Equal(t, "r1", n.ask(t, client1, vip, 80))
}

// TestOwnAddresses has the director itself as a real server, by each forwarding method.
func TestOwnAddresses(t *testing.T) {
	n := newNetwork(t, 0, byDirector)
	for _, c := range []struct {
		words, listed, answers string
	}{
		{"10.2.0.1:8080 -m", "10.2.0.1:8080                Masq ", "8080"},
		{"10.2.0.1 -g", "10.2.0.1:80                  Route ", "80"},
		{"10.1.0.1 -i", "10.1.0.1:80                  Tunnel ", "80"},
	} {
		n.set(t, "-C\n-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r "+c.words)
		require.Contains(t, n.run(t, "-L -n"), "  -> "+c.listed)
		listener := &realServer{Namespace: n.director, name: c.answers}
		t.Run(c.words, func(t *testing.T) {
			listener.serve(t, map[string]int{"80": 80, "8080": 8080}[c.answers])
			require.Equal(t, c.answers, n.ask(t, client1, vip, 80))
			n.quiet(t)
		})
	}
}

// pinMark loads an eBPF program that marks packets, and pins it in a file system of its own.
func pinMark(t *testing.T, dir, name string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, unix.Mount("bpf", dir, "bpf", 0, ""))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	type instruction struct {
		code, registers byte
		offset          int16
		value           int32
	}
	little := byte(0)
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		little = 4 // the registers change places
	}
	program := []instruction{
		{code: 0xb7, value: 1},                          // r0 = 1
		{code: 0x63, registers: 1 << little, offset: 8}, // skb->mark = r0
		{code: 0xb7, value: -1},                         // r0 = TC_ACT_UNSPEC
		{code: 0x95},                                    // return r0
	}
	licence := []byte("GPL\x00")
	const load, pin, schedulerClassifier = 5, 6, 3
	attr := struct {
		kind, count      uint32
		program, licence uint64
		rest             [15]uint64
	}{schedulerClassifier, uint32(len(program)), address(&program[0]), address(&licence[0]), [15]uint64{}}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, load, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	require.Zero(t, errno)
	defer unix.Close(int(fd))
	path := []byte(dir + "/" + name + "\x00")
	pinned := struct {
		path      uint64
		fd, flags uint32
	}{address(&path[0]), uint32(fd), 0}
	_, _, errno = unix.Syscall(unix.SYS_BPF, pin, uintptr(unsafe.Pointer(&pinned)), unsafe.Sizeof(pinned))
	require.Zero(t, errno)
	runtime.KeepAlive(program)
	runtime.KeepAlive(licence)
	runtime.KeepAlive(path)
}

func address[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

// TestProcListing reads /proc/net/ip_vs where another namespace has services, too: before Linux 7 it
// lacks rows that our listing has.
func TestProcListing(t *testing.T) {
	n, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
	const make = "i=1; while [ $i -le 400 ]; do echo -A -f $i; i=$((i+1)); done | ipvsadm -R"
	const count = "grep -c FWM /proc/net/ip_vs"
	require.Equal(t, kernel.Result{}, shell(t, n, make))
	require.Equal(t, "400\n", shell(t, n, count).Stdout)
	require.Equal(t, kernel.Result{}, shell(t, other, make))
	if !kernel.Has(t, "tables that resize") { // since when it is complete
		require.NotEqual(t, []string{"400\n", "400\n"}, []string{shell(t, n, count).Stdout, shell(t, other, count).Stdout})
	}
	for _, n := range []*kernel.Namespace{n, other} {
		require.Equal(t, "400\n", shell(t, n, "ipvsadm -L -n | grep -c FWM").Stdout)
	}
}
