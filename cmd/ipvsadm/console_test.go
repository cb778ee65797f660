// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A full writer takes so many bytes and no more.
type full struct {
	room  int
	err   error
	taken bytes.Buffer
}

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.room-f.taken.Len())
	f.taken.Write(b[:n])
	if n < len(b) {
		return n, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: f.err}
	}
	return n, nil
}

// printing are command lines that print, and their input.
var printing = map[string]string{
	"ipvsadm -h":                            "",
	"ipvsadm -v":                            "",
	"ipvsadm --build":                       "",
	"ipvsadm -L -n":                         "",
	"ipvsadm -L":                            "",
	"ipvsadm -L -n -f 1 --stats":            "",
	"ipvsadm -L -n --sort-by conns":         "",
	"ipvsadm -L --json":                     "",
	"ipvsadm -L --timeout":                  "",
	"ipvsadm -L --timeout --json":           "",
	"ipvsadm -L --daemon":                   "",
	"ipvsadm -L --daemon --json":            "",
	"ipvsadm -L -n -c":                      "",
	"ipvsadm -L -c":                         "",
	"ipvsadm -L -c --json":                  "",
	"ipvsadm -S -n --all":                   "",
	"ipvsadm -S -n --stable":                "",
	"ipvsadm-save -n":                       "",
	"ipvsadm -R --replace --dry-run":        "-A -f 2\n",
	"ipvsadm -L -n --watch 3600":            "",
	"ipvsadm -L -n --watch 3600 --rate -f1": "",
}

// newPrinting returns a system with something of all to print.
func newPrinting(t *testing.T) *testSystem {
	s := newTestSystem(t)
	line, _ := connection(1)
	s.connTable = emptyTable + line + line
	s.restore(t, "-A -f 1\n-a -f 1 -r 10.0.0.1\n-A -t web:http\n--start-daemon master\n--start-daemon backup\n")
	return s
}

// Wherever a printing is broken off, the program ends as by SIGPIPE if nobody reads, and
// with a message otherwise.
func TestLostOutput(t *testing.T) {
	for line, input := range printing {
		s := newPrinting(t)
		watch := strings.Contains(line, "--watch")
		size := 600
		if !watch {
			whole := s.input(input, line)
			require.Zero(t, whole.code, whole.stderr)
			size = len(whole.stdout)
			require.NotZero(t, size, line)
		}
		step := max(1, size/50)
		if watch {
			size, step = 60, 7
		}
		for room := 0; room < size; room += step {
			var stderr bytes.Buffer
			closed := &full{room: room, err: unix.EPIPE}
			require.Equal(t, 141, s.run(strings.Fields(line), strings.NewReader(input), closed, &stderr), line)
			require.Empty(t, stderr.String(), line)
			require.Equal(t, room, closed.taken.Len())

			onDisk := &full{room: room, err: unix.ENOSPC}
			require.Equal(t, 1, s.run(strings.Fields(line), strings.NewReader(input), onDisk, &stderr), line)
			require.Equal(t, "cannot write: write /dev/stdout: no space left on device\n", stderr.String(), line)
		}
	}
}

// An output that is lost in the middle of a large listing ends it there.
func TestLostInTheMiddle(t *testing.T) {
	s := newTestSystem(t)
	var table strings.Builder
	table.WriteString(emptyTable)
	for n := range 10000 {
		line, _ := connection(n)
		table.WriteString(line)
	}
	s.connTable = table.String()
	s.restore(t, services(1, 6000))
	for _, line := range []string{"ipvsadm -L -n", "ipvsadm -L -n --sort-by conns", "ipvsadm -L --json", "ipvsadm -S -n", "ipvsadm -L -n -c", "ipvsadm -L -c", "ipvsadm -L -c --json"} {
		for _, room := range []int{66000} {
			var stderr bytes.Buffer
			require.Equal(t, 141, s.run(strings.Fields(line), nil, &full{room: room, err: unix.EPIPE}, &stderr), line)
			require.Empty(t, stderr.String(), line)
			require.Equal(t, 1, s.run(strings.Fields(line), nil, &full{room: room, err: unix.ENOSPC}, &stderr), line)
			require.Equal(t, "cannot write: write /dev/stdout: no space left on device\n", stderr.String(), line)
		}
	}
}

// A restore changes what it is to change, whether its output is read or not; its exit code
// is that of its last line.
func TestRestoreLosesOutput(t *testing.T) {
	for last, want := range map[string]int{"-A -f 2\n": 0, "-L\n": 141, "-h\n-A -f 3": 141} {
		s := newTestSystem(t)
		var stderr bytes.Buffer
		code := s.run([]string{"ipvsadm", "-R"}, strings.NewReader("-A -f 1\n-L\n-S\n-A -f 7\n"+last), &full{err: unix.EPIPE}, &stderr)
		require.Equal(t, want, code, last)
		require.Empty(t, stderr.String())
		require.Contains(t, s.saved(t), "-A -f 1 -s wlc\n")
		require.Contains(t, s.saved(t), "-A -f 7 -s wlc\n")
		require.NotContains(t, s.saved(t), "-A -f 3 -s wlc\n")
	}
}

// Each line goes out whole.
func TestWholeLines(t *testing.T) {
	var pieces pieces
	con := newConsole("ipvsadm", nil, &pieces, io.Discard)
	line := append(bytes.Repeat([]byte("x"), 999), '\n')
	for range 1000 {
		require.NoError(t, con.write(line))
	}
	require.Len(t, pieces, 15) // of 65 lines each
	con.flush()
	for _, p := range pieces {
		require.True(t, bytes.HasSuffix(p, []byte("x\n")))
		require.Zero(t, len(p)%1000)
	}
	require.Len(t, pieces, 16)
	// One that is longer than the buffer goes out in one piece, too.
	long := bytes.Repeat([]byte("y"), 200_000)
	require.NoError(t, con.write([]byte("short\n")))
	require.NoError(t, con.write(long))
	require.Equal(t, "short\n", string(pieces[16]))
	require.Equal(t, long, pieces[17])
}

// pieces are writes, one by one.
type pieces [][]byte

func (p *pieces) Write(b []byte) (int, error) {
	*p = append(*p, bytes.Clone(b))
	return len(b), nil
}

// Messages come after what was printed before them.
func TestComplainAfterPrint(t *testing.T) {
	var b bytes.Buffer
	con := newConsole("ipvsadm", nil, &b, &b)
	require.NoError(t, con.write([]byte("printed\n")))
	con.complain("a message")
	require.NoError(t, con.write([]byte("printed later\n")))
	code, ends := con.printed(nil)
	require.Equal(t, exitDone, code)
	require.False(t, ends)
	require.Equal(t, "printed\na message\nprinted later\n", b.String())
}
