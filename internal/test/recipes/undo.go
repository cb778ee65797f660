// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// undoing begins the heading of what brings machines back to where they were.
const undoing = "How to undo it"

// stateCommand prints what pages change on a machine, without what follows from that by itself: services and sync daemons,
// addresses, routes, rules and settings.
const stateCommand = `! command -v ipvsadm >/dev/null || { ipvsadm -S -n; ipvsadm -L --daemon; }
ip -o address show | sed 's/^[0-9]*: //; /scope link/d; s/ valid_lft.*//; s/  */ /g'
{ ip route show; ip -6 route show; } | grep -v 'proto kernel'
nft -s list ruleset 2>/dev/null | grep -Ev '^[[:space:]]*(table|chain|type|#|}|$)'
for name in /proc/sys/net/ipv4/{ip_forward,vs/*} /proc/sys/net/ipv6/conf/all/forwarding \
	/proc/sys/net/ipv4/conf/{all,default,eth*}/{arp_announce,arp_ignore,forwarding,rp_filter}; do
	if read -r value <"$name"; then echo "$name=$value"; fi
done 2>/dev/null
`

// undone returns the machines that the page brings back to where they were.
func (r *Run) undone() (names []string) {
	for i := range r.page.Steps {
		if s := &r.page.Steps[i]; strings.HasPrefix(s.Heading, undoing) && s.Takes(r.way) {
			names = append(names, s.Machines...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// states returns the states of machines, line by line.
func (r *Run) states(t testing.TB, names []string) map[string][]string {
	t.Helper()
	states := map[string][]string{}
	for _, name := range names {
		text, _, err := r.machines[name].shell(t, false).run(stateCommand)
		require.NoError(t, err)
		lines := splitLines(text)
		slices.Sort(lines)
		states[name] = lines
	}
	return states
}

// requireUndone compares states of machines, without the sysctls that a module has brought.
func requireUndone(t testing.TB, before, after map[string][]string) {
	t.Helper()
	for name, lines := range after {
		lines = slices.DeleteFunc(lines, func(line string) bool {
			key, _, isSysctl := strings.Cut(line, "=")
			return isSysctl && strings.HasPrefix(line, "/proc/sys/net/ipv4/vs/") && !slices.ContainsFunc(before[name],
				func(was string) bool { return strings.HasPrefix(was, key+"=") })
		})
		require.Empty(t, cmp.Diff(before[name], lines), "what is not undone on %s: -before +after", name)
	}
}
