// SPDX-License-Identifier: Apache-2.0

package conns

// text returns a word as a string. The words that kernels write are not allocated.
// A compiled switch is faster than a table.
func text(word []byte) string {
	switch string(word) {
	case "TCP":
		return "TCP"
	case "UDP":
		return "UDP"
	case "SCTP":
		return "SCTP"
	case "IP":
		return "IP"
	case "ICMP":
		return "ICMP"
	case "ICMPv6":
		return "ICMPv6"
	case "ESTABLISHED":
		return "ESTABLISHED"
	case "TIME_WAIT":
		return "TIME_WAIT"
	case "FIN_WAIT":
		return "FIN_WAIT"
	case "SYN_RECV":
		return "SYN_RECV"
	case "CLOSE":
		return "CLOSE"
	case "NONE":
		return "NONE"
	case "CLOSE_WAIT":
		return "CLOSE_WAIT"
	case "LAST_ACK":
		return "LAST_ACK"
	case "SYN_SENT":
		return "SYN_SENT"
	case "SYNACK":
		return "SYNACK"
	case "LISTEN":
		return "LISTEN"
	case "ASSURED":
		return "ASSURED"
	case "INIT1":
		return "INIT1"
	case "INIT":
		return "INIT"
	case "C-SENT":
		return "C-SENT"
	case "C-REPLIED":
		return "C-REPLIED"
	case "C-WAIT":
		return "C-WAIT"
	case "COOKIE":
		return "COOKIE"
	case "C-ECHOED":
		return "C-ECHOED"
	case "S-SENT":
		return "S-SENT"
	case "S-RECEIVED":
		return "S-RECEIVED"
	case "S-ACK-SENT":
		return "S-ACK-SENT"
	case "REJECTED":
		return "REJECTED"
	case "CLOSED":
		return "CLOSED"
	case "sip":
		return "sip"
	}
	return string(word)
}
