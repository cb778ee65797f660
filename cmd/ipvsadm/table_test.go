package main

import (
	"bytes"
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
	dialled := 0
	client, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (*netlink.Conn, error) {
		if dialled++; dialled > 1 {
			refuse()
			return nil, os.NewSyscallError("socket", unix.EMFILE)
		}
		return recording.Dial(1, recording.Answer(answer), func() {}), nil
	}))
	require.NoError(t, err)
	defer client.Close()

	var services []ipvsnl.Service
	for i := range 10 * maxPart {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(i+1))
		services = append(services, ipvsnl.Service{ServiceKey: ipvsnl.AddrKey(ipvsnl.TCP, addr)})
	}
	var stdout bytes.Buffer
	a := newApp(nil, nil, &stdout, nil)
	a.client = client
	require.NoError(t, a.newTableWriter(&flags.Listing{Numeric: true}, &format.Options{View: format.Rules}).table(services))
	require.NoError(t, a.stdout.Flush())
	require.Equal(t, len(services), bytes.Count(stdout.Bytes(), []byte("-A -t 192.0.2.1:")))
	require.Equal(t, 2, dialled)
}
