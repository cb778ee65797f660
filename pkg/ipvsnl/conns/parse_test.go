// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuick checks which lines are read the quick way. The result is the same either
// way: see FuzzRead.
func TestQuick(t *testing.T) {
	const v4 = " 0A000001 C350 0a000002 0050 0A000003 0050 "
	const v6 = " 2001:0db8:0000:0000:0000:0000:0000:0001 C350 2001:0db8:0000:0000:0000:0000:0000:0002 0050 " +
		"2001:0DB8:0000:0000:0000:0000:0000:0003 0050 "
	for line, want := range map[string]bool{
		"TCP" + v4 + "ESTABLISHED     899\n":               true,
		"TCP" + v4 + "ESTABLISHED 899\n":                   true,
		"TCP" + v4 + "E 0\n":                               true,
		"ICMPv6" + v4 + "NONE        9\n":                  true,
		"TCP" + v6 + "ESTABLISHED     899\n":               true,
		"TCP" + v4 + "NONE 999999999999999999\n":           true,
		"TCP" + v4 + "NONE 1000000000000000000\n":          false,
		"TCP" + v4 + "ESTABLISHED     899":                 false, // the last line, without its end
		"TCP" + v4 + "ESTABLISHED     899 \n":              false,
		"TCP" + v4 + "ESTABLISHED     899 sip x\n":         false,
		"TCP" + v4 + "ESTABLISHED     \n":                  false,
		"TCP" + v4 + "ESTABLISHED     /\n":                 false,
		"TCP" + v4 + "ESTABLISHED     :\n":                 false,
		"TCP" + v4 + "ESTABLISHED\n":                       false,
		"TCP" + v4 + "ESTABLISHED":                         false,
		"TCP" + v4 + " 899\n":                              false,
		"TCP" + v4 + "\n":                                  false,
		"TCP" + strings.TrimRight(v4, " "):                 false,
		"TCP\t" + v4[1:] + "NONE 9\n":                      false,
		"TCP  " + v4[1:] + "NONE 9\n":                      true, // as many blanks as there are
		v4 + "NONE 9\n":                                    false,
		"":                                                 false,
		"TCP":                                              false,
		"TCP ":                                             false,
		"TCP 0A000001 C350":                                false,
		"TCP" + strings.Replace(v4, "1", "G", 1) + "N 9\n": false,
		"TCP" + strings.Replace(v4, "2", "G", 1) + "N 9\n": false,
		"TCP" + strings.Replace(v4, "3", "G", 2) + "N 9\n": false,
	} {
		checkQuick(t, Block{lines: []byte(line)}, want)
	}
	for line, want := range map[string]bool{
		"LOCAL      899\n": true,
		"SYNC       0\n":   true,
		"local      899\n": false,
		"LOCAL\t899\n":     false,
		"LOCAL\n":          false,
		"LOCAL":            false,
		"899\n":            false,
	} {
		checkQuick(t, Block{lines: []byte("TCP" + v4 + "ESTABLISHED " + line), origin: true}, want)
	}
}

func checkQuick(t *testing.T, b Block, want bool) {
	t.Helper()
	var c Connection
	rest, ok := b.parseColumns(&c, b.lines)
	require.Equal(t, want, ok, "%q", b.lines)
	if ok {
		require.Equal(t, "\n", string(rest), "%q", b.lines)
	}
}

// TestQuickAddresses checks each byte of the columns of an address and a port.
func TestQuickAddresses(t *testing.T) {
	for good, want := range map[string]string{
		" 1A2B3C4D 5E6F ": "26.43.60.77:24175",
		" 1a2b3c4d 5e6f ": "26.43.60.77:24175",
		" 01a2:3b4c:5d6e:7f80:9182:a3b4:c5d6:e7f8 ABCD ": "[1a2:3b4c:5d6e:7f80:9182:a3b4:c5d6:e7f8]:43981",
		" 01A2:3B4C:5D6E:7F80:9182:A3B4:C5D6:E7F8 0FED ": "[1a2:3b4c:5d6e:7f80:9182:a3b4:c5d6:e7f8]:4077",
	} {
		var c Connection
		rest, ok := cutColumns(&c.Client, []byte(good+"x"))
		require.True(t, ok, good)
		require.Equal(t, " x", string(rest))
		require.Equal(t, want, c.Client.String())
		_, ok = cutColumns(&c.Client, []byte(good))
		require.True(t, ok, good)
		for i := range good {
			bad := []byte(good + "x")
			for _, other := range []byte("xg@/:\t\x00") {
				if bad[i] = other; other == good[i] {
					continue
				}
				_, ok := cutColumns(&c.Client, bad)
				require.False(t, ok, "%q", bad)
			}
			_, ok := cutColumns(&c.Client, []byte(good[:i]))
			require.False(t, ok, "%q", good[:i])
		}
	}
}

// Every byte is a digit or not, and has one value.
func TestHexDigits(t *testing.T) {
	for i := range 256 {
		at := strings.IndexByte("0123456789ABCDEF", bytes.ToUpper([]byte{byte(i)})[0])
		want := uint32(0)
		if at >= 0 {
			want = digit | uint32(at)
		}
		require.Equal(t, want, hexDigits[i], "%q", i)
	}
}

func TestParseUint(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "9": 9, "a": 10, "F": 15, "00ff": 255, "fffe": 65534, "FFFF": 65535,
		"": -1, "10000": -1, "g": -1, "G": -1, "/": -1, ":": -1, "@": -1, "`": -1, " 1": -1, "-1": -1, "1 ": -1, "\xff": -1,
		"fffffffffffffffffffff": -1,
	} {
		n, ok := parseUint([]byte(s), 16, 0xffff)
		require.Equal(t, want >= 0, ok, "%q", s)
		if ok {
			require.EqualValues(t, want, n, "%q", s)
		}
	}
}

func TestCutWord(t *testing.T) {
	for line, want := range map[string][2]string{
		"a b":    {"a", " b"},
		"ab   c": {"ab", " c"},
		"a  ":    {"a", " "},
		"a ":     {"a", " "},
	} {
		word, rest, ok := cutWord([]byte(line))
		require.True(t, ok, "%q", line)
		require.Equal(t, want, [2]string{string(word), string(rest)}, "%q", line)
	}
	for _, line := range []string{"", " ", " a", "a", "a\tb", "a\nb"} {
		_, _, ok := cutWord([]byte(line))
		require.False(t, ok, "%q", line)
	}
}

func TestCutField(t *testing.T) {
	for line, want := range map[string][2]string{
		"":                  {"", ""},
		"a":                 {"a", ""},
		"a b":               {"a", " b"},
		" \t\n\v\f\rab\tc ": {"ab", "\tc "},
		"a\x08b\x0ec":       {"a\x08b\x0ec", ""}, // the neighbours of the blanks
		"   ":               {"", ""},
	} {
		field, rest := cutField([]byte(line))
		require.Equal(t, want, [2]string{string(field), string(rest)}, "%q", line)
	}
}
