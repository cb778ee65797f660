// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFixedNames runs cases of names that once differed, and checks what the reference does with them.
func TestFixedNames(t *testing.T) {
	const nameserver = "nameserver " + answering + "\n"
	lab := NewLab(t, reference(), ours(t))
	for _, tt := range []struct {
		name    string
		sources string
		hosts   string
		words   []string
		code    int
		saved   string
	}{
		{name: "a comment after the sources", sources: "hosts: files # dns\n", words: []string{"-A", "-t", "db.test:81"}, saved: "-A -t db.test:81 -s wlc\n"},
		{name: "name servers only", sources: "hosts: dns [NOTFOUND=return] files\n", hosts: "192.0.2.50 onlyhosts.test\n",
			words: []string{"-A", "-t", "onlyhosts.test:81"}, code: 2},
		{name: "name servers only, of an address", sources: "hosts: dns [NOTFOUND=return] files\n", hosts: "192.0.2.50 onlyhosts.test\n",
			words: []string{"-A", "-t", "192.0.2.50:81"}, saved: "-A -t 192.0.2.50:81 -s wlc\n"},
		{name: "the last of several lines", sources: "hosts: dns\nhosts: files\n", words: []string{"-A", "-t", "db.test:81"}, code: 2},
		{name: "services", sources: "services: nosuch\n", words: []string{"-A", "-t", "192.0.2.50:80"}, saved: "-A -t 192.0.2.50:80 -s wlc\n"},
		{name: "a broken line", sources: "hosts: files\npasswd: files [x]\n", hosts: "192.0.2.50 one\n", words: []string{"-A", "-t", "one:81"}, code: 2},
		{name: "a NUL", sources: "hosts: files\n", hosts: "192.0.2.50 one\x00two three\n", words: []string{"-A", "-t", "192.0.2.50:81"}, saved: "-A -t one:81 -s wlc\n"},
	} {
		c := &Case{
			Files: map[string]string{switchFile: tt.sources, hostsFile: tt.hosts, resolvFile: nameserver},
			Calls: []Call{{Words: tt.words}, {Words: []string{"-S"}}},
		}
		d, err := lab.Try(t.Context(), c)
		require.NoError(t, err, tt.name)
		require.Nil(t, d, tt.name)
		// The reference does it once more, for what it says.
		require.NoError(t, lab.reference.prepare(t.Context(), c), tt.name)
		got, _, err := lab.reference.run(t.Context(), lab.Reference, c, &c.Calls[0], true)
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.code, got.Code, tt.name)
		got, _, err = lab.reference.run(t.Context(), lab.Reference, c, &c.Calls[1], true)
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.saved, got.Stdout, tt.name)
	}
}
