// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"errors"
	"io"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay/cases"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// TestRecorded runs every operation on what a kernel said once: the request must be
// that of the recording, and the outcome what the kernel meant.
func TestRecorded(t *testing.T) {
	for _, c := range cases.All {
		t.Run(c.Name, func(t *testing.T) {
			got, err := c.Run(t.Context(), recordedKernel(t, c.Name))
			if !errors.Is(err, c.Err) {
				t.Errorf("error %v, want %v", err, c.Err)
			}
			if diff := cmp.Diff(c.Want, got, comparable); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestRecordedAll checks that no recording is left over.
func TestRecordedAll(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(cases.All) {
		t.Errorf("%d recordings of %d cases", len(files), len(cases.All))
	}
}

var comparable = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, ipvsnl.Mask{})

// recordedKernel returns a client of a kernel that answers as in a recording.
func recordedKernel(t testing.TB, name string) *ipvsnl.Client {
	t.Helper()
	x, err := replay.Load(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, func() (io.ReadWriteCloser, error) { return x.Replay(t), nil })
}

// open returns a client whose sockets dial makes.
func open(t testing.TB, dial func() (io.ReadWriteCloser, error)) *ipvsnl.Client {
	t.Helper()
	c, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(dial))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
