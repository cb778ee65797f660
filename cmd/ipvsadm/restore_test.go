// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

const head = "IP Virtual Server version 1.2.1 (size=4096)\n" +
	"Prot LocalAddress:Port Scheduler Flags\n" +
	"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"

// services returns lines that add the services of marks.
func services(first, last int) string {
	var b strings.Builder
	for mark := first; mark <= last; mark++ {
		fmt.Fprintf(&b, "-A -f %d\n", mark)
	}
	return b.String()
}

// count returns how many services the table has.
func (s *testSystem) count(t *testing.T) int { return strings.Count(s.saved(t), "-A ") }

// What lines print, and why they are refused, comes in their order.
func TestRestoreOrder(t *testing.T) {
	s := newTestSystem(t)
	output, code := s.both(strings.NewReader("-A -f 1\n"+
		"-A -f 1\n"+
		"ipvsadm -L -n\n"+
		"-D -f 2\n"+
		"-L -n --timeout\n"+
		"# a comment\n\n"+
		"-A -f 3 -s nosuch\n"+
		"-A -f 3 --nosuch\n"+
		"-A -f 4\n"+
		"-S -n\n"), "ipvsadm -R")
	require.Equal(t, "Service already exists\n"+
		head+"FWM  1 wlc\n"+
		"No such service\n"+
		"Timeout (tcp tcpfin udp): 900 120 300\n"+
		"Scheduler or persistence engine not found\n"+
		"--nosuch: unknown option\n"+
		"-A -f 1 -s wlc\n-A -f 4 -s wlc\n", output)
	require.Zero(t, code)
}

// The exit code is that of the last line, and a line at fault is the last.
func TestRestoreCode(t *testing.T) {
	const hint = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"
	for _, c := range []struct {
		lines, want string
		code, left  int
	}{
		{"", "", 0, 0},
		{"\n#\n", "", 0, 0},
		{"-A -f 1", "", 0, 1},
		{"-A -f 1\n-A -f 1\n", "Service already exists\n", 255, 1},
		{"-A -f 1\n-A -f 1\n\n", "Service already exists\n", 255, 1},
		{"-A -f 1\n-A -f 1\n-A -f 2\n", "Service already exists\n", 0, 2},
		{"-A -f 1\n-A -f 1\n-L --timeout\n", "Service already exists\nTimeout (tcp tcpfin udp): 900 120 300\n", 0, 1},
		{"-A -f 1 --nosuch\n-A -f 2\n", "--nosuch: unknown option\n", 0, 1},
		{"-A -f 1\n-A -f 2 --nosuch\n", "--nosuch: unknown option\n", 255, 1},
		{"-A -f 1\n-A\n-A -f 2\n", "You need to supply the 'service-address' option for the 'add-service' command\n", 2, 1},
		{"-A -f 1\n-L -f 9\n-A -f 2\n", "No such service\n", 1, 1},
		{"-A -f 1\n-R\n-A -f 2\n", hint, 255, 1},
		{"-A -f 1\nx\n-A -f 2\n", hint, 255, 1},
		{"-A -f 1 --netns x\n-A -f 2\n", "Illegal 'netns' option in a line of rules\n", 2, 0},
		{"-L --watch 1\n-A -f 2\n", "Illegal 'watch' option in a line of rules\n", 2, 0},
		{"-C --wait 1\n-A -f 2\n", "Illegal 'wait' option in a line of rules\n", 2, 0},
		{"-A -f 1\n-C\n", "", 0, 0},
		{"-A -f 1\x00x\n", "", 0, 1},
		{"-A -f 1 \xff\n-A -f 2\n", "unexpected argument \xff\n", 2, 0},
		{"-A -f 1" + strings.Repeat(" --sort", 1<<18) + "\n-A -f 2\n", "a line of rules longer than 1 MB\n", 2, 0},
	} {
		s := newTestSystem(t)
		output, code := s.both(strings.NewReader(c.lines), "ipvsadm -R")
		name := c.lines[:min(len(c.lines), 60)]
		require.Equal(t, c.want, output, name)
		require.Equal(t, c.code, code, name)
		require.Equal(t, c.left, s.count(t), name)
	}
}

