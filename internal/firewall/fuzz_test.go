// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

// seeds calls add for the bytes of each line of the records that is of a kind.
func seeds(f *testing.F, kind string, add func(b []byte)) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) == 3 && fields[0] == kind {
				b, err := hex.DecodeString(fields[2])
				require.NoError(f, err)
				add(b)
			}
		}
	}
}

// FuzzNft reads anything as tables, chains and rules of nftables, and has the checks look at what was read.
func FuzzNft(f *testing.F) {
	for _, kind := range []string{"table", "chain", "rule"} {
		seeds(f, kind, func(b []byte) { f.Add(uint8(2), b) })
	}
	f.Fuzz(func(_ *testing.T, family uint8, b []byte) {
		o := []object{{family, b}}
		var all check.Rulesets
		(&objects{o, o, o}).read(&all)
		check.Run(check.All, marked(all))
	})
}

// FuzzIptables reads anything as the entries of a table of iptables. No entry is read twice.
func FuzzIptables(f *testing.F) {
	seeds(f, "entries", func(b []byte) { f.Add(make([]byte, sizeOfInfo), b) })
	f.Fuzz(func(t *testing.T, info, b []byte) {
		info = append(info, make([]byte, sizeOfInfo)...)[:sizeOfInfo]
		for _, family := range []*family{&ipv4, &ipv6} {
			var all check.Rulesets
			if err := family.read("filter", info, bytes.Clone(b), &all); err != nil {
				require.ErrorIs(t, err, errMalformed)
			}
			require.LessOrEqual(t, len(all.Rules), len(b)/family.matches)
			check.Run(check.All, marked(all))
		}
	})
}
