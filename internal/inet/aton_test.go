// SPDX-License-Identifier: Apache-2.0

package inet

import (
	"net/netip"
	"testing"
)

func TestAton(t *testing.T) {
	for word, want := range map[string]string{
		"1.2.3.4": "1.2.3.4", "127.1": "127.0.0.1", "1.2.3": "1.2.0.3", "0x7f.1": "127.0.0.1", "010.0.0.1": "8.0.0.1",
		"1.2.3.4 x": "1.2.3.4", "1.2.3.4\tx": "1.2.3.4", "0X7F000001": "127.0.0.1", "1.16777215": "1.255.255.255", "0": "0.0.0.0",
		"": "", "1.2.3.4.5": "", "1.2.3.256": "", "256.1": "", "1.16777216": "", "4294967296": "", "0x": "", "08": "",
		"1.2.3.": "", ".1": "", "1..2": "", " 1.2.3.4": "", "1.2.3.4x": "", "a": "", "0xg": "",
	} {
		n, ok := Aton(word)
		got := ""
		if ok {
			got = netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
