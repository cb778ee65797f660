// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
)

// FuzzReplies reads anything as a reply: nothing may panic, and what is read must be
// such that it can be sent, and is then read as it was.
func FuzzReplies(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no recordings: ", err)
	}
	for _, file := range files {
		x, err := replay.Load(file)
		if err != nil {
			f.Fatal(err)
		}
		// Requests have the form of replies.
		for _, datagram := range append(x.Replies, x.Request) {
			for _, m := range replay.Messages(datagram) {
				if binary.NativeEndian.Uint16(m[4:]) == replay.Family {
					f.Add(m[20:])
				}
			}
		}
	}
	f.Add(attribute(1, attribute(1, uint16(10)), attribute(10, stats32), attribute(12, stats64)))
	f.Add(attribute(2, attribute(11, uint16(2)), attribute(13, uint8(1)), attribute(10, attribute(4, uint32(1)))))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		_, _ = reading(d.readTimeouts, b)
		_, _ = reading(d.readInfo, b)
		if s, err := reading(d.readService, b); err == nil {
			againService(t, s)
		}
		if v, err := reading(d.readDest, b); err == nil {
			againDest(t, v)
		}
		if v, err := reading(d.readDaemon, b); err == nil {
			againDaemon(t, v)
		}
	})
}

func againService(t *testing.T, s ServiceState) {
	e := encoder{mapped: true}
	if err := e.wholeService(cmdNewService, &Change{Service: s.Service}); err != nil {
		return // a name that is too long, and the like
	}
	got, err := reading(new(decoder).readService, e.buf[genlHeader:])
	require.NoError(t, err)
	require.Equal(t, ServiceState{Service: s.Service}, got)
}

func againDest(t *testing.T, d DestinationState) {
	e := encoder{mapped: true}
	require.NoError(t, e.wholeDest(cmdNewDest, &Change{Service: Service{Key: webKey}, Destination: d.Destination}))
	got, err := reading(new(decoder).readDest, e.buf[genlHeader:])
	require.NoError(t, err)
	require.Equal(t, DestinationState{Destination: d.Destination}, got)
}

func againDaemon(t *testing.T, d Daemon) {
	var e encoder
	if err := e.wholeDaemon(cmdNewDaemon, &Change{Daemon: d}); err != nil {
		return // a name that is too long, and the like
	}
	got, err := reading(new(decoder).readDaemon, e.buf[genlHeader:])
	require.NoError(t, err)
	require.Equal(t, d, got)
}