// Help and version end a restore.
func TestRestoreInforms(t *testing.T) {
	for _, line := range []string{"-h", "-v", "--build"} {
		s := newTestSystem(t)
		want := s.input("", "ipvsadm "+line)
		output, code := s.both(strings.NewReader("-A -f 1\n"+line+"\n-A -f 2\n"), "ipvsadm -R")
		require.Equal(t, want.stdout, output)
		require.Zero(t, code)
		require.Equal(t, "-A -f 1 -s wlc\n", s.saved(t))
	}
}

// Many lines are sent together, and what comes of them is reported in order.
func TestRestoreMany(t *testing.T) {
	s := newTestSystem(t)
	output, code := s.both(strings.NewReader("-D -f 1\n"+services(1, 511)+
		"-A -f 511\n"+services(512, 1000)+
		"-a -f 5000 -r 10.0.0.1\n-A -f 1001\n"), "ipvsadm -R")
	require.Equal(t, "No such service\nService already exists\nService not defined\n", output)
	require.Zero(t, code)
	require.Equal(t, 1001, s.count(t))
}

// newRestorer returns a restorer of lines that passes its changes to apply.
func newRestorer(t *testing.T, s *testSystem, in io.Reader, apply func(...ipvsnl.Change) error) (*restorer, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	r := newRunner(&s.system, newConsole("ipvsadm", in, &b, &b))
	require.Zero(t, r.open(t.Context(), ""))
	t.Cleanup(r.close)
	rest := r.restorer(&flags.Command{})
	rest.apply = func(_ context.Context, changes ...ipvsnl.Change) error { return apply(changes...) }
	return rest, &b
}

func TestRestoreTogether(t *testing.T) {
	var sizes []int
	rest, b := newRestorer(t, newTestSystem(t), strings.NewReader(services(1, 1200)), func(changes ...ipvsnl.Change) error {
		for i := range changes {
			require.Equal(t, uint32(512*len(sizes)+i+1), changes[i].Service.Key.Mark)
		}
		sizes = append(sizes, len(changes))
		return nil
	})
	require.Zero(t, rest.run(t.Context()))
	require.Empty(t, b.String())
	require.Equal(t, []int{512, 512, 176}, sizes)
	require.Equal(t, int64(1200), rest.done.Load())
	require.Equal(t, int64(1200), rest.begun.Load())
}

// While nothing can be sent, the restore ends.
func TestRestoreNotSent(t *testing.T) {
	calls := 0
	rest, b := newRestorer(t, newTestSystem(t), strings.NewReader(services(1, 2000)), func(...ipvsnl.Change) error {
		calls++
		return &ipvsnl.Error{Op: ipvsnl.OpAddService, Err: errBroken}
	})
	require.Equal(t, exitChange, rest.run(t.Context()))
	require.Equal(t, "Cannot add service: broken\n", b.String())
	require.Equal(t, 1, calls)
}

// A countingResolver counts what is looked up.
type countingResolver struct {
	testNames
	n int
}

func (r *countingResolver) Addr(host string) (netip.Addr, bool) {
	r.n++
	return r.testNames.Addr(host)
}

// After lines that could not be sent, no further ones are parsed than those that are gathered meanwhile, and none read that
// have yet to be written.
func TestRestoreEndsThere(t *testing.T) {
	fails := func(...ipvsnl.Change) error { return errBroken }
	resolver := new(countingResolver)
	rest, b := newRestorer(t, newTestSystem(t), strings.NewReader(strings.Repeat("-A -t web:1\n", 5000)), fails)
	rest.parser = &lineParser{names: resolver}
	require.Equal(t, exitChange, rest.run(t.Context()))
	require.Equal(t, "broken\n", b.String())
	require.Equal(t, 2*maxPending, resolver.n)

	reads := 0
	rest, b = newRestorer(t, newTestSystem(t), then(func() io.Reader {
		reads++
		return strings.NewReader("-A -f 1\n")
	}), fails)
	require.Equal(t, exitChange, rest.run(t.Context()))
	require.Equal(t, "broken\n", b.String())
	require.Equal(t, 2, reads)
}

