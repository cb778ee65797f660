// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
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
	"ipvsadm --schedulers":                  "",
	"ipvsadm -L -n --watch 3600":            "",
	"ipvsadm -L -n --watch 3600 --rate -f1": "",
}

// newPrinting returns a system with something of all to print.
func newPrinting(t *testing.T) *testSystem {
	s := newTestSystem(t)
	line, _ := connection(1)
	s.connTable = emptyTable + line + line
	s.hasSchedulers = []schedulers.Scheduler{{Name: "rr"}}
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

// An output that is lost in the middle of a large listing ends it there: not all is read, and nothing goes on.
func TestLostInTheMiddle(t *testing.T) {
	s := newTestSystem(t)
	var table strings.Builder
	table.WriteString(emptyTable)
	for n := range 10000 {
		line, _ := connection(n)
		table.WriteString(line)
	}
	var connections, destinations atomic.Int64 // how many bytes and listings were read
	s.connections = func(*netns.Namespace, string) (io.ReadCloser, error) {
		return io.NopCloser(metered{strings.NewReader(table.String()), &connections}), nil
	}
	var rules strings.Builder
	for n := range 1500 {
		fmt.Fprintf(&rules, "-A -f %d -s lblcr -b flag-1,flag-2,flag-3 -p 2678400 -M 255.255.0.255 --pe sip -o\n", n+1)
	}
	s.restore(t, rules.String())
	s.before = func(r request) error {
		if r.command == getDest {
			destinations.Add(1)
		}
		return nil
	}
	goroutines := runtime.NumGoroutine()
	for line, read := range map[string]struct {
		of    *atomic.Int64
		below int
	}{
		"ipvsadm -L -n":                 {&destinations, 1500},
		"ipvsadm -L -n --sort-by conns": {&destinations, 1501},
		"ipvsadm -L --json":             {&destinations, 1500},
		"ipvsadm -S -n":                 {&destinations, 1500},
		"ipvsadm -L -n -c":              {&connections, table.Len()},
		"ipvsadm -L -c":                 {&connections, table.Len()},
		"ipvsadm -L -c --json":          {&connections, table.Len()},
	} {
		for err, want := range map[error]result{
			unix.EPIPE:  {code: 141},
			unix.ENOSPC: {code: 1, stderr: "cannot write: write /dev/stdout: no space left on device\n"},
		} {
			read.of.Store(0)
			var stderr bytes.Buffer
			code := s.run(strings.Fields(line), nil, &full{room: 30000, err: err}, &stderr)
			require.Equal(t, want, result{code: code, stderr: stderr.String()}, line)
			require.Less(t, read.of.Load(), int64(read.below), line)
			awaitGoroutines(t, goroutines)
		}
	}
}

// A metered reader counts the bytes that are read.
type metered struct {
	io.Reader
	read *atomic.Int64
}

func (c metered) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// Malformed lines up to the place at which output is lost are reported, and none of those after it.
func TestLostAmongBroken(t *testing.T) {
	s := newTestSystem(t)
	var table strings.Builder
	table.WriteString(emptyTable)
	for n := range 3000 {
		line, _ := connection(n)
		if n%100 == 99 {
			line = "x\n"
		}
		table.WriteString(line)
	}
	s.connTable = table.String()
	for line, broken := range map[string]int{"ipvsadm -L -n -c": 10, "ipvsadm -L -c": 9, "ipvsadm -L -c --json": 6} {
		var stderr bytes.Buffer
		require.Equal(t, 141, s.run(strings.Fields(line), nil, &full{room: 66000, err: unix.EPIPE}, &stderr), line)
		require.Equal(t, broken, strings.Count(stderr.String(), "\n"), stderr.String())
	}
}

// A restore changes what it is to change, whether its output is read or not; its exit code
// is that of its last line.
func TestRestoreLosesOutput(t *testing.T) {
	for last, want := range map[string]int{"-A -f 2\n": 0, "-L\n": 141, "-h\n-A -f 3": 141, "--build\n-A -f 3": 141} {
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
		require.True(t, con.write(line))
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
	require.True(t, con.write([]byte("short\n")))
	require.True(t, con.write(long))
	require.Equal(t, "short\n", string(pieces[16]))
	require.Equal(t, long, pieces[17])
}

// As much stays in the buffer as fits.
func TestWholeBuffer(t *testing.T) {
	var pieces pieces
	con := newConsole("ipvsadm", nil, &pieces, io.Discard)
	require.True(t, con.write(make([]byte, 64<<10-1)))
	require.True(t, con.write(make([]byte, 1)))
	require.Empty(t, pieces)
	require.True(t, con.write(make([]byte, 1)))
	require.Len(t, pieces, 1)
}

// Lines are made in the room that the output has for them.
func TestRoom(t *testing.T) {
	con := newConsole("ipvsadm", nil, io.Discard, io.Discard)
	require.Zero(t, testing.AllocsPerRun(10, func() { con.write(append(con.room(), "a line\n"...)) }))
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
	require.True(t, con.write([]byte("printed\n")))
	con.complain("a message")
	require.True(t, con.write([]byte("printed later\n")))
	code, ends := con.printed(nil)
	require.Equal(t, exitDone, code)
	require.False(t, ends)
	require.Equal(t, "printed\na message\nprinted later\n", b.String())
}
