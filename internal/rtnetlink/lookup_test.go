// SPDX-License-Identifier: Apache-2.0

package rtnetlink

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Every machine takes packets to its loopback addresses itself. Many questions are asked in several datagrams.
func TestPlaceLookup(t *testing.T) {
	var questions []Question
	for i := range 3*atOnce + 1 {
		q := Question{To: netip.AddrFrom4([4]byte{127, 0, 1, byte(i)})}
		if i%2 == 1 {
			q.From = netip.AddrFrom4([4]byte{127, 0, 2, byte(i)})
		}
		questions = append(questions, q)
	}
	routes, err := Lookup(questions)
	require.NoError(t, err)
	require.Len(t, routes, len(questions))
	for i, r := range routes {
		require.EqualValues(t, unix.RTN_LOCAL, r.Type, questions[i])
		require.NotZero(t, r.Link, questions[i])
	}
	routes, err = Lookup([]Question{{To: questions[0].To, From: netip.MustParseAddr("192.0.2.1")}}) // which no machine has
	require.NoError(t, err)
	require.Len(t, routes, 1)
	require.NotZero(t, routes[0].Errno)
	routes, err = Lookup(nil)
	require.NoError(t, err)
	require.Empty(t, routes)
	_, err = Neighbours()
	require.NoError(t, err)
}

// message returns an answer of a type with attributes.
func message(kind uint8, attributes ...any) *syscall.NetlinkMessage {
	m := &syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: unix.RTM_NEWROUTE}, Data: make([]byte, unix.SizeofRtMsg)}
	m.Data[0], m.Data[7] = unix.AF_INET, kind
	for i := 0; i < len(attributes); i += 2 {
		m.Data = append(m.Data, attribute(attributes[i].(int), attributes[i+1].([]byte))...)
	}
	return m
}

func attribute(kind int, value []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	return append(binary.NativeEndian.AppendUint16(b, uint16(kind)), value...)
}

func word(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		message *syscall.NetlinkMessage
		want    Route
	}{
		"on a link": {message(unix.RTN_UNICAST, unix.RTA_OIF, word(3), unix.RTA_PREFSRC, []byte{10, 0, 0, 1}),
			Route{Type: unix.RTN_UNICAST, Link: 3, Source: netip.MustParseAddr("10.0.0.1")}},
		"over a gateway": {message(unix.RTN_UNICAST, unix.RTA_OIF, word(3), unix.RTA_GATEWAY, []byte{10, 0, 0, 9},
			unix.RTA_METRICS, attribute(unix.RTAX_MTU, word(1400))),
			Route{Type: unix.RTN_UNICAST, Link: 3, Gateway: netip.MustParseAddr("10.0.0.9"), MTU: 1400}},
		"an MTU that was learnt": {message(unix.RTN_UNICAST, unix.RTA_METRICS, attribute(unix.RTAX_MTU, word(1300)), unix.RTA_CACHEINFO,
			append(append(word(0), word(0)...), append(word(500), make([]byte, 20)...)...)), Route{Type: unix.RTN_UNICAST, MTU: 1300, Learnt: true}},
		"nothing that was learnt": {message(unix.RTN_UNICAST, unix.RTA_CACHEINFO, make([]byte, 32)), Route{Type: unix.RTN_UNICAST}},
		"unreachable":             {message(unix.RTN_UNREACHABLE), Route{Type: unix.RTN_UNREACHABLE, Errno: unix.EHOSTUNREACH}},
		"blackhole":               {message(unix.RTN_BLACKHOLE), Route{Type: unix.RTN_BLACKHOLE, Errno: unix.EINVAL}},
		"prohibit":                {message(unix.RTN_PROHIBIT), Route{Type: unix.RTN_PROHIBIT, Errno: unix.EACCES}},
		"throw":                   {message(unix.RTN_THROW), Route{Type: unix.RTN_THROW, Errno: unix.ENETUNREACH}},
		"error": {&syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: unix.NLMSG_ERROR}, Data: word(^uint32(unix.ENETUNREACH - 1))},
			Route{Errno: unix.ENETUNREACH}},
		"malformed": {&syscall.NetlinkMessage{Data: []byte{1}}, Route{Errno: unix.EBADMSG}},
	} {
		require.Equal(t, c.want, answer(c.message), name)
	}
}

func TestRequest(t *testing.T) {
	for _, word := range []string{"192.0.2.1", "2001:db8::1"} {
		a := netip.MustParseAddr(word)
		for _, q := range []Question{{To: a}, {To: a, From: a.Next()}} {
			messages, err := syscall.ParseNetlinkMessage(request(&q, 7))
			require.NoError(t, err)
			require.Len(t, messages, 1)
			require.EqualValues(t, 7, messages[0].Header.Seq)
			messages[0].Header.Type = unix.RTM_NEWROUTE // which has the same form
			attributes, err := syscall.ParseNetlinkRouteAttr(&messages[0])
			require.NoError(t, err)
			require.EqualValues(t, unix.RTA_DST, attributes[0].Attr.Type)
			require.Equal(t, a.AsSlice(), attributes[0].Value)
			require.EqualValues(t, a.BitLen(), messages[0].Data[1])
			if !q.From.IsValid() {
				require.Len(t, attributes, 1)
				require.Zero(t, messages[0].Data[2])
				continue
			}
			require.EqualValues(t, unix.RTA_SRC, attributes[1].Attr.Type)
			require.Equal(t, q.From.AsSlice(), attributes[1].Value)
			require.EqualValues(t, a.BitLen(), messages[0].Data[2])
		}
	}
}