// Where the connection breaks, the lines from there on are in doubt, and the restore
// ends.
func TestRestoreInDoubt(t *testing.T) {
	for _, c := range []struct {
		line  string
		lines string
		at    int
		want  string
		left  int
	}{
		{"ipvsadm -R", services(1, 300), 1, "line 1 and later ones are in doubt: netlink send-messages: broken\n", 0},
		{"ipvsadm -R", services(1, 300), 2, "line 129 and later ones are in doubt: netlink send-messages: broken\n", 128},
		{"ipvsadm -R", "#\n-D -f 1\n\n" + services(1, 300) + "-L\n", 2, "No such service\nline 131 and later ones are in doubt: netlink send-messages: broken\n", 127},
		{"ipvsadm -R", services(1, 1000), 5, "line 513 and later ones are in doubt: netlink send-messages: broken\n", 512},
		{"ipvsadm -R", "-A -f 1\n-L --timeout\n" + services(2, 9), 2, "Timeout (tcp tcpfin udp): 900 120 300\nline 3 and later ones are in doubt: netlink send-messages: broken\n", 1},
		{"ipvsadm-restore", services(1, 300), 1, "line 1 and later ones are in doubt: netlink send-messages: broken\n", 1},
		{"ipvsadm-restore", services(1, 300), 2, "line 1 and later ones are in doubt: netlink send-messages: broken\n", 0},
		{"ipvsadm-restore", services(1, 300), 3, "line 129 and later ones are in doubt: netlink send-messages: broken\n", 128},
	} {
		s := newTestSystem(t)
		if c.line == "ipvsadm-restore" {
			s.do(t, "ipvsadm -A -f 9999")
		}
		s.breakAt(c.at)
		output, code := s.both(strings.NewReader(c.lines), c.line)
		require.Equal(t, c.want, output)
		require.Equal(t, exitChange, code)
		require.Equal(t, c.left, s.count(t))
	}
}

func TestRestoreCannotRead(t *testing.T) {
	in := func(lines string) io.Reader {
		return io.MultiReader(strings.NewReader(lines), iotest.ErrReader(errors.New("worn out")))
	}
	s := newTestSystem(t)
	output, code := s.both(in("-A -f 1\n-A -f 1\n-A -f 2"), "ipvsadm -R")
	require.Equal(t, "Service already exists\ncannot read: worn out\n", output)
	require.Equal(t, exitChange, code)
	require.Equal(t, "-A -f 1 -s wlc\n", s.saved(t))

	for _, line := range []string{"ipvsadm-restore", "ipvsadm -R --replace", "ipvsadm -R --dry-run"} {
		output, code = s.both(in("-A\n-A -f 3\n"), line)
		require.Contains(t, output, "cannot read: worn out\n")
		require.Equal(t, exitChange, code)
	}
	require.Equal(t, "-A -f 1 -s wlc\n", s.saved(t))

	s.breakAt(1)
	output, code = s.both(in("-A -f 3\n"), "ipvsadm -R")
	require.Equal(t, "line 1 and later ones are in doubt: netlink send-messages: broken\ncannot read: worn out\n", output)
	require.Equal(t, exitChange, code)
}

// Rules that are checked are in force if none is at fault, and what the kernel refuses is
// reported by its line.
func TestRestoreChecked(t *testing.T) {
	s := newTestSystem(t)
	s.do(t, "ipvsadm -A -f 7")
	require.Equal(t, result{
		stderr: "line 2: -A: You need to supply the 'service-address' option for the 'add-service' command\n" +
			"line 4: -L -n: the command changes nothing\n" +
			"line 5: -R: the command changes nothing\n" +
			"line 6: -A -f 3 --nosuch: --nosuch: unknown option\n" +
			"line 7: -C --wait 1: Illegal 'wait' option in a line of rules\n",
		code: 2,
	}, s.input("-A -f 1\n-A\n# \x00\n-L -n\n-R\n-A -f 3 --nosuch\n-C --wait 1\n", "ipvsadm-restore"))
	require.Equal(t, "-A -f 7 -s wlc\n", s.saved(t))

	all := s.journal()
	require.Equal(t, result{
		stderr: "line 2: -A -f 1: Service already exists\nline 4: ipvsadm -D -f 9: No such service\n",
		code:   255,
	}, s.input("-A -f 1\n-A -f 1\n\nipvsadm -D -f 9\n-A -f 2\n", "ipvsadm-restore"))
	require.Equal(t, "flush", (*all)[0])
	require.Equal(t, "-A -f 1 -s wlc\n-A -f 2 -s wlc\n", s.saved(t))
	require.Equal(t, result{}, s.input("-A -f 3\n", "ipvsadm-restore"))
	require.Equal(t, "-A -f 3 -s wlc\n", s.saved(t))

	s.director.Refuse(func(c ipvsnl.Change) int {
		if c.Op == ipvsnl.OpFlush {
			return int(unix.EPERM)
		}
		return 0
	})
	require.Equal(t, result{stderr: "clear the table: Permission denied (you must be root)\n", code: 255}, s.input("-A -f 4\n", "ipvsadm-restore"))
}

