// Package conntab reads the kernel's table of connections, a text with a line
// for each, in memory that does not grow with the table.
package conntab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// Where the kernel shows the table of the process's network namespace, and that of the
// calling thread's.
const (
	Path       = "/proc/net/ip_vs_conn"
	ThreadPath = "/proc/thread-self/net/ip_vs_conn"
)

// A LineError is a line that is no entry. Reading can go on behind it.
type LineError struct {
	Line int // from 1, the head of the table
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: no connection", e.Line) }

// A Reader reads a table.
type Reader struct {
	r    *bufio.Reader
	line int
}

// maxLine is more than the longest line that the kernel writes: the data of a
// persistence engine has 255 bytes at most.
const maxLine = 64 << 10

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, maxLine)}
}

// Head reads past the head of the table. It returns io.ErrUnexpectedEOF if there
// is none.
func (r *Reader) Head() error {
	_, err := r.next()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Read reads the next entry into c, whose bytes are good until the next line is
// read. It returns io.EOF behind the last and a
// *LineError for a line that is none.
func (r *Reader) Read(c *format.Connection) error {
	line, err := r.next()
	if err != nil {
		return err
	}
	if !parse(c, line) {
		return &LineError{r.line}
	}
	return nil
}

// next returns the next line, or nothing of one that is longer than any entry.
func (r *Reader) next() ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) > 0:
		err = nil
	case errors.Is(err, bufio.ErrBufferFull):
		line, err = nil, nil
		for more := bufio.ErrBufferFull; errors.Is(more, bufio.ErrBufferFull); {
			_, more = r.r.ReadSlice('\n')
		}
	}
	if err == nil {
		r.line++
	}
	return line, err
}

func parse(c *format.Connection, line []byte) bool {
	var client, virtual, destination, expires []byte
	var clientPort, virtualPort, destinationPort []byte
	for _, field := range [...]*[]byte{&c.Protocol, &client, &clientPort, &virtual, &virtualPort,
		&destination, &destinationPort, &c.State, &expires, &c.Engine, &c.EngineData} {
		*field, line = cutField(line)
	}
	n, ok := parseUint(expires, 10, math.MaxUint32)
	c.Expires = uint32(n)
	return ok &&
		parseAddrPort(&c.Client, client, clientPort) &&
		parseAddrPort(&c.Virtual, virtual, virtualPort) &&
		parseAddrPort(&c.Destination, destination, destinationPort)
}

// cutField returns the first field of a line and what follows it.
func cutField(line []byte) (field, rest []byte) {
	start := 0
	for start < len(line) && isBlank(line[start]) {
		start++
	}
	end := start
	for end < len(line) && !isBlank(line[end]) {
		end++
	}
	return line[start:end], line[end:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// parseAddrPort reads an address, eight hexadecimal digits for IPv4 or eight
// groups of four for IPv6, and a port of four.
func parseAddrPort(a *netip.AddrPort, addr, port []byte) bool {
	p, ok := parseUint(port, 16, math.MaxUint16)
	if !ok {
		return false
	}
	if bytes.IndexByte(addr, ':') < 0 {
		n, ok := parseUint(addr, 16, math.MaxUint32)
		*a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), uint16(p))
		return ok
	}
	var b [16]byte
	for i := 0; i < len(b); i += 2 {
		group, rest, more := bytes.Cut(addr, []byte{':'})
		n, ok := parseUint(group, 16, math.MaxUint16)
		if !ok || more != (i < len(b)-2) {
			return false
		}
		b[i], b[i+1] = byte(n>>8), byte(n)
		addr = rest
	}
	*a = netip.AddrPortFrom(netip.AddrFrom16(b), uint16(p))
	return true
}

// parseUint reads a number without making a string of it.
func parseUint(s []byte, base, max uint64) (uint64, bool) {
	var n uint64
	for _, c := range s {
		d := uint64(c - '0')
		if c > '9' {
			d = uint64(c|0x20-'a') + 10
		}
		if d >= base {
			return 0, false
		}
		if n = n*base + d; n > max {
			return 0, false
		}
	}
	return n, len(s) > 0
}
