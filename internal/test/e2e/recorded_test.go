// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"flag"
	"io"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay/cases"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/stretchr/testify/require"
)

var record = flag.Bool("record", false, "write the exchanges of TestRecorded to the files it compares them with")

// TestRecorded runs every operation of the library on the kernel, and checks what comes of it and
// that the bytes which go to and fro are those of the files.
func TestRecorded(t *testing.T) {
	var tap *replay.Tap
	var err error
	kernel.NewNamespace(t).Do(func() { tap, err = replay.NewTap() })
	require.NoError(t, err)
	client, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) { return tap, nil }))
	require.NoError(t, err)
	defer client.Close()
	for _, c := range cases.All {
		got, err := c.Run(t.Context(), client)
		check(t, c, got, err)
		tap.Normalize()
		compare(t, c, tap.Exchange)
	}
}

// check checks what came of a case.
func check(t *testing.T, c cases.Case, got any, err error) {
	t.Helper()
	require.ErrorIs(t, err, c.Err, c.Name)
	require.Empty(t, cmp.Diff(c.Want, got, comparable), "%s", c.Name)
}

var comparable = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, ipvsnl.Mask{})

// compare compares an exchange with that of the file, or writes it there.
func compare(t *testing.T, c cases.Case, got replay.Exchange) {
	t.Helper()
	file := filepath.Join("..", "..", "..", "pkg", "ipvsnl", "testdata", c.Name+".txt")
	if *record {
		require.NoError(t, got.Save(file, c.About))
		return
	}
	want, err := replay.Load(file)
	require.NoError(t, err)
	require.Equal(t, want.Request, got.Request, c.Name)
	if got, want := sorted(got), sorted(want); !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%s: replies\n%x\nwant\n%x", c.Name, got, want)
	}
}

// sorted returns the messages of the replies in an order of their own: the
// kernel's order of services depends on addresses within it.
func sorted(x replay.Exchange) [][]byte {
	var all [][]byte
	for _, datagram := range x.Replies {
		all = append(all, replay.Messages(datagram)...)
	}
	slices.SortFunc(all, bytes.Compare)
	return all
}
