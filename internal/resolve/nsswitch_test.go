// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// with returns a source with an action after a status.
func (o source) with(s status, a action) source {
	o.then[s] = a
	return o
}

func TestParseSwitch(t *testing.T) {
	files, dns := newSource("files"), newSource("dns")
	usual := usualSwitch()
	for text, want := range map[string]nameSwitch{
		"":                                    usual,
		"\n \n# hosts: dns\nhosts\x00: dns\n": usual,
		"passwd: files\nHOSTS: dns\n":         usual,
		"hosts: dns":                          usual, // no newline
		"hosts:\n":                            {services: usual.services},
		"hosts: # dns\n":                      {hosts: []source{newSource("#"), dns}, services: usual.services},
		"hosts: files # dns\n":                {hosts: []source{files, newSource("#"), dns}, services: usual.services},
		"hosts: dns\nhosts: files\n":          {hosts: []source{files}, services: usual.services},
		" hosts:files nosuch dns\n":           {hosts: []source{files, newSource("nosuch"), dns}, services: usual.services},
		"hosts files\n":                       {hosts: []source{files}, services: usual.services},
		"hosts :: \t files\x00 dns\n":         {hosts: []source{files}, services: usual.services},
		"hosts: [NOTFOUND=return] files\n":    {services: usual.services},
		"services: db files\n":                {hosts: usual.hosts, services: []source{newSource("db"), files}},
		"hosts: files [NOTFOUND=return] dns\n": {
			hosts: []source{files.with(notFound, stop), dns}, services: usual.services},
		"hosts: dns[!unavail=Return] files\n": {
			hosts: []source{dns.with(notFound, stop).with(tryAgain, stop), files}, services: usual.services},
		"hosts: dns [ tryagain = RETURN SUCCESS=continue] files\n": {
			hosts: []source{dns.with(tryAgain, stop).with(success, carryOn), files}, services: usual.services},
		"hosts: dns [SUCCESS=merge] [NOTFOUND=return] files\n": {
			hosts: []source{dns.with(success, merge)}, services: usual.services},
		"hosts: files []\n":                             {},
		"hosts: files [NOTFOUND]\n":                     {},
		"hosts: files [NOTFOUND=]\n":                    {},
		"hosts: files [NOTFOUND=return\n":               {},
		"hosts: files [NOTFOUND=retry]\n":               {},
		"hosts: files [RETURN=return]\n":                {},
		"hosts: files [! NOTFOUND=return]\n":            {},
		"hosts: files\npasswd: files [x]\n":             {},
		"hosts: files\nsudoers: files [x]\n":            {hosts: []source{files}, services: usual.services},
		"hosts: files # [x] for all\nservices: files\n": {},
	} {
		require.Empty(t, cmp.Diff(want, parseSwitch(text), cmp.AllowUnexported(nameSwitch{}, source{})), "%q", text)
	}
}

// Sources are asked in their order, up to one whose status ends it.
func TestLookUp(t *testing.T) {
	for _, tt := range []struct {
		sources string
		first   status // of "dns"; "files" has an answer
		want    string
	}{
		{"dns files", success, "dns"},
		{"dns files", notFound, "files"},
		{"dns files", unavail, "files"},
		{"dns files", tryAgain, "files"},
		{"nosuch dns", success, "dns"},
		{"nosuch [UNAVAIL=return] dns", success, ""},
		{"nosuch [UNAVAIL=merge] dns", success, ""},
		{"nosuch [NOTFOUND=return] dns", success, "dns"},
		{"dns [NOTFOUND=return] files", notFound, ""},
		{"dns [NOTFOUND=return] files", unavail, "files"},
		{"dns [NOTFOUND=merge] files", notFound, "files"},
		{"dns [UNAVAIL=return] files", unavail, ""},
		{"dns [UNAVAIL=return] files", notFound, "files"},
		{"dns [TRYAGAIN=return] files", tryAgain, ""},
		{"dns [SUCCESS=continue] files", success, "files"},
		{"files [SUCCESS=continue] dns", notFound, ""},
		{"files [SUCCESS=continue] nosuch", notFound, "files"},
		{"files [SUCCESS=continue] nosuch [UNAVAIL=return] dns", success, "files"},
		{"files [SUCCESS=merge] dns", success, ""},
		{"files [SUCCESS=merge] dns", notFound, "files"},
		{"files [SUCCESS=merge]", success, ""},
		{"", success, ""},
	} {
		sources, ok := parseSources(tt.sources)
		require.True(t, ok, tt.sources)
		got, ok := lookUp(sources, func(name string) (string, status) {
			switch name {
			case "files":
				return name, success
			case "dns":
				if tt.first == success {
					return name, success
				}
				return "", tt.first
			}
			return "", missing
		})
		require.Equal(t, tt.want, got, "%s, %d", tt.sources, tt.first)
		require.Equal(t, tt.want != "", ok, "%s, %d", tt.sources, tt.first)
	}
}

func FuzzParseSwitch(f *testing.F) {
	for _, s := range []string{"hosts: files dns\n", "hosts: dns [!UNAVAIL=return] files\n", "services: db files\x00\n", "hosts: [\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := parseSwitch(text)
		for _, o := range append(n.hosts, n.services...) {
			require.NotEmpty(t, o.name)
		}
	})
}
