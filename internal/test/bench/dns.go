// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"time"
)

// delay is what an answer of the name server takes.
const delay = 10 * time.Millisecond

// serveNames answers each question that comes to the socket after the delay, any
// number of them at a time, until the socket is closed.
func serveNames(conn net.PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, client, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if reply := answer(buf[:n]); reply != nil {
			// A client that has gone does not matter.
			time.AfterFunc(delay, func() { _, _ = conn.WriteTo(reply, client) })
		}
	}
}

// Parts of a message of the Domain Name System.
const (
	headLen  = 12
	response = 0x8480 // response, authoritative, recursion available
	desired  = 0x0100 // recursion desired, which a response repeats
	noName   = 3
	typePTR  = 12
	classIN  = 1
	pointer  = 0xc000 + headLen // to the name in the question
)

// answer returns the reply to a message, nil to one that cannot be read. The name
// of an address is made from its labels: of 4.3.2.1.in-addr.arpa, host-1-2-3-4.example.
func answer(query []byte) []byte {
	labels, end, ok := question(query)
	if !ok {
		return nil
	}
	reply := append([]byte(nil), query[:end]...)
	flags := response | binary.BigEndian.Uint16(query[2:])&desired
	host := hostOf(labels)
	answers := uint16(1)
	if host == "" || binary.BigEndian.Uint16(query[end-4:]) != typePTR {
		flags |= noName
		answers = 0
	}
	binary.BigEndian.PutUint16(reply[2:], flags)
	for i, count := range []uint16{1, answers, 0, 0} {
		binary.BigEndian.PutUint16(reply[4+2*i:], count)
	}
	if answers == 0 {
		return reply
	}
	reply = binary.BigEndian.AppendUint16(reply, pointer)
	reply = binary.BigEndian.AppendUint16(reply, typePTR)
	reply = binary.BigEndian.AppendUint16(reply, classIN)
	reply = binary.BigEndian.AppendUint32(reply, 3600) // seconds it is valid
	name := appendName(nil, host)
	reply = binary.BigEndian.AppendUint16(reply, uint16(len(name)))
	return append(reply, name...)
}

// question returns the labels of the one question and where it ends.
func question(query []byte) (labels []string, end int, ok bool) {
	if len(query) < headLen || query[2]&0x80 != 0 || binary.BigEndian.Uint16(query[4:]) != 1 {
		return nil, 0, false
	}
	i := headLen
	for {
		if i >= len(query) || query[i] > 63 || i+1+int(query[i]) > len(query) {
			return nil, 0, false
		}
		n := int(query[i])
		i++
		if n == 0 {
			break
		}
		labels = append(labels, string(query[i:i+n]))
		i += n
	}
	end = i + 4
	return labels, end, end <= len(query)
}

// hostOf returns the host name for the labels of a reversed IPv4 address.
func hostOf(labels []string) string {
	if len(labels) != 6 || !strings.EqualFold(strings.Join(labels[4:], "."), "in-addr.arpa") {
		return ""
	}
	return fmt.Sprintf("host-%s-%s-%s-%s.example", labels[3], labels[2], labels[1], labels[0])
}

func appendName(b []byte, name string) []byte {
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}
