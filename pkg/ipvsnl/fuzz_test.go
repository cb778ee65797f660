package ipvsnl

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/recording"
)

// FuzzReplies reads anything as a reply: nothing may panic, and what is read must be
// such that it can be sent, and is then read as it was.
func FuzzReplies(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no recordings: ", err)
	}
	for _, file := range files {
		x, err := recording.Load(file)
		if err != nil {
			f.Fatal(err)
		}
		// Requests have the form of replies.
		for _, datagram := range append(x.Replies, x.Request) {
			for _, m := range recording.Messages(datagram) {
				if binary.NativeEndian.Uint16(m[4:]) == recording.Family {
					f.Add(m[20:])
				}
			}
		}
	}
	f.Add(attribute(1, attribute(1, uint16(10)), attribute(10, stats32), attribute(12, stats64)))
	f.Add(attribute(2, attribute(11, uint16(2)), attribute(13, uint8(1)), attribute(10, attribute(4, uint32(1)))))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		_, _ = d.readTimeouts(b)
		_, _ = d.readInfo(b)
		if s, err := d.readService(b); err == nil {
			againService(t, s)
		}
		if v, err := d.readDest(b); err == nil {
			againDest(t, v)
		}
		if v, err := d.readDaemon(b); err == nil {
			againDaemon(t, v)
		}
	})
}

func againService(t *testing.T, s Service) {
	var e encoder
	if err := e.wholeService(cmdNewService, &s); err != nil {
		return // a name that is too long, and the like
	}
	got, err := new(decoder).readService(e.buf[genlHeader:])
	want := s
	want.Stats = Stats{}
	want.Flags &^= FlagHashed
	if want.FlagMask == 0 {
		want.FlagMask = ^ServiceFlags(0)
	}
	if want.Mark != 0 {
		want.Protocol = 0
		want.Family = s.family()
	}
	if err != nil || got != want {
		t.Errorf("%+v read again: %+v, %v", want, got, err)
	}
}

func againDest(t *testing.T, d Destination) {
	var e encoder
	if err := e.wholeDest(cmdNewDest, &webKey, &d); err != nil {
		t.Fatalf("%+v cannot be sent: %v", d, err)
	}
	got, err := new(decoder).readDest(e.buf[genlHeader:])
	want := d
	want.ActiveConns, want.InactConns, want.PersistConns, want.Stats = 0, 0, 0, Stats{}
	if err != nil || got != want {
		t.Errorf("%+v read again: %+v, %v", want, got, err)
	}
}

func againDaemon(t *testing.T, d Daemon) {
	var e encoder
	if err := e.daemonRequest(cmdNewDaemon, &d, whole); err != nil {
		return // a sync id that is too large, and the like
	}
	got, err := new(decoder).readDaemon(e.buf[genlHeader:])
	if err != nil || got != d {
		t.Errorf("%+v read again: %+v, %v", d, got, err)
	}
}
