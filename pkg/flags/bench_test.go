// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	words := strings.Fields("-a -t 10.0.0.1:80 -r 192.168.1.1:8080 -m -w 100")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(words, names{}); err != nil {
			b.Fatal(err)
		}
	}
}
