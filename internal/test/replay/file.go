// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// An Exchange is a request and the datagrams that the kernel answers with, each
// of one or more netlink messages.
type Exchange struct {
	Request []byte
	Replies [][]byte
}

// Family is the number of the IPVS netlink family in every exchange. The kernel's
// is another in each run. So are port ids, which are 0 here, and sequence numbers,
// which begin with 1.
const Family = 32

// Normalize overwrites what differs from run to run.
func (x *Exchange) Normalize() {
	before := binary.NativeEndian.Uint32(x.Request[8:]) - 1
	for _, datagram := range append(x.Replies, x.Request) {
		for _, message := range Messages(datagram) {
			if binary.NativeEndian.Uint16(message[4:]) == msgError {
				normalize(message[headerLen+4:], before)
			}
			normalize(message, before)
		}
	}
}

func normalize(message []byte, before uint32) {
	if kind := binary.NativeEndian.Uint16(message[4:]); kind > 15 {
		binary.NativeEndian.PutUint16(message[4:], Family)
	}
	binary.NativeEndian.PutUint32(message[8:], binary.NativeEndian.Uint32(message[8:])-before)
	binary.NativeEndian.PutUint32(message[12:], 0)
}

// Messages splits a datagram, whose numbers are of the machine's order.
func Messages(datagram []byte) [][]byte {
	return messages(datagram, binary.NativeEndian)
}

func messages(datagram []byte, o binary.ByteOrder) [][]byte {
	var all [][]byte
	for len(datagram) >= headerLen {
		n := min((int(o.Uint32(datagram))+3)&^3, len(datagram))
		if n < headerLen {
			break
		}
		all = append(all, datagram[:n:n])
		datagram = datagram[n:]
	}
	return all
}

// Load reads an exchange from a file.
func Load(file string) (Exchange, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Exchange{}, err
	}
	x, err := parse(string(text))
	if err != nil {
		return Exchange{}, fmt.Errorf("%s: %w", file, err)
	}
	if isBig() {
		x.turn(binary.LittleEndian)
	}
	return x, nil
}

// Save writes an exchange to a file.
func (x Exchange) Save(file, about string) error {
	if isBig() {
		x = x.clone()
		x.turn(binary.BigEndian)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n#\n", about)
	b.WriteString("# Recorded from a kernel by: go test ./internal/test/e2e -run TestRecorded -record\n")
	b.WriteString("# Numbers are little-endian. Family, first sequence number and port id are made 32, 1 and 0.\n")
	b.WriteString("\n> request\n")
	dump(&b, x.Request)
	for _, datagram := range x.Replies {
		b.WriteString("\n< reply\n")
		dump(&b, datagram)
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

// parse reads what Save wrote, in its byte order.
func parse(text string) (Exchange, error) {
	var parts [][]byte
	for number, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		line = strings.ReplaceAll(line, " ", "")
		switch {
		case line == "":
		case line[0] == '>' || line[0] == '<':
			parts = append(parts, nil)
		case len(parts) == 0:
			return Exchange{}, fmt.Errorf("line %d: bytes of no message", number+1)
		default:
			b, err := hex.DecodeString(line)
			if err != nil {
				return Exchange{}, fmt.Errorf("line %d: %w", number+1, err)
			}
			parts[len(parts)-1] = append(parts[len(parts)-1], b...)
		}
	}
	if len(parts) < 2 {
		return Exchange{}, fmt.Errorf("%d messages, want a request and its replies", len(parts))
	}
	return Exchange{Request: parts[0], Replies: parts[1:]}, nil
}

// dump writes a little-endian datagram, an attribute a line.
func dump(b *strings.Builder, datagram []byte) {
	for _, message := range messages(datagram, binary.LittleEndian) {
		var line, comment string
		flush := func() {
			if line != "" {
				fmt.Fprintf(b, "%-52s # %s\n", line, comment)
			}
		}
		walk(message, binary.LittleEndian, func(p []byte, _ int, name string, depth int) {
			if len(p) == 0 {
				return
			}
			if name == "" {
				line += " " + hex.EncodeToString(p)
				return
			}
			flush()
			line, comment = strings.Repeat("  ", depth+1)+hex.EncodeToString(p), name
		})
		flush()
	}
}

// turn turns every number around; o is the order they are of.
func (x *Exchange) turn(o binary.ByteOrder) {
	for _, datagram := range append([][]byte{x.Request}, x.Replies...) {
		for _, message := range messages(datagram, o) {
			walk(message, o, func(p []byte, unit int, _ string, _ int) { swap(p, unit) })
		}
	}
}

func (x Exchange) clone() Exchange {
	c := Exchange{Request: bytes.Clone(x.Request)}
	for _, datagram := range x.Replies {
		c.Replies = append(c.Replies, bytes.Clone(datagram))
	}
	return c
}

// isBig reports whether the machine's byte order is big-endian.
func isBig() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) != 1 }
