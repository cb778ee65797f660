// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// A testSystem is a system whose kernel is in memory.
type testSystem struct {
	system
	director    *ipvsnltest.Director
	dial        func() (io.ReadWriteCloser, error) // opens a socket, that of the director at first
	connTable   string                             // the connection table
	noConnTable error                              // why there is none
	loads       int                                // how often the module was loaded
	onLoad      func()                             // what loading it does
	noRight     error                              // why IPVS may not be used
	lockPath    string                             // of the file that stands for the namespace
}

func newTestSystem(t *testing.T) *testSystem {
	t.Helper()
	s := &testSystem{director: ipvsnltest.New(), onLoad: func() {}, lockPath: filepath.Join(t.TempDir(), "namespace")}
	require.NoError(t, os.WriteFile(s.lockPath, nil, 0o600))
	s.dial = s.director.Dial
	s.system = system{
		enter: func(word string) (*netns.Namespace, error) {
			if word == "" {
				return nil, nil
			}
			return netns.Open(word)
		},
		open: func(ctx context.Context, _ *netns.Namespace) (*ipvsnl.Client, error) {
			return ipvsnl.Open(ctx, ipvsnl.WithDial(func() (io.ReadWriteCloser, error) { return s.dial() }), ipvsnl.WithMappedAddrs())
		},
		loadModule: func() {
			s.loads++
			s.onLoad()
		},
		mayUseIPVS: func() error { return s.noRight },
		connections: func(*netns.Namespace) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(s.connTable)), s.noConnTable
		},
		lockFile: func(*netns.Namespace) (*os.File, error) { return os.Open(s.lockPath) },
		names:    func(context.Context, func()) names { return testNames{} },
	}
	return s
}

// testNames knows one host and one port.
type testNames struct{}

var web = netip.MustParseAddr("192.0.2.80")

func (testNames) Addr(host string) (netip.Addr, bool) { return web, host == "web" }

func (testNames) PortNumber(name string, p ipvsnl.Protocol) (uint16, bool) {
	return 80, name == "http" && p == ipvsnl.TCP
}

func (testNames) Host(a netip.Addr) string {
	if a == web {
		return "web"
	}
	return ""
}

func (testNames) Port(port uint16, p ipvsnl.Protocol) string {
	if port == 80 && p == ipvsnl.TCP {
		return "http"
	}
	return ""
}

func (testNames) Prefetch(netip.Addr) {}

// A result is what a command line did.
type result struct {
	stdout, stderr string
	code           int
}

// input runs a command line, given in one string, on an input.
func (s *testSystem) input(stdin, line string) result {
	var stdout, stderr bytes.Buffer
	code := s.run(strings.Fields(line), strings.NewReader(stdin), &stdout, &stderr)
	return result{stdout.String(), stderr.String(), code}
}

// do runs command lines that have to succeed in silence.
func (s *testSystem) do(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		require.Equal(t, result{}, s.input("", line), line)
	}
}

// saved returns the table as rules.
func (s *testSystem) saved(t *testing.T) string {
	t.Helper()
	got := s.input("", "ipvsadm -S -n --all")
	require.Equal(t, result{stdout: got.stdout}, got)
	_, rules, _ := strings.Cut(got.stdout, "\n") // the timeouts
	return rules
}
