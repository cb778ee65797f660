// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var (
	// serverCounters is the line of a real server in a listing of counters or rates: its name and five numbers.
	serverCounters = regexp.MustCompile(`(?m)^(  -> \S+.*?)( +\d+)( +\d+)( +\d+)( +\d+[KMGT]?)( +\d+[KMGT]?)$`)
	// longState is the line of a connection whose state has more than 16 bytes: what precedes the state, the state, the
	// client and the service, the real server's address, and its port with blanks.
	longState = regexp.MustCompile(`(?m)^(\S+ +\d+:\d\d +)(\S{17,29})( +\S+ +\S+ +)(\S+):(\d+ *)`)
)

// AsReference returns a listing as the reference shows it on this machine. Two of its faults are other ones on big-endian
// machines of 64 bits. It keeps 32 bits of a real server's connections and packets: there, the high ones. And it writes
// long states over the port of the real server, which follows in memory, and the address of the real server over the rest.
func AsReference(listing string) string {
	if !Big64() {
		return listing
	}
	return overwrittenPorts(cutCounters(listing))
}

// Big64 reports whether this is a big-endian machine of 64 bits.
func Big64() bool { return strconv.IntSize == 64 && binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

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

func overwrittenPorts(listing string) string {
	return longState.ReplaceAllStringFunc(listing, func(line string) string {
		m := longState.FindStringSubmatch(line)
		state, address := m[2], m[4]
		port := strconv.Itoa(int(binary.BigEndian.Uint16([]byte(state + "\x00")[16:])))
		if addr, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil && len(state) >= 18 {
			over, _, _ := strings.Cut(string(addr.AsSlice()), "\x00")
			state = state[:18] + over
		}
		if strings.HasSuffix(m[5], " ") {
			port = fmt.Sprintf("%-*s", len(m[5]), port)
		}
		return m[1] + state + m[3] + address + ":" + port
	})
}
