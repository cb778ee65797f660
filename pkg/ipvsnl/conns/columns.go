// SPDX-License-Identifier: Apache-2.0

package conns

// Columns are an entry of the table as the kernel prints most of them: with IPv4 addresses, and without an origin or a
// persistence engine. They take less time to read than a [Connection].
type Columns struct {
	Protocol                     [4]byte // may end in blanks
	Client, Virtual, Destination Endpoint
	State                        [11]byte // may end in blanks
	Expires                      uint32   // in seconds, less than a million
}

// An Endpoint is an IPv4 address and a port.
type Endpoint struct {
	Addr [4]byte
	Port uint16
}

// Where the columns are, after a protocol of three bytes.
const (
	clientAt      = len("TCP ")
	virtualAt     = clientAt + endpointWidth
	destinationAt = virtualAt + endpointWidth
	stateAt       = destinationAt + endpointWidth
	expiresAt     = stateAt + len("ESTABLISHED ")
	lineEnd       = expiresAt + len("    899")
	endpointWidth = ipv4Width + 1 + portWidth + 1
)

// ReadColumns reads the next entry into c and reports true. If the entry is malformed or not as Columns are, or if none is
// left, it reports false and reads nothing: then call [Block.Read], which reads any entry and returns [io.EOF] at the end.
// After false, c may have parts of the entry.
func (b *Block) ReadColumns(c *Columns) bool {
	width := 3
	if len(b.lines) > 3 && b.lines[3] != ' ' {
		width = 4
	}
	if len(b.lines) < width-3+lineEnd+1 || b.origin {
		return false
	}
	line := (*[lineEnd + 1]byte)(b.lines[width-3:])
	marks := c.Client.read((*[endpointWidth]byte)(line[clientAt:])) &
		c.Virtual.read((*[endpointWidth]byte)(line[virtualAt:])) &
		c.Destination.read((*[endpointWidth]byte)(line[destinationAt:]))
	if marks != allDigits || line[clientAt-1] != ' ' || line[expiresAt-1] != ' ' || line[expiresAt] != ' ' || line[lineEnd] != '\n' {
		return false
	}
	if protocol := [4]byte(b.lines); protocol != b.protocol {
		if !isColumn(protocol[:]) {
			return false
		}
		b.protocol = protocol
	}
	if state := [11]byte(line[stateAt:]); state != b.state {
		if !isColumn(state[:]) {
			return false
		}
		b.state = state
	}
	c.Protocol, c.State = b.protocol, b.state
	i := expiresAt + 1
	for i < lineEnd-1 && line[i] == ' ' {
		i++
	}
	expires := uint32(0)
	for ; i < lineEnd; i++ {
		d := line[i] - '0'
		if d > 9 {
			return false
		}
		expires = 10*expires + uint32(d)
	}
	c.Expires = expires
	b.line++
	b.lines = b.lines[width-3+lineEnd+1:]
	return true
}

// read reads an address and a port, each with a blank after it. It returns [allDigits] if they have only digits.
func (e *Endpoint) read(b *[endpointWidth]byte) (marks uint32) {
	high, low, port := hex16(b[:]), hex16(b[4:]), hex16(b[9:])
	e.Addr = [4]byte{byte(high >> 8), byte(high), byte(low >> 8), byte(low)}
	e.Port = uint16(port)
	if b[8] != ' ' || b[13] != ' ' {
		return 0
	}
	return (high & low & port) >> 16
}

// isColumn reports whether a column is a word with nothing but blanks after it.
func isColumn(b []byte) bool {
	i := 0
	for i < len(b) && b[i] > ' ' {
		i++
	}
	return i > 0 && i+countBlanks(b[i:]) == len(b)
}

func countBlanks(b []byte) int {
	n := 0
	for n < len(b) && b[n] == ' ' {
		n++
	}
	return n
}
