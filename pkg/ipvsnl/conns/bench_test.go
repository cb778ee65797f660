// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"strings"
	"testing"
)

const lines = 1000

// tables are tables of that many lines, without their heads.
var tables = map[string]string{
	"IPv4": strings.Repeat("TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n", lines),
	"IPv6": strings.Repeat("TCP 2001:0db8:0000:0000:0000:0000:0000:0001 C350 2001:0db8:0000:0000:0000:0000:0000:0002 0050 "+
		"2001:0db8:0000:0000:0000:0000:0000:0003 1F90 ESTABLISHED     899\n", lines),
}

func BenchmarkRead(b *testing.B) {
	for name, table := range tables {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				block := Block{lines: []byte(table)}
				var c Connection
				for range lines {
					if err := block.Read(&c); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkAll(b *testing.B) {
	for name, table := range tables {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range NewReader(strings.NewReader("head\n" + table)).All() {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
