// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// connect makes the network namespaces of a page's machines and what the table says is between them: a switch for each
// network, a cable for each row.
func connect(t testing.TB, p *Page) map[string]*kernel.Namespace {
	t.Helper()
	switches := kernel.NewNamespace(t)
	machines := map[string]*kernel.Namespace{}
	for _, name := range p.Machines() {
		machines[name] = kernel.NewNamespace(t)
	}
	var networks []string
	for i, port := range p.Ports {
		if !slices.Contains(networks, port.Network) {
			networks = append(networks, port.Network)
			switches.IP(t, fmt.Sprintf("link add %s type bridge\nlink set %[1]s up", port.Network))
		}
		switches.IP(t, fmt.Sprintf("link add port%d type veth peer name %s netns %s\nlink set port%[1]d master %[4]s up",
			i, port.Interface, machines[port.Machine].Path(), port.Network))
		machines[port.Machine].IP(t, port.commands())
	}
	return machines
}

// commands gives an interface its addresses and the machine its default routes.
func (p *Port) commands() string {
	var lines strings.Builder
	for _, a := range p.Addresses {
		fmt.Fprintf(&lines, "address add %s dev %s", a, p.Interface)
		if strings.Contains(a, ":") {
			lines.WriteString(" nodad") // or it could not be used at once
		}
		lines.WriteString("\n")
	}
	fmt.Fprintf(&lines, "link set %s up\n", p.Interface)
	for _, g := range p.Gateways {
		fmt.Fprintf(&lines, "route add default via %s\n", g)
	}
	return lines.String()
}
