// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Hints about words.

func laterCommand(_ context.Context, _ *hinter, p *problem) string {
	if command := p.fault.Later(); command != "" {
		return "the command comes first: " + command
	}
	return ""
}

func nearestOption(_ context.Context, _ *hinter, p *problem) string {
	if name := p.fault.Nearest(); name != "" {
		return "did you mean " + name + "?"
	}
	return ""
}

func anyCommand(context.Context, *hinter, *problem) string {
	return "a command comes first, such as -L, -A or -a"
}

func missingValue(_ context.Context, _ *hinter, p *problem) string {
	return visible.Text(p.fault.Word) + " takes " + p.fault.Want
}

func noValue(_ context.Context, _ *hinter, p *problem) string {
	return p.fault.Word + " takes no value with ="
}

func badValue(_ context.Context, _ *hinter, p *problem) string {
	return shown(p.fault.Word) + " is not " + p.fault.Want
}

func missingOption(_ context.Context, _ *hinter, p *problem) string {
	return "add " + p.fault.Want
}

// otherDash finds the dashes of word processors and web pages.
func otherDash(_ context.Context, _ *hinter, p *problem) string {
	const minus = '\u2212' // a symbol, not a dash
	first, _ := utf8.DecodeRuneInString(p.fault.Word)
	if first == '-' || first != minus && !unicode.Is(unicode.Pd, first) {
		return ""
	}
	return shown(p.fault.Word) + " begins with a character that only looks like -"
}

func strayValue(_ context.Context, _ *hinter, p *problem) string {
	if p.fault.Want == "" {
		return ""
	}
	return "is " + shown(p.fault.Word) + " the value of " + p.fault.Want + "?"
}

func strayFile(_ context.Context, _ *hinter, p *problem) string {
	return "-R reads standard input: <" + visible.Text(p.fault.Word)
}

func onlyNumber(_ context.Context, _ *hinter, p *problem) string {
	if p.fault.Word == "" {
		return "the address is empty"
	}
	return shown(p.fault.Word) + " is a number: an address comes before the port"
}

func noHost(_ context.Context, _ *hinter, p *problem) string {
	word := p.fault.Word
	switch {
	case word == "":
		return "the address before the port is empty"
	case strings.Trim(word, "0123456789.") == "":
		return shown(word) + " is not an IPv4 address"
	}
	return "there is no host " + shown(word) + " with an IPv4 address"
}

func noIPv6(_ context.Context, _ *hinter, p *problem) string {
	text := shown(p.fault.Word) + " is not an IPv6 address"
	if strings.Contains(p.fault.Word, "%") {
		text += " without a zone"
	}
	return text
}

func brackets(_ context.Context, _ *hinter, p *problem) string {
	inside := strings.Trim(p.fault.Word, "[]")
	return "brackets take an IPv6 address, and a port after them: " + visible.Text("["+inside+"]") + ":80"
}

func noPort(_ context.Context, _ *hinter, p *problem) string {
	word, protocol := p.fault.Word, p.fault.Want
	switch {
	case strings.Trim(word, "+-0123456789") == "":
		return shown(word) + " is not a port from 0 to 65535"
	case protocol == "":
		return "with -r before the service, ports have no names"
	}
	return shown(word) + " is not a port of " + protocol + " in /etc/services"
}

// noBrackets is about brackets around another address than one of IPv6: the port after them does not count.
func noBrackets(_ context.Context, _ *hinter, p *problem) string {
	inside, port, ok := strings.Cut(strings.TrimPrefix(p.fault.Word, "["), "]:")
	if !ok || isIPv6(inside) {
		return ""
	}
	host, _, _ := strings.Cut(inside, ":")
	return "brackets take an IPv6 address: write " + visible.Text(host+":"+port)
}

// portZero is about a port that was written: only one of 0 is missing.
func portZero(_ context.Context, _ *hinter, p *problem) string {
	if _, _, ok := cutPort(p.fault.Word); ok && !isIPv6(p.fault.Word) {
		return "port 0 is every port, and needs -p"
	}
	return ""
}

// portInAddress is about an IPv6 address with what looks like a port, but is part of it.
func portInAddress(_ context.Context, _ *hinter, p *problem) string {
	host, port, _ := cutPort(p.fault.Word)
	if _, err := strconv.Atoi(port); err != nil || !isIPv6(host) {
		return ""
	}
	return "with a port write [" + host + "]:" + port
}

func portMissing(_ context.Context, _ *hinter, p *problem) string {
	host := visible.Text(p.fault.Word)
	if isIPv6(host) {
		host = "[" + host + "]"
	}
	return "add a port, as in " + host + ":80, or -p for every port"
}

// cutPort cuts a word around its last colon.
func cutPort(word string) (host, port string, ok bool) {
	i := strings.LastIndexByte(word, ':')
	if i < 0 {
		return word, "", false
	}
	return word[:i], word[i+1:], true
}

func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6()
}

func flagOfOther(_ context.Context, _ *hinter, p *problem) string {
	return shown(p.fault.Word) + " goes with -s " + p.fault.Want
}

// Hints about what was accepted.

func maskIsLength(c *ipvsnl.Change) string {
	mask := c.Service.Persistence.Mask.As4()
	length := binary.BigEndian.Uint32(mask[:])
	var meant [4]byte
	binary.BigEndian.PutUint32(meant[:], ^uint32(0)<<(32-length))
	return fmt.Sprintf("-M %d is the mask 0.0.0.%[1]d; a prefix of that length is -M %v", length, netip.AddrFrom4(meant))
}

func portIgnored(c *ipvsnl.Change) string {
	return fmt.Sprintf("without -m, the port of a real server is that of the service, %d", c.Service.Key.Addr.Port())
}

func portOfServer(c *ipvsnl.Change) string {
	host, port, _ := cutPort(c.Destination.Addr.Addr().String())
	return "with a port write [" + host + "]:" + port
}
