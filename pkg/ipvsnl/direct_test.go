package ipvsnl

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestPages reads datagrams as long as the pages of a listing: what a read offers grows with each full one, and only
// with those, up to the buffer's size.
func TestPages(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0)
	require.NoError(t, err)
	d := &direct{fd: fds[0], in: make([]byte, firstPage+5*pageStep/2), page: firstPage}
	defer d.Close()
	defer unix.Close(fds[1])
	for _, c := range []struct {
		length, page int
		err          error
	}{
		{20, firstPage, nil},
		{firstPage / 2, firstPage, nil},
		{firstPage - 1, firstPage + pageStep, nil},
		{20, firstPage + pageStep, nil},
		{firstPage, firstPage + 2*pageStep, nil},
		{firstPage, len(d.in), nil},
		{firstPage, len(d.in), nil},
		{len(d.in), len(d.in), errOverrun},
	} {
		_, err := unix.Write(fds[1], make([]byte, c.length))
		require.NoError(t, err)
		require.Equal(t, c.err, d.receive())
		require.Equal(t, c.page, d.page)
	}
}
