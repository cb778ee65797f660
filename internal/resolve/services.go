// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// A serviceKey is a port of a protocol.
type serviceKey struct {
	port     uint16
	protocol string
}

// services is the table of /etc/services.
type services struct {
	byName map[string]map[string]uint16 // by protocol, then name or alias
	byPort map[serviceKey]string
	err    error // why the table cannot be read
}

// readServices reads the table in a file.
func readServices(file string) *services {
	text, err := files.Read(file)
	s := parseServices(string(text))
	s.err = err
	return s
}

// portOf returns the port with a name or alias.
func (s *services) portOf(name, protocol string) (uint16, status) {
	port, ok := s.byName[protocol][name]
	return port, s.status(ok)
}

// nameOf returns the name of a port.
func (s *services) nameOf(port uint16, protocol string) (string, status) {
	name, ok := s.byPort[serviceKey{port, protocol}]
	return name, s.status(ok)
}

// EachPort returns the ports of a protocol that have names.
func (r *Resolver) EachPort(protocol string) iter.Seq2[uint16, string] {
	return func(yield func(uint16, string) bool) {
		for key, name := range r.ports().byPort {
			if key.protocol == protocol && !yield(key.port, name) {
				return
			}
		}
	}
}

func (s *services) status(found bool) status {
	switch {
	case s.err != nil:
		return unavail
	case found:
		return success
	}
	return notFound
}

// parseServices reads a table in the format of /etc/services. Of several lines
// about one name or port the first counts; malformed lines
// are ignored.
func parseServices(text string) *services {
	s := &services{byName: make(map[string]map[string]uint16), byPort: make(map[serviceKey]string)}
	for line := range strings.Lines(text) {
		words := fields(withoutComment(line))
		if len(words) < 2 {
			continue
		}
		number, protocol, ok := strings.Cut(words[1], "/")
		port, valid := parsePort(number)
		if ok && valid {
			s.add(port, strings.TrimLeft(protocol, "/"), words[0], words[2:])
		}
	}
	return s
}

// parsePort reads a port as the C library does: as strtoul reads a number in any base, if it fits into
// 32 bits, of which 16 are kept.
func parsePort(s string) (uint16, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	n, err := strconv.ParseUint(digits, 0, 64)
	if negative {
		n = -n
	}
	if err != nil || n > math.MaxUint32 || strings.Contains(digits, "_") {
		return 0, false
	}
	return uint16(n), true
}

func (s *services) add(port uint16, protocol, name string, aliases []string) {
	byName := s.byName[protocol]
	if byName == nil {
		byName = make(map[string]uint16)
		s.byName[protocol] = byName
	}
	for _, n := range append([]string{name}, aliases...) {
		if _, ok := byName[n]; !ok {
			byName[n] = port
		}
	}
	key := serviceKey{port, protocol}
	if _, ok := s.byPort[key]; !ok {
		s.byPort[key] = name
	}
}
