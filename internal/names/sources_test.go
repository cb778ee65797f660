package names

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestParseSteps(t *testing.T) {
	files, dns := step{source: inFiles}, step{source: inDNS}
	ending := func(s step, absent, failed bool) step {
		s.lastIfAbsent, s.lastIfFailed = absent, failed
		return s
	}
	for text, want := range map[string][]step{
		"":                                      usualSteps,
		"services: files\n":                     usualSteps,
		"#hosts: dns\n":                         usualSteps,
		"passwd: files\nhosts: dns files # x\n": {dns, files},
		"hosts:files dns\nhosts: dns\n":         {files, dns},
		"hosts: files mdns4_minimal [NOTFOUND=return] dns\n": {
			files, ending(step{}, true, false), dns},
		"hosts: files[notfound=RETURN] dns\n":                     {ending(files, true, false), dns},
		"hosts: dns [!UNAVAIL=return] files\n":                    {ending(dns, true, false), files},
		"hosts: dns [!NOTFOUND=return] files\n":                   {ending(dns, false, true), files},
		"hosts: dns [UNAVAIL=return] [NOTFOUND=continue] files\n": {ending(dns, false, true), files},
		"hosts: dns [UNAVAIL=return TRYAGAIN=continue] files\n":   {ending(dns, false, true), files},
		"hosts: [NOTFOUND=return] files\n":                        {files},
		"hosts: dns [!SUCCESS=return] files\n":                    {ending(dns, true, true), files},
		"hosts:\n":                                                nil,
	} {
		if got := parseSteps(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// The sources are asked one after the other, up to the one that has the name or ends the search.
func TestLookUp(t *testing.T) {
	absent := &net.DNSError{IsNotFound: true}
	failed := &net.DNSError{IsTimeout: true}
	for _, tt := range []struct {
		steps string
		err   error // what name servers say
		want  string
	}{
		{"hosts: files dns", nil, "file"},
		{"hosts: dns files", nil, "dns"},
		{"hosts: dns files", absent, "file"},
		{"hosts: dns files", failed, "file"},
		{"hosts: nothing files", failed, "file"},
		{"hosts: dns [NOTFOUND=return] files", absent, ""},
		{"hosts: dns [NOTFOUND=return] files", failed, "file"},
		{"hosts: dns [UNAVAIL=return] files", failed, ""},
		{"hosts: nothing", nil, ""},
	} {
		r := New(context.Background())
		r.steps = func() []step { return parseSteps(tt.steps) }
		got := lookUp(r, func(s source) (string, error) {
			switch {
			case s == inFiles:
				return "file", nil
			case s == inDNS && tt.err == nil:
				return "dns", nil
			case s == inDNS:
				return "", tt.err
			}
			return "", errors.New("asked elsewhere")
		})
		if got != tt.want {
			t.Errorf("%s, %v: got %q, want %q", tt.steps, tt.err, got, tt.want)
		}
	}
}

func TestQueried(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::1", "::1": "::1", "::ffff:192.0.2.1": "192.0.2.1",
		"::192.0.2.1": "192.0.2.1", "::2": "0.0.0.2", "64:ff9b::1": "64:ff9b::1",
	} {
		if got := queried(netip.MustParseAddr(addr)); got.String() != want {
			t.Errorf("%s: got %v, want %s", addr, got, want)
		}
	}
}
