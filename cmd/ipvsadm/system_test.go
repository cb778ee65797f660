// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"maps"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// A testSystem is a system whose kernel is in memory.
type testSystem struct {
	system
	director      *ipvsnltest.Director
	dial          func() (io.ReadWriteCloser, error) // opens a socket, that of the director at first
	before        func(request) error                // is called before each request is sent; its error breaks the socket
	opened        atomic.Int64                       // how many sockets are open
	connTable     string                             // the connection table
	syncTable     string                             // the same with origins
	noConnTable   error                              // why there is none
	loads         int                                // how often the module was loaded
	onLoad        func()                             // what loading it does
	preloaded     []string                           // the other modules that were loaded
	noRight       error                              // why IPVS may not be used
	lockPath      string                             // of the file that stands for the namespace
	hasSchedulers []schedulers.Scheduler             // those of the kernel
	noModules     error                              // why there may be more
	inMemory      *testSysctls                       // the sysctls of IPVS
	total         ipvsnl.Stats                       // of the namespace
	noTotal       error                              // why there are none
	onTerminal    bool                               // whether standard error is a terminal
	fromTerminal  bool                               // whether standard input is one
	looks         int                                // how often it was asked whether a stream is a terminal
	hasLinks      []link                             // its network interfaces
	around        testSurroundings                   // what the director has besides IPVS
}

func newTestSystem(t testing.TB) *testSystem {
	t.Helper()
	s := &testSystem{director: ipvsnltest.New(), onLoad: func() {}, lockPath: filepath.Join(t.TempDir(), "namespace")}
	require.NoError(t, os.WriteFile(s.lockPath, nil, 0o600))
	s.dial = s.director.Dial
	s.before = func(request) error { return nil }
	s.system = system{
		enter: func(word string) (*netns.Namespace, error) {
			if word == "" {
				return nil, nil
			}
			return netns.Open(word)
		},
		open: func(ctx context.Context, _ *netns.Namespace) (*ipvsnl.Client, error) {
			return ipvsnl.Open(ctx, ipvsnl.WithDial(s.tapped), ipvsnl.WithMappedAddrs())
		},
		loadModule: func() {
			s.loads++
			s.onLoad()
		},
		preload:    func(module string) { s.preloaded = append(s.preloaded, module) },
		mayUseIPVS: func() error { return s.noRight },
		connections: func(_ *netns.Namespace, file string) (io.ReadCloser, error) {
			table := s.connTable
			if file == conns.SyncPath {
				table = s.syncTable
			}
			return io.NopCloser(strings.NewReader(table)), s.noConnTable
		},
		lockFile:     func(*netns.Namespace) (*os.File, error) { return os.Open(s.lockPath) },
		totals:       func(context.Context, *ipvsnl.Client) (ipvsnl.Stats, error) { return s.total, s.noTotal },
		sysctls:      func(*netns.Namespace) sysctlDir { return s.inMemory },
		surroundings: func(*netns.Namespace) surroundings { return &s.around },
		machine:      func() sysctls.Machine { return sysctls.Machine{CPUs: "0-1"} },
		links:        func(*netns.Namespace) []link { return s.hasLinks },
		namespaces:   func() []string { return []string{"blue"} },
		schedulers:   func() ([]schedulers.Scheduler, error) { return s.hasSchedulers, s.noModules },
		scheduler: func(scheduler string) schedulers.State {
			for _, has := range s.hasSchedulers {
				if has.Name == scheduler {
					return has.State
				}
			}
			return ""
		},
		terminal: s.isTerminal,
		names:    func(context.Context, func()) names { return testNames{} },
		patience: time.Hour,
		silence:  time.Hour,
		idle:     time.Hour,
		poll:     time.Millisecond,
		report:   time.Hour,
	}
	return s
}

// isTerminal reports whether a stream is one of those that are terminals.
func (s *testSystem) isTerminal(stream any) bool {
	s.looks++
	if _, ok := stream.(*os.File); ok {
		return screen.IsTerminal(stream)
	}
	if _, ok := stream.(io.Writer); ok {
		return s.onTerminal
	}
	return s.fromTerminal
}

// The commands of IPVS that tests look for (IPVS_CMD_*).
const (
	newService = 1
	setService = 2
	delService = 3
	getService = 4
	newDest    = 5
	delDest    = 7
	getDest    = 8
	getDaemon  = 11
	getConfig  = 13
	getInfo    = 15
	flush      = 17
)

