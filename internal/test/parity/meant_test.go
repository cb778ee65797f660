// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMeantNames shows the differences in names that generated cases keep away from.
func TestMeantNames(t *testing.T) {
	lab := NewLab(t, reference(), ours(t))
	for _, m := range []struct {
		service         string
		hosts           string
		reference, ours string // the name
	}{
		{service: "192.0.2.13:80", reference: "1.2.3.4", ours: "192.0.2.13"},
		{service: "192.0.2.1:80", hosts: "192.0.2.1 # web\n192.0.2.1 late\n", reference: "", ours: "192.0.2.1"},
	} {
		d, err := lab.Try(t.Context(), &Case{
			Files: map[string]string{hostsFile: m.hosts, resolvFile: "nameserver " + answering + "\n"},
			Calls: []Call{{Words: []string{"-A", "-t", m.service}}, {Words: []string{"-S"}}},
		})
		require.NoError(t, err)
		const head, tail = "-A -t ", ":http -s wlc\n"
		if d == nil || d.What != "stdout" || d.Want.Stdout != head+m.reference+tail || d.Got.Stdout != head+m.ours+tail {
			t.Errorf("%s: difference %v, want %s and %s", m.service, d, m.reference, m.ours)
		}
	}
}

// TestMeantCrash shows that the reference crashes where a line of nsswitch.conf names no source of hosts.
func TestMeantCrash(t *testing.T) {
	lab := NewLab(t, reference(), ours(t))
	for _, sources := range []string{"hosts:\n", "hosts: [NOTFOUND=return] files\n", "hosts: \x00 files\n"} {
		d, err := lab.Try(t.Context(), &Case{
			Files: map[string]string{switchFile: sources},
			Calls: []Call{{Words: []string{"-A", "-t", "127.0.0.1:80"}}, {Words: []string{"-S"}}},
		})
		require.NoError(t, err)
		const want = "-A -t 127.0.0.1:http -s wlc\n"
		if d == nil || d.Want.Code != crashed || d.Got.Code != 0 || d.Got.Stdout != want {
			t.Errorf("%q: difference %v, want a crash and %s", sources, d, want)
		}
	}
}
