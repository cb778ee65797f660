// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Feature is what some kernels lack.
type Feature struct {
	Name  string
	probe func(t testing.TB, n *Namespace) bool
}

// Features are those that tests ask for, or that tell kernels apart. Each is found by trying.
var Features = []Feature{
	scheduler("rr"), scheduler("wrr"), scheduler("lc"), scheduler("wlc"), scheduler("lblc"), scheduler("lblcr"), scheduler("dh"),
	scheduler("sh"), scheduler("sed"), scheduler("nq"), scheduler("fo"), scheduler("ovf"), scheduler("mh"), scheduler("twos"),
	{"engine sip", func(t testing.TB, n *Namespace) bool {
		s := web
		s.Key.Protocol, s.Persistence = ipvsnl.UDP, ipvsnl.Persistence{Timeout: 1e9, Engine: "sip"}
		return n.takes(t, ipvsnl.AddService(s))
	}},
	{"SCTP services", func(t testing.TB, n *Namespace) bool {
		s := web
		s.Key.Protocol = ipvsnl.SCTP
		return n.takes(t, ipvsnl.AddService(s))
	}},
	{"IPv6 services", func(t testing.TB, n *Namespace) bool {
		return n.takes(t, ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1, IPv6: true}, Scheduler: "rr"}))
	}},
	{"tunnels ipip", func(t testing.TB, n *Namespace) bool { return n.keepsTunnel(t, ipvsnl.IPIP) }},
	{"tunnels gue", func(t testing.TB, n *Namespace) bool { return n.keepsTunnel(t, ipvsnl.GUE) }},
	{"tunnels gre", func(t testing.TB, n *Namespace) bool { return n.keepsTunnel(t, ipvsnl.GRE) }},
	{"counters of 64 bits", hasStats64},
	{"devices ipip", func(t testing.TB, n *Namespace) bool { return loads("ipip") }},
	{"devices sit", func(t testing.TB, n *Namespace) bool { return loads("sit") }},
	{"devices gre", func(t testing.TB, n *Namespace) bool { return loads("ip_gre") }},
	{"devices ip6tnl", func(t testing.TB, n *Namespace) bool { return loads("ip6_tunnel") }},
	{"devices gue", func(t testing.TB, n *Namespace) bool { return loads("fou") }},
	{"SCTP sockets", func(t testing.TB, n *Namespace) bool {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP)
		if err == nil {
			unix.Close(fd)
		}
		return err == nil
	}},
	{"overlay file systems", func(t testing.TB, n *Namespace) bool { return loads("overlay") }},
	{"estimation that can be turned off", hasFile("/proc/sys/net/ipv4/vs/run_estimation")},
	{"sysctl est_nice", hasFile("/proc/sys/net/ipv4/vs/est_nice")},
	{"tables that resize", hasFile("/proc/sys/net/ipv4/vs/conn_lfactor")},
	{"tables of a fixed size", func(t testing.TB, n *Namespace) bool { return !hasFile("/proc/sys/net/ipv4/vs/conn_lfactor")(t, n) }},
	{"/proc/net/ip_vs_status", hasFile("/proc/thread-self/net/ip_vs_status")},
	{"sysctl conn_max", hasFile("/proc/sys/net/ipv4/vs/conn_max")},
	{"nftables", func(t testing.TB, n *Namespace) bool {
		return n.Run(t, Command{Path: "/bin/sh", Args: []string{"sh", "-c", "nft add table ip probe"}}).Code == 0
	}},
	{"nftables with sets", func(t testing.TB, n *Namespace) bool {
		return n.Run(t, Command{Path: "/bin/sh", Args: []string{"sh", "-c", "nft 'add table ip probe; add set ip probe s { type inet_service; }'"}}).Code == 0
	}},
	{"eBPF at ingress", func(t testing.TB, n *Namespace) bool { return loads("sch_ingress") && loads("cls_bpf") }},
}

// Has reports whether the kernel has a feature.
func (f *Feature) Has(t testing.TB) bool {
	t.Helper()
	return f.probe(t, NewNamespace(t))
}

// Need ends a test, as skipped, where the kernel lacks one of the features. The result of the bed of kernels lists
// them.
func Need(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if !Has(t, name) {
			t.Skipf("the kernel lacks %s", name)
		}
	}
}

// Has reports whether the kernel has a feature of that name.
func Has(t testing.TB, name string) bool {
	t.Helper()
	f := feature(name)
	if f == nil {
		t.Fatalf("%q is not a feature", name)
	}
	return f.Has(t)
}

