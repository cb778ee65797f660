// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestManualRemarks shows what the manuals say of addresses, comments, ports and the order of listings. Both programs do so,
// unless ours alone is named.
func TestManualRemarks(t *testing.T) {
	for _, c := range []struct {
		remark string
		script string
		fails  bool
	}{
		{"an IPv6 address without a port is not in brackets", "ipvsadm -A -t 2001:db8::1 -p", false},
		{"", "ipvsadm -A -t [2001:db8::1] -p", true},
		{"with a port it is", "ipvsadm -A -t [2001:db8::1]:80", false},
		{"", "ipvsadm -A -t 2001:db8::1:80", true},
		{"a # after blanks is a fault", "echo ' # web' | ipvsadm -R", true},
		{"and after a rule", "echo '-A -f 1 # web' | ipvsadm -R", true},
		{"-e without -m loses the port", server8080 + "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:8080 -w 2", true},
		{"", server8080 + "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 2", false},
		{"-d does not", server8080 + "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080", false},
	} {
		got := map[string]kernel.Result{}
		for name, path := range map[string]string{"ours": program(), "reference": kernel.Reference} {
			n := kernel.NewNamespace(t)
			got[name] = shell(t, n, "ipvsadm() { bash -c 'exec -a ipvsadm "+path+` "$@"' sh "$@"; }`+"\n"+c.script)
			require.Equal(t, c.fails, got[name].Code != 0, "%s: %s: %+v", name, c.script, got[name])
		}
		require.Equal(t, got["reference"], got["ours"], c.script)
	}
}

const server8080 = "ipvsadm -A -t 192.0.2.1:80; ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m; "

// TestListedOrder lists services in the order that the manual describes: by differences of 32 bits.
func TestListedOrder(t *testing.T) {
	for _, services := range []string{
		"-f 2147483649,-t 192.0.2.1:80",
		"-f 4294967295,-t 192.0.2.1:80",
		"-t 192.0.2.1:80,-f 1,-f 2147483647",
		"-t 192.168.0.1:80,-t 10.0.0.1:80",
		"-t 10.0.0.1:79,-t 10.0.0.1:80,-u 10.0.0.1:80,-t [2001:db8::1]:80",
	} {
		n := kernel.NewNamespace(t)
		var want string
		for _, s := range strings.Split(services, ",") {
			require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), strings.Fields("-A "+s)...))
			want += "-A " + s + " -s wlc\n"
		}
		require.Equal(t, want, n.Ipvsadm(t, program(), "-S", "-n").Stdout)
	}
}