// Input that has no rule clears no table.
func TestRestoreNothing(t *testing.T) {
	s := newTestSystem(t)
	require.Equal(t, result{}, s.input("", "ipvsadm-restore"))
	s.do(t, "ipvsadm -A -f 7")
	for _, input := range []string{"", "\n# a comment\n"} {
		require.Equal(t, result{stderr: "the input has no rules, but the table has services: to clear it, use -C\n", code: 2}, s.input(input, "ipvsadm-restore"))
	}
	s.breakReading(getService)
	require.Equal(t, result{stderr: "Cannot list services: netlink send: broken\n", code: 255}, s.input("", "ipvsadm-restore"))
	s.before = func(request) error { return nil }
	require.Equal(t, result{}, s.input("-C\n", "ipvsadm-restore"))
	require.Empty(t, s.saved(t))
}

// A dry run checks the lines that the restore would take, and opens nothing.
func TestDryRun(t *testing.T) {
	s := newTestSystem(t)
	s.dial = nil
	require.Equal(t, result{}, s.input("-A -f 1\n-L -n\n-S\n", "ipvsadm -R --dry-run"))
	require.Equal(t, result{stderr: "line 2: -L -n: the command changes nothing\n", code: 2},
		s.input("-A -f 1\n-L -n\n", "ipvsadm-restore --dry-run"))
	require.Equal(t, result{}, s.input("", "ipvsadm-restore --dry-run"))
}

// A then is input that goes on with what a function returns.
type then func() io.Reader

func (f then) Read(b []byte) (int, error) { return f().Read(b) }

// A signal ends a restore that waits for its next line.
func TestRestoreSignal(t *testing.T) {
	for sig, text := range map[unix.Signal]string{unix.SIGINT: "interrupt", unix.SIGTERM: "terminated", unix.SIGHUP: "hangup", unix.SIGQUIT: "quit"} {
		s := newTestSystem(t)
		in := io.MultiReader(strings.NewReader("-A -f 1\n-A -f 1\n"), then(func() io.Reader {
			raiseSignal(sig)
			select {}
		}))
		output, code := s.both(in, "ipvsadm -R")
		require.Equal(t, "Service already exists\nstopped by a signal ("+text+"): lines 1 to 2 are done, nothing was sent from line 3 on\n", output)
		require.Equal(t, 128+int(sig), code)
	}
}

// So it does after a listing, and while it waits for the lock.
func TestRestoreSignalElsewhere(t *testing.T) {
	s := newTestSystem(t)
	in := io.MultiReader(strings.NewReader("-A -f 1\n-L --timeout\n"), then(func() io.Reader {
		raiseSignal(unix.SIGTERM)
		select {}
	}))
	output, code := s.both(in, "ipvsadm -R")
	require.Equal(t, "Timeout (tcp tcpfin udp): 900 120 300\n"+
		"stopped by a signal (terminated): lines 1 to 2 are done, nothing was sent from line 3 on\n", output)
	require.Equal(t, 143, code)

	s = newTestSystem(t)
	s.do(t, "ipvsadm -A -f 1")
	first, _ := newLocker(t, s.lockPath, 0)
	unlock, err := first.lock(t.Context())
	require.NoError(t, err)
	defer unlock()
	s.silence, s.patience = time.Millisecond, 100*time.Millisecond
	var stderr safeBuffer
	code = s.run([]string{"ipvsadm-restore"}, strings.NewReader("-A -f 2\n"), io.Discard, writerFunc(func(b []byte) (int, error) {
		if bytes.HasPrefix(b, []byte("the table is locked by ")) {
			raiseSignal(unix.SIGTERM)
			return len(b), nil
		}
		return stderr.Write(b)
	}))
	require.Equal(t, 143, code)
	require.Equal(t, "stopped by a signal (terminated): nothing was sent from line 1 on\n", stderr.String())
	require.Equal(t, "-A -f 1 -s wlc\n", s.saved(t))
}

