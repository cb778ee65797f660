// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/jsontext"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// AppendFindings appends a line for each finding and, below it, its remedy. Addresses and ports are numbers.
func AppendFindings(b []byte, all []check.Finding) []byte {
	for i := range all {
		f := &all[i]
		b = append(append(b, f.Severity.String()...), ": "...)
		if len(f.Subjects) > 0 {
			b = appendSubject(b, &f.Subjects[0])
			if more := len(f.Subjects) - 1; more > 0 {
				b = append(strconv.AppendInt(append(b, " and "...), int64(more), 10), " more"...)
			}
			b = append(b, ": "...)
		}
		b = append(append(append(append(b, visible.Text(f.Text)...), " ["...), f.Check...), "]\n"...)
		if f.Remedy == "" {
			continue
		}
		b = append(b, "  "...)
		if f.On.IsValid() {
			b = append(appendAddr(append(b, "on "...), f.On), ": "...)
		}
		b = append(append(b, visible.Text(f.Remedy)...), '\n')
	}
	return b
}

// appendSubject appends "TCP 192.0.2.1:80 -> 198.51.100.1:80".
func appendSubject(b []byte, s *check.Subject) []byte {
	k := &s.Service
	if k.Mark != 0 {
		b = strconv.AppendUint(append(b, "FWM "...), uint64(k.Mark), 10)
		if k.IPv6 {
			b = append(b, " IPv6"...)
		}
	} else {
		b = appendNumericAddrPort(append(append(b, k.Protocol...), ' '), k.Addr)
	}
	if !s.Server.IsValid() {
		return b
	}
	return appendNumericAddrPort(append(b, " -> "...), s.Server)
}

// AppendChecked appends a line that says what was checked, and how many findings there are.
func AppendChecked(b []byte, f *check.Facts, all []check.Finding) []byte {
	servers := 0
	for i := range f.Services {
		servers += len(f.Services[i].Servers)
	}
	var counts [3]int
	for i := range all {
		counts[all[i].Severity]++
	}
	if f.Rules {
		b = append(b, "rules, "...)
	}
	b = append(appendCounted(b, len(f.Services), " service"), ", "...)
	b = append(appendCounted(b, servers, " real server"), ": "...)
	b = append(strconv.AppendInt(b, int64(counts[check.Broken]), 10), " broken, "...)
	b = append(strconv.AppendInt(b, int64(counts[check.Doubtful]), 10), " doubtful, "...)
	return append(appendCounted(b, counts[check.Note], " note"), '\n')
}

func appendCounted(b []byte, n int, what string) []byte {
	b = append(strconv.AppendInt(b, int64(n), 10), what...)
	if n != 1 {
		b = append(b, 's')
	}
	return b
}

// AppendFindingsJSON appends findings as an array.
func AppendFindingsJSON(b []byte, all []check.Finding) []byte {
	return appendArray(b, findingFields, all)
}

var findingFields = []field[*check.Finding]{
	{"check", func(b []byte, f *check.Finding) []byte { return appendWord(b, f.Check) }},
	{"severity", func(b []byte, f *check.Finding) []byte { return appendWord(b, f.Severity.String()) }},
	{"subjects", func(b []byte, f *check.Finding) []byte {
		b = append(b, '[')
		for i := range f.Subjects {
			if i > 0 {
				b = append(b, JSONSeparator...)
			}
			b = appendObject(b, subjectFields, &f.Subjects[i])
		}
		return append(b, ']')
	}},
	{"text", func(b []byte, f *check.Finding) []byte { return jsontext.AppendString(b, f.Text) }},
	{"remedy", func(b []byte, f *check.Finding) []byte { return appendWord(b, f.Remedy) }},
	{"remedy_on", func(b []byte, f *check.Finding) []byte { return appendQuotedAddr(b, f.On) }},
}

var subjectFields = []field[*check.Subject]{
	{"protocol", func(b []byte, s *check.Subject) []byte { return appendWord(b, s.Service.Protocol) }},
	{"address", func(b []byte, s *check.Subject) []byte { return appendQuotedAddr(b, s.Service.Addr.Addr()) }},
	{"port", func(b []byte, s *check.Subject) []byte {
		if s.Service.Mark != 0 {
			return b
		}
		return appendUint(b, uint64(s.Service.Addr.Port()))
	}},
	{"mark", func(b []byte, s *check.Subject) []byte {
		if s.Service.Mark == 0 {
			return b
		}
		return appendUint(b, uint64(s.Service.Mark))
	}},
	{"family", func(b []byte, s *check.Subject) []byte { return appendWord(b, familyName(s.Service.IPv6)) }},
	{"destination", func(b []byte, s *check.Subject) []byte { return appendServer(b, &s.Server) }},
}

func familyName(ipv6 bool) string {
	if ipv6 {
		return ipvsnl.IPv6.String()
	}
	return ipvsnl.IPv4.String()
}

func appendServer(b []byte, a *netip.AddrPort) []byte {
	if !a.IsValid() {
		return b
	}
	return appendObject(b, addrPortFields, a)
}
