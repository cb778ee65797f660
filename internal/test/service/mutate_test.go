// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/resolve"
	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/stretchr/testify/require"
)

// whole are rules of every kind.
const whole = `# Rules of IPVS
-A -t 192.0.2.1:80 -s wrr -p 600 -M 255.255.255.0
-a -t 192.0.2.1:80 -r 198.51.100.1:8080 -m -w 3
-a -t 192.0.2.1:80 -r 198.51.100.2:8080 -m -w 0
-A -t 192.0.2.2:443 -s sh -b sh-fallback,sh-port
-a -t 192.0.2.2:443 -r 198.51.100.3:443 -i -w 2 --tun-type gue --tun-port 6080 --tun-csum
-a -t 192.0.2.2:443 -r 198.51.100.4:443 -i -w 1 --tun-type ipip
-A -u 192.0.2.3:53 -s rr -o
-a -u 192.0.2.3:53 -r 198.51.100.5:53 -g -w 5
-A -u 192.0.2.4:5060 -s wlc -p 300 --pe sip
-A --sctp-service 192.0.2.5:99 -s mh
-A -t [2001:db8::1]:80 -s wlc -p 360 -M 64
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -m -w 1
-A -f 9 -s lc
-a -f 9 -r 198.51.100.6:0 -g -w 1
-A -f 10 -6 -s rr
-a -f 10 -6 -r [2001:db8:1::2]:0 -g -w 1
`

// before is in the table when a restore begins.
const before = "-A -t 203.0.113.1:80 -s rr\n-a -t 203.0.113.1:80 -r 198.51.100.9:80 -m -w 7\n"

// mutate pulls rules apart at a random place.
func mutate(r *rand.Rand, text string) string {
	b := []byte(text)
	at := r.IntN(len(b) - 1)
	switch r.IntN(5) {
	case 0: // the rest of the text is gone
		return text[:at]
	case 1: // a piece is gone
		return text[:at] + text[min(len(text), at+1+r.IntN(30)):]
	case 2: // two bytes have changed places
		b[at], b[at+1] = b[at+1], b[at]
	case 3: // two bytes, far from each other
		other := r.IntN(len(b))
		b[at], b[other] = b[other], b[at]
	case 4: // two lines are one
		end := at + strings.IndexByte(text[at:], '\n')
		return text[:end] + " " + text[end+1:]
	}
	return string(b)
}

// faults returns the lines that do not parse as commands.
func faults(t *testing.T, text string) []rulefile.Line {
	t.Helper()
	resolver := resolve.New(context.Background())
	var bad []rulefile.Line
	for r := rulefile.NewReader(strings.NewReader(text)); ; {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return bad
		}
		require.NoError(t, err)
		if len(line.Words) == 0 {
			continue
		}
		if _, err := flags.Parse(line.Words, resolver); err != nil {
			bad = append(bad, line)
		}
	}
}

// TestMutations restores damaged rules. If any line has a fault, the table stays as it was, and each such line is
// reported; rules without faults are applied completely, except for lines that the kernel refuses.
func TestMutations(t *testing.T) {
	const rounds = 100
	director := kernel.NewNamespace(t)
	restore(t, director, whole)
	restore(t, director, before)
	old := table(t, director)
	random := rand.New(rand.NewPCG(3, 4))
	var untouched, applied, refused int
	for range rounds {
		text := mutate(random, whole)
		got := run(t, director, text, "ipvsadm-restore")
		now := table(t, director)
		if bad := faults(t, text); len(bad) > 0 {
			untouched++
			require.NotZero(t, got.Code, text)
			require.Equal(t, old, now, text)
			checkReport(t, got.Stderr, bad)
			continue
		}
		want, fine := expect(t, text)
		require.Equal(t, want, now, text)
		require.Equal(t, got.Code == 0, fine, text)
		if applied++; !fine {
			refused++
		}
		restore(t, director, before)
	}
	t.Logf("of %d files, %d left the table as it was and %d were applied, %d of these except for lines that the kernel refused",
		rounds, untouched, applied, refused)
	require.NotZero(t, untouched, "one of the two has not been tried")
	require.NotZero(t, applied, "one of the two has not been tried")
}

// expect returns the table that rules make line by line, and whether the kernel has taken them all.
func expect(t *testing.T, text string) (want string, fine bool) {
	t.Helper()
	n := kernel.NewNamespace(t)
	got := run(t, n, text, "ipvsadm", "-R")
	return table(t, n), got.Stderr == ""
}

// checkReport checks that a report names lines, by their numbers and texts.
func checkReport(t *testing.T, report string, bad []rulefile.Line) {
	t.Helper()
	for _, l := range bad {
		require.Contains(t, report, strconv.Itoa(l.Number))
		require.Contains(t, report, l.Text)
	}
}
