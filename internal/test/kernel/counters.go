// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
)

// serverCounters is the line of a real server in a listing of counters or rates: its name and five numbers.
var serverCounters = regexp.MustCompile(`(?m)^(  -> \S+.*?)( +\d+)( +\d+)( +\d+)( +\d+[KMGT]?)( +\d+[KMGT]?)$`)

// CutCounters returns a listing with the counters of real servers as the reference shows them on this machine: it keeps 32
// bits of the numbers of connections and packets, which on a big-endian machine of 64 bits are the high ones.
func CutCounters(listing string) string {
	if strconv.IntSize == 32 || binary.NativeEndian.Uint16([]byte{0, 1}) != 1 {
		return listing
	}
	return cutCounters(listing)
}

func cutCounters(listing string) string {
	return serverCounters.ReplaceAllStringFunc(listing, func(line string) string {
		m := serverCounters.FindStringSubmatch(line)
		text := m[1]
		for _, number := range m[2:5] {
			text += fmt.Sprintf("%*d", len(number), 0)
		}
		return text + m[5] + m[6]
	})
}