// A signal while the kernel does not reply leaves lines in doubt.
func TestRestoreSignalInDoubt(t *testing.T) {
	for _, c := range []struct {
		line string
		at   int
		want string
	}{
		{"ipvsadm -R", 2, "lines 1 to 128 are done, lines 129 to 300 are in doubt, nothing was sent from line 301 on\n"},
		{"ipvsadm-restore", 1, "it is unknown whether the table was cleared, nothing was sent from line 1 on\n"},
		{"ipvsadm-restore", 2, "the table was cleared, lines 1 to 300 are in doubt, nothing was sent from line 301 on\n"},
		{"ipvsadm-restore", 3, "the table was cleared and lines 1 to 128 are done, lines 129 to 300 are in doubt, nothing was sent from line 301 on\n"},
	} {
		s := newTestSystem(t)
		s.patience = 200 * time.Millisecond
		number := 0
		s.before = func(r request) error {
			if r.changes() {
				if number++; number == c.at {
					raiseSignal(unix.SIGTERM)
					<-r.closed
				}
			}
			return nil
		}
		output, code := s.both(strings.NewReader(services(1, 300)), c.line)
		require.Equal(t, "stopped by a signal (terminated): "+c.want, output)
		require.Equal(t, 143, code)
	}
}

// A restore that waits long for its next line lets others change the table, and goes on
// unless one of them does.
func TestRestoreIdle(t *testing.T) {
	s := newTestSystem(t)
	s.idle = time.Millisecond
	other, _ := newLocker(t, s.lockPath, time.Hour)
	lines := func(release bool) io.Reader {
		return io.MultiReader(strings.NewReader("-A -f 1\n"), then(sequence(func() io.Reader {
			unlock, err := other.lock(t.Context())
			require.NoError(t, err)
			if release {
				unlock()
			} else {
				t.Cleanup(unlock)
			}
			return strings.NewReader("-A -f 2\n")
		})))
	}
	require.Equal(t, result{}, runOn(s, lines(true), "ipvsadm -R --wait 0"))
	s.do(t, "ipvsadm -C")
	got := runOn(s, lines(false), "ipvsadm -R --wait 0")
	require.Regexp(t, `^the table is locked by .*process.*; line 2 and later ones were not run\n$`, got.stderr)
	require.Equal(t, exitChange, got.code)
	require.Equal(t, "-A -f 1 -s wlc\n", s.saved(t))
}

// sequence returns a function that returns what f does, once, and then the end.
func sequence(f func() io.Reader) func() io.Reader {
	done := false
	return func() io.Reader {
		if done {
			return strings.NewReader("")
		}
		done = true
		return f()
	}
}

// runOn runs a command line on any input.
func runOn(s *testSystem, in io.Reader, line string) result {
	var stdout, stderr bytes.Buffer
	code := s.run(strings.Fields(line), in, &stdout, &stderr)
	return result{stdout.String(), stderr.String(), code}
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		done, begun int
		cleared     bool
		want        string
	}{
		{0, 0, false, "nothing was sent from line 1 on"},
		{-1, -1, true, "nothing was sent from line 1 on"},
		{-1, 0, true, "it is unknown whether the table was cleared, nothing was sent from line 1 on"},
		{0, 0, true, "the table was cleared, nothing was sent from line 1 on"},
		{0, 300, true, "the table was cleared, lines 1 to 300 are in doubt, nothing was sent from line 301 on"},
		{1, 1, false, "lines 1 to 1 are done, nothing was sent from line 2 on"},
		{1, 1, true, "the table was cleared and lines 1 to 1 are done, nothing was sent from line 2 on"},
		{7, 7, false, "lines 1 to 7 are done, nothing was sent from line 8 on"},
		{7, 7, true, "the table was cleared and lines 1 to 7 are done, nothing was sent from line 8 on"},
		{0, 512, false, "lines 1 to 512 are in doubt, nothing was sent from line 513 on"},
		{-1, 511, true, "it is unknown whether the table was cleared, lines 1 to 511 are in doubt, nothing was sent from line 512 on"},
		{128, 511, true, "the table was cleared and lines 1 to 128 are done, lines 129 to 511 are in doubt, nothing was sent from line 512 on"},
	} {
		require.Equal(t, c.want, progress(c.done, c.begun, c.cleared))
	}
}
