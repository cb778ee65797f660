package rec

import (
	"flag"
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay/cases"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

var _ = flag.Bool("record", false, "")

func TestMain(m *testing.M) { kernel.Main(m) }

func TestRecord(t *testing.T) {
	var tap *replay.Tap
	var err error
	kernel.NewNamespace(t).Do(func() { tap, err = replay.NewTap() })
	require.NoError(t, err)
	client, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) { return tap, nil }))
	require.NoError(t, err)
	defer client.Close()
	for _, c := range cases.All {
		got, err := c.Run(t.Context(), client)
		require.ErrorIs(t, err, c.Err)
		require.Equal(t, c.Want, got)
		tap.Normalize()
		require.NoError(t, tap.Exchange.Save(filepath.Join("..", "..", "pkg", "ipvsnl", "testdata", c.Name+".txt"), c.About))
	}
}