// A request is a datagram of requests to IPVS.
type request struct {
	command byte            // of the first
	dump    bool            // whether it asks for a listing
	closed  <-chan struct{} // is closed when the socket is
}

// changes reports whether it is one to make changes.
func (r request) changes() bool {
	switch r.command {
	case getService, getDest, getDaemon, getConfig, getInfo:
		return false
	}
	return true
}

// A tap is a socket of the director of which the test is told.
type tap struct {
	io.ReadWriteCloser
	before func(request) error
	isOpen atomic.Bool
	opened *atomic.Int64
	closed chan struct{}
}

func (s *testSystem) tapped() (io.ReadWriteCloser, error) {
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	t := &tap{ReadWriteCloser: c, before: func(r request) error { return s.before(r) }, opened: &s.opened, closed: make(chan struct{})}
	t.isOpen.Store(true)
	t.opened.Add(1)
	return t, nil
}

func (t *tap) Write(b []byte) (int, error) {
	const family = 0x20 // that the director gives to IPVS; others ask for it
	if len(b) > 16 && binary.NativeEndian.Uint16(b[4:]) == family {
		flags := binary.NativeEndian.Uint16(b[6:])
		if err := t.before(request{b[16], flags&unix.NLM_F_DUMP == unix.NLM_F_DUMP, t.closed}); err != nil {
			return 0, err
		}
	}
	return t.ReadWriteCloser.Write(b)
}

// Close closes the socket before it says so: what was waiting for that gets no reply.
func (t *tap) Close() error {
	err := t.ReadWriteCloser.Close()
	if t.isOpen.CompareAndSwap(true, false) {
		t.opened.Add(-1)
		close(t.closed)
	}
	return err
}

// breakAt has the socket break before the datagram of changes of that number, from 1.
func (s *testSystem) breakAt(number int) {
	s.before = func(r request) error {
		if r.changes() {
			if number--; number == 0 {
				return errBroken
			}
		}
		return nil
	}
}

// breakReading has the socket break at a request to read.
func (s *testSystem) breakReading(command byte) {
	s.before = func(r request) error {
		if r.command == command {
			return errBroken
		}
		return nil
	}
}

// errBroken is the error of a socket that is broken.
var errBroken = errors.New("broken")

// another returns another client of the same table.
func (s *testSystem) another(t *testing.T) *ipvsnl.Client {
	t.Helper()
	c, err := s.director.Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// journal has all changes written down that are asked for.
func (s *testSystem) journal() *[]string {
	var all []string
	s.director.Refuse(func(c ipvsnl.Change) int {
		all = append(all, c.String())
		return 0
	})
	return &all
}

// raiseSignal sends a signal to the test's own process, and returns when whoever asked for
// it has it.
func raiseSignal(s unix.Signal) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, s)
	defer signal.Stop(c)
	_ = unix.Kill(unix.Getpid(), s)
	<-c
}

// testNames knows one host and one port.
type testNames struct{}

var web = netip.MustParseAddr("192.0.2.80")

func (testNames) Addr(host string) (netip.Addr, bool) { return web, host == "web" }

func (testNames) PortNumber(name, protocol string) (uint16, bool) {
	return 80, name == "http" && protocol == "tcp"
}

func (testNames) Host(a netip.Addr) string {
	if a == web {
		return "web"
	}
	return ""
}

func (testNames) Port(port uint16, protocol string) string {
	if port == 80 && protocol == "tcp" {
		return "http"
	}
	return ""
}

func (testNames) Prefetch(netip.Addr) {}

func (testNames) EachPort(protocol string) iter.Seq2[uint16, string] {
	return maps.All(map[uint16]string{80: "http", 53: "domain", 9: "only-" + protocol})
}

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

// both runs a command line and returns what it prints, messages among it, in order.
func (s *testSystem) both(stdin io.Reader, line string) (output string, code int) {
	var b bytes.Buffer
	code = s.run(strings.Fields(line), stdin, &b, &b)
	return b.String(), code
}

// do runs command lines that must succeed without output.
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

// How long tests wait for what happens concurrently, and how often they check.
const (
	waiting = time.Minute
	polling = time.Millisecond
)

// awaitGoroutines waits until there are no more goroutines than that.
func awaitGoroutines(t *testing.T, most int) {
	t.Helper()
	for start := time.Now(); runtime.NumGoroutine() > most; time.Sleep(polling) {
		require.Less(t, time.Since(start), waiting, "goroutines are left")
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// A safeBuffer is a buffer that is written and read side by side.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
