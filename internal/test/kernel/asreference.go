// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

var (
	// serverCounters is the line of a real server in a listing of counters or rates: its name and five numbers.
	serverCounters = regexp.MustCompile(`(?m)^(  -> \S+.*?)( +\d+)( +\d+)( +\d+)( +\d+[KMGT]?)( +\d+[KMGT]?)$`)
	// longState is the line of a connection whose state may be too long: what precedes the state, the state, the
	// client and the service, the real server's address, and its port with blanks.
	longState = regexp.MustCompile(`(?m)^(\S+ +\d+:\d\d +)(\S{16,29})( +\S+ +\S+ +)(\S+):(\d+)( *)`)
)

// AsReference returns a listing as the reference shows it on this machine. Two of its faults are other ones on other
// machines. It keeps 32 bits of a real server's connections and packets: on big-endian machines of 64 bits, the high ones.
// And where the port of the real server follows a connection's state in memory, long states are written over it, and the
// address of the real server over the rest.
func AsReference(listing string) string {
	if Big64() {
		listing = cutCounters(listing)
	}
	if room := StateRoom(); room > 0 {
		listing = overwrittenPorts(listing, room, binary.NativeEndian)
	}
	return listing
}

// StateRoom returns how many bytes there are for a state in front of the port; 0 if that is elsewhere.
func StateRoom() int {
	switch {
	case Big64():
		return 16
	case runtime.GOARCH == "arm64":
		return 22
	}
	return 0
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

func overwrittenPorts(listing string, room int, order binary.ByteOrder) string {
	return longState.ReplaceAllStringFunc(listing, func(line string) string {
		m := longState.FindStringSubmatch(line)
		state, address := m[2], m[4]
		port, err := strconv.ParseUint(m[5], 10, 16)
		if err != nil || len(state) < room {
			return line
		}
		memory := make([]byte, 64)
		order.PutUint16(memory[room:], uint16(port))
		copy(memory, state+"\x00")
		port = uint64(order.Uint16(memory[room:]))
		if addr, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil {
			copy(memory[room+2:], addr.AsSlice())
		}
		state, _, _ = strings.Cut(string(memory), "\x00")
		text := strconv.FormatUint(port, 10)
		if m[6] != "" {
			text = fmt.Sprintf("%-*s", len(m[5])+len(m[6]), text)
		}
		return m[1] + state + m[3] + address + ":" + text
	})
}
