// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/netip"
	"os"
	"os/signal"
	"path"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/director"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/resolve"
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// A system provides what the command needs from the machine. Tests use one
// with a kernel in memory.
type system struct {
	// enter opens a network namespace by its name or path; nil is the caller's own.
	enter func(word string) (*netns.Namespace, error)

	// open opens IPVS in a namespace.
	open func(context.Context, *netns.Namespace) (*ipvsnl.Client, error)

	// loadModule loads the kernel module. Opening IPVS again shows whether that
	// worked.
	loadModule func()

	// preload loads another module, and reports nothing.
	preload func(module string)

	// mayUseIPVS returns an error if the process lacks the rights to use IPVS.
	mayUseIPVS func() error

	// connections opens a connection table of a namespace, conns.Path or conns.SyncPath.
	connections func(ns *netns.Namespace, file string) (io.ReadCloser, error)

	// totals returns the totals of a namespace.
	totals func(context.Context, *ipvsnl.Client) (ipvsnl.Stats, error)

	// lockFile opens the file whose lock protects the table of a namespace.
	lockFile func(*netns.Namespace) (*os.File, error)

	// schedulers returns the schedulers that the kernel has or can load.
	schedulers func() ([]schedulers.Scheduler, error)

	// scheduler returns where a scheduler is: nothing if that is unknown.
	scheduler func(name string) schedulers.State

	// links returns the network interfaces of a namespace, and namespaces the names that there are.
	links      func(*netns.Namespace) []link
	namespaces func() []string

	// sysctls returns the sysctls of a namespace, and machine what their defaults depend on.
	sysctls func(*netns.Namespace) sysctlDir
	machine func() sysctls.Machine

	// surroundings returns what a namespace has besides IPVS.
	surroundings func(*netns.Namespace) surroundings

	// terminal reports whether a stream is a terminal.
	terminal func(stream any) bool

	// names returns a resolver, which calls waiting when a caller has to wait.
	names func(ctx context.Context, waiting func()) names

	patience time.Duration // how long after a signal the kernel's reply to a change is waited for
	silence  time.Duration // how long to wait for another process before anything is said about it
	poll     time.Duration // how often connections that are to end are counted
	report   time.Duration // how often at most that is reported without a terminal
	idle     time.Duration // how long a restore waits for a line before others may change the table
}

// names looks up hosts and ports, in both directions.
type names interface {
	flags.Resolver
	format.Names

	// Prefetch starts looking up an address for a later call of Host.
	Prefetch(netip.Addr)

	// EachPort returns the ports of a protocol that have names.
	EachPort(protocol string) iter.Seq2[uint16, string]
}

// linux is the system on which the command runs.
var linux = &system{
	enter: func(word string) (*netns.Namespace, error) {
		if word == "" {
			return nil, nil
		}
		return netns.Open(word)
	},
	open: func(ctx context.Context, ns *netns.Namespace) (*ipvsnl.Client, error) {
		// ipvsadm treats IPv4-mapped addresses as IPv6 addresses.
		options := []ipvsnl.Option{ipvsnl.WithMappedAddrs()}
		if ns != nil {
			options = append(options, ipvsnl.WithNetNS(ns.Path()))
		}
		return ipvsnl.Open(ctx, options...)
	},
	loadModule:   func() { loadModule("/sbin/modprobe", os.Stdin, "--", "ip_vs") },
	preload:      func(module string) { loadModule("/sbin/modprobe", nil, "-q", "--", module) },
	mayUseIPVS:   mayUseIPVS,
	connections:  kernelConnections,
	totals:       func(ctx context.Context, c *ipvsnl.Client) (ipvsnl.Stats, error) { return c.Totals(ctx) },
	lockFile:     (*netns.Namespace).OpenAgain,
	schedulers:   kernelSchedulers,
	scheduler:    func(name string) schedulers.State { return runningKernel().State(name) },
	links:        links,
	namespaces:   netns.Names,
	sysctls:      func(ns *netns.Namespace) sysctlDir { return procDir{"/proc/sys/net/ipv4/vs", ns} },
	machine:      thisMachine,
	surroundings: linuxSurroundings,
	terminal:     screen.IsTerminal,
	names: func(ctx context.Context, waiting func()) names {
		r := resolve.New(ctx)
		r.Waiting = waiting
		return r
	},
	patience: 3 * time.Second,
	silence:  time.Second,
	poll:     time.Second,
	report:   10 * time.Second,
	idle:     10 * time.Second,
}

func linuxSurroundings(ns *netns.Namespace) surroundings {
	open := func(file string) (io.ReadCloser, error) { return kernelConnections(ns, file) }
	return &director.System{NS: ns, Kernel: runningKernel(), Open: open, Conns: path.Base(conns.Path)}
}

func kernelConnections(ns *netns.Namespace, file string) (io.ReadCloser, error) {
	return ns.OpenProc(path.Base(file))
}

// minVersion is the oldest IPVS version that the command supports.
const minVersion ipvsnl.Version = 0x010104

// openIPVS opens IPVS, loading its module if necessary, and checks its version.
func (sys *system) openIPVS(ctx context.Context, con *console, ns *netns.Namespace) (*ipvsnl.Client, ipvsnl.Info, error) {
	client, err := sys.open(ctx, ns)
	if errors.Is(err, ipvsnl.ErrNoIPVS) {
		sys.loadModule()
		client, err = sys.open(ctx, ns)
	}
	if errors.Is(err, ipvsnl.ErrNoIPVS) {
		// Missing rights come first: without them, IPVS would be of no use.
		if err := sys.mayUseIPVS(); err != nil {
			return nil, ipvsnl.Info{}, err
		}
		return nil, ipvsnl.Info{}, unix.ENOPROTOOPT
	}
	if err != nil {
		return nil, ipvsnl.Info{}, err
	}
	info, err := client.Info(ctx)
	if err != nil {
		_ = client.Close()
		return nil, ipvsnl.Info{}, err
	}
	if info.Version < minVersion {
		con.complain("Warning: IPVS version mismatch: \n" +
			"  Kernel compiled with IPVS version " + info.Version.String())
	}
	return client, info, nil
}

// loadModule runs modprobe, given its path, its input and its words.
func loadModule(modprobe string, input *os.File, words ...string) {
	// Child processes inherit ignored signals, but not handlers.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	p, err := os.StartProcess(modprobe, append([]string{modprobe}, words...),
		&os.ProcAttr{Files: []*os.File{input, os.Stdout, os.Stderr}})
	if err == nil {
		_, _ = p.Wait()
	}
}

// mayUseIPVS tries to open a raw socket, which requires the same rights.
func mayUseIPVS() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	_ = unix.Close(fd)
	return nil
}