func feature(name string) *Feature {
	for i := range Features {
		if Features[i].Name == name {
			return &Features[i]
		}
	}
	return nil
}

// web is a service like any other.
var web = ipvsnl.Service{
	Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
	Scheduler: "rr",
}

func scheduler(name string) Feature {
	return Feature{"scheduler " + name, func(t testing.TB, n *Namespace) bool {
		s := web
		s.Scheduler = name
		return n.takes(t, ipvsnl.AddService(s))
	}}
}

// takes reports whether the kernel accepts changes.
func (n *Namespace) takes(t testing.TB, changes ...ipvsnl.Change) bool {
	t.Helper()
	ok := false
	n.use(t, func(ctx context.Context, c *ipvsnl.Client) error {
		err := c.Apply(ctx, changes...)
		ok = err == nil
		var refused *ipvsnl.Error
		if errors.As(err, &refused) {
			return nil
		}
		return err
	})
	return ok
}

// keepsTunnel reports whether the kernel keeps a type of tunnel. Old ones do not look at it.
func (n *Namespace) keepsTunnel(t testing.TB, kind ipvsnl.TunnelType) bool {
	t.Helper()
	d := ipvsnl.Destination{Addr: netip.MustParseAddrPort("198.51.100.1:80"), Forwarding: ipvsnl.Tunnel, Weight: 1, TunnelType: kind}
	if kind == ipvsnl.GUE {
		d.TunnelPort = 6080
	}
	if !n.takes(t, ipvsnl.AddService(web), ipvsnl.AddDestination(web.Key, d)) {
		return false
	}
	same := false
	n.use(t, func(ctx context.Context, c *ipvsnl.Client) error {
		got, err := c.Destinations(ctx, web.Key)
		same = len(got) == 1 && got[0].Destination.TunnelType == kind
		return err
	})
	return same
}

// use calls f with a client in the namespace.
func (n *Namespace) use(t testing.TB, f func(context.Context, *ipvsnl.Client) error) {
	t.Helper()
	var err error
	n.Do(func() {
		var c *ipvsnl.Client
		if c, err = ipvsnl.Open(context.Background()); err == nil {
			err = errors.Join(f(context.Background(), c), c.Close())
		}
	})
	if err != nil {
		t.Fatal("asking the kernel:", err)
	}
}

// hasStats64 reports whether a service comes with counters of 64 bits.
func hasStats64(t testing.TB, n *Namespace) bool {
	t.Helper()
	if !n.takes(t, ipvsnl.AddService(web)) {
		return false
	}
	has := false
	var err error
	n.Do(func() { has, err = listsStats64() })
	if err != nil {
		t.Fatal("asking the kernel:", err)
	}
	return has
}

// listsStats64 lists the services and looks for an attribute that the library does not show.
func listsStats64() (bool, error) {
	const getService, service, stats64 = 4, 1, 12
	conn, err := genetlink.Dial(nil)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	family, err := conn.GetFamily("IPVS")
	if err != nil {
		return false, err
	}
	messages, err := conn.Execute(genetlink.Message{Header: genetlink.Header{Command: getService, Version: family.Version}},
		family.ID, netlink.Request|netlink.Dump)
	if err != nil || len(messages) == 0 {
		return false, fmt.Errorf("%d services: %w", len(messages), err)
	}
	decoder, err := netlink.NewAttributeDecoder(messages[0].Data)
	if err != nil {
		return false, err
	}
	has := false
	for decoder.Next() {
		if decoder.Type() != service {
			continue
		}
		decoder.Nested(func(d *netlink.AttributeDecoder) error {
			for d.Next() {
				has = has || d.Type() == stats64
			}
			return nil
		})
	}
	return has, decoder.Err()
}

// LoadNamespaced loads the schedulers that have settings for each network namespace. If the kernel loads one for a service
// while it clears a namespace away, each waits for the other, until the program that adds the service is killed.
func LoadNamespaced() {
	for _, name := range []string{"lblc", "lblcr"} {
		loads("ip_vs_" + name)
	}
}

// loads reports whether a module is there.
func loads(module string) bool {
	return exec.Command("/sbin/modprobe", "-q", module).Run() == nil
}

// hasFile looks for a file in the namespace.
func hasFile(name string) func(testing.TB, *Namespace) bool {
	return func(_ testing.TB, n *Namespace) bool {
		var err error
		n.Do(func() { _, err = os.Stat(name) })
		return err == nil
	}
}

// Release is the kernel's release, as uname(1) prints it.
func Release(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
