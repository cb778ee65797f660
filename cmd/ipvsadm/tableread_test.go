// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"sync"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Where there can be one socket only, the readers share it.
func TestTableOneSocket(t *testing.T) {
	end := netlink.Message{Header: netlink.Header{Type: netlink.Done, Flags: netlink.Multi}, Data: make([]byte, 4)}
	refused := make(chan struct{})
	refuse := sync.OnceFunc(func() { close(refused) })
	answer := func([]netlink.Message) ([]netlink.Message, error) {
		<-refused // the first socket is busy until a second has been asked for
		return []netlink.Message{end}, nil
	}
	dialed := 0
	client, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
		if dialed++; dialed > 1 {
			refuse()
			return nil, os.NewSyscallError("socket", unix.EMFILE)
		}
		return replay.Dial(replay.Answer(answer), func() {}), nil
	}))
	require.NoError(t, err)
	defer client.Close()

	var services []*ipvsnl.ServiceState
	for i := range 10 * maxPart {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(i+1))
		key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: addr}
		services = append(services, &ipvsnl.ServiceState{Service: ipvsnl.Service{Key: key}})
	}
	var stdout bytes.Buffer
	w := &tableWriter{con: newConsole("ipvsadm", nil, &stdout, nil), layout: &format.Options{View: format.Rules}}
	r := newTableReader(client, testNames{}, &flags.Listing{Numeric: true})
	require.NoError(t, w.table(t.Context(), r, listed(services), nil))
	w.con.flush()
	require.Equal(t, len(services), bytes.Count(stdout.Bytes(), []byte("-A -t 192.0.2.1:")))
	require.Equal(t, 2, dialed)
}
