// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const table = `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 198.51.100.1 -m
-a -t 192.0.2.1:80 -r 198.51.100.2 -m -w 3
-A -t 192.0.2.1:443 -s wlc
`

// What a window of 90 by 12 shows of the table. The time, and the name of the director, are not always the same.
const tableScreen = `TIME  every 1 s  director NAME
2 services, 2 servers  active 0  connections 0 (0/s)  bytes in 0 (0/s)  out 0 (0/s)
  Prot Address:Port    Forward Weight ActiveConn InActConn Flags
> TCP  192.0.2.1:80    rr           4          0         0
    -> 198.51.100.1:80 Masq         1          0         0
    -> 198.51.100.2:80 Masq         3          0         0
  TCP  192.0.2.1:443   wlc          0          0         0




q quit  ? help  / filter  < > sort  r reverse  f fold  i idle  p pause  d interval`

var (
	times     = regexp.MustCompile(`[0-2][0-9]:[0-5][0-9]:[0-5][0-9]`)
	directors = regexp.MustCompile(`director \S+`)
)

// shown returns what the window shows, with the same time and name in all tests.
func (w *terminal) shown(t *testing.T) string {
	t.Helper()
	return directors.ReplaceAllString(times.ReplaceAllString(w.screen(t), "TIME"), "director NAME")
}

// shows waits until the window shows a screen, whatever the time is.
func (w *terminal) shows(t *testing.T, want string) {
	t.Helper()
	w.until(t, "it should be:\n"+want, func() bool { return w.shown(t) == want })
}

// prompt waits until the shell reads a command: what is typed before is the program's.
func (w *terminal) prompt(t *testing.T) {
	t.Helper()
	w.until(t, "it should have ended", func() bool { return strings.HasSuffix(w.screen(t), "#") })
}

// watching opens a window in which a listing of the table is repeated.
func watching(t *testing.T, n *kernel.Namespace) *terminal {
	t.Helper()
	set(t, n, table)
	w := open(t, n, "90", "12")
	w.run(t, "ipvsadm -Ln --watch 1")
	w.shows(t, tableScreen)
	return w
}

// TestWatch draws a listing in a window, changes the table and the window's size, and ends it.
func TestWatch(t *testing.T) {
	n := kernel.NewNamespace(t)
	w := watching(t, n)
	w.press(t, "p")
	w.until(t, "it should pause", func() bool { return strings.Contains(w.screen(t), "paused") })
	set(t, n, "-a -t 192.0.2.1:443 -r 198.51.100.3 -m -w 123456789\n-d -t 192.0.2.1:80 -r 198.51.100.1\n-D -t 192.0.2.1:80\n-A -f 7\n")
	w.press(t, "p", "Space")
	w.shows(t, `TIME  every 1 s  director NAME
2 services, 1 server  active 0  connections 0 (0/s)  bytes in 0 (0/s)  out 0 (0/s)
  Prot Address:Port     Forward    Weight ActiveConn InActConn Flags
>-TCP  192.0.2.1:80     deleted TIME
  TCP  192.0.2.1:443    wlc     123456789          0         0
    -> 198.51.100.3:443 Masq    123456789          0         0
  FWM  7                wlc             0          0         0




q quit  ? help  / filter  < > sort  r reverse  f fold  i idle  p pause  d interval`)

	w.press(t, "j", "j")
	w.do(t, "resize-window", "-x", "31", "-y", "6")
	w.shows(t, `TIME  1 s  4 left out
2/1  active 0  conns 0 0/s
  Prot Address:Port     Forward
  TCP  192.0.2.1:443    wlc
>   -> 198.51.100.3:443 Masq
q quit  ? help  / filter  2-3/4`)
	w.press(t, "Right")
	w.shows(t, `TIME  1 s  4 left out
2/1  active 0  conns 0 0/s
  Prot Address:Port      Weight
  TCP  192.0.2.1:443  123456789
>   -> 198.~100.3:443 123456789
q quit  ? help  / filter  2-3/4`)
	w.do(t, "resize-window", "-x", "20", "-y", "5")
	w.do(t, "resize-window", "-x", "200", "-y", "50")
	w.until(t, "all columns but one should be there", func() bool {
		return strings.Contains(w.screen(t), "  Prot Address:Port        Weight ActiveConn InActConn Flags\n") &&
			strings.HasSuffix(w.screen(t), "d interval")
	})
	w.do(t, "resize-window", "-x", "90", "-y", "12")

	w.press(t, "C-c")
	w.wait(t, "# ipvsadm -Ln --watch 1\n#")
	w.run(t, "echo $?; stty -a | grep -o -- '-icanon\\|-echo\\b'")
	w.wait(t, "# ipvsadm -Ln --watch 1\n# echo $?; stty -a | grep -o -- '-icanon\\|-echo\\b'\n0\n#")
}

// TestEnd ends the watch of one service, whose real servers are in an order of their own, in all ways.
func TestEnd(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "12")
	const line = "ipvsadm -Ln -t 192.0.2.1:80 --watch --sort-by weight"
	type end struct {
		name, code string
		end        func()
	}
	ends := []end{
		{"key", "0", func() { w.press(t, "q") }},
		{"quit", "0", func() { w.press(t, "C-\\") }},
	}
	for signal, code := range map[string]string{
		"TERM": "0", "HUP": "0", "INT": "0", "USR1": "138", "USR2": "140", "ALRM": "142", "PIPE": "141", "ABRT": "134",
		"SEGV": "139", "VTALRM": "154", "XCPU": "152", "IO": "157", "PWR": "158", "SYS": "159", "RTMIN+7": "169",
	} {
		ends = append(ends, end{signal, code, func() { w.do(t, "run-shell", "kill -"+signal+" $(pidof ipvsadm)") }})
	}
	for _, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			w.run(t, "clear; "+line+"; echo code $?")
			w.shows(t, `TIME  every 2 s  director NAME
1 service, 2 servers  active 0  connections 0 (0/s)  bytes in 0 (0/s)  out 0 (0/s)
  Prot Address:Port    Forward Weight v ActiveConn InActConn Flags
> TCP  192.0.2.1:80    rr             4          0         0
    -> 198.51.100.2:80 Masq           3          0         0
    -> 198.51.100.1:80 Masq           1          0         0





q quit  ? help  / filter  < > sort  r reverse  f fold  i idle  p pause  d interval`)
			end.end()
			w.until(t, "it should have ended with code "+end.code, func() bool { return strings.HasSuffix(w.screen(t), "code "+end.code+"\n#") })
			require.Equal(t, "0", strings.TrimSpace(w.do(t, "display-message", "-p", "#{alternate_on}")))
			w.run(t, "clear; stty -a | grep -o -- '-icanon\\|-echo\\b'; echo end")
			w.wait(t, "end\n#")
		})
	}
}

// TestSuspend stops the program and goes on with it: in between, the screen is the shell's.
func TestSuspend(t *testing.T) {
	w := watching(t, kernel.NewNamespace(t))
	drawn := w.record(t)
	w.press(t, "C-z")
	w.wait(t, "# ipvsadm -Ln --watch 1\n\n[1]+  Stopped                 ipvsadm -Ln --watch 1\n#")
	w.run(t, "clear; fg")
	w.shows(t, tableScreen)
	w.until(t, "it should draw", func() bool { return strings.Contains(drawn(), "Prot Address") })
	w.do(t, "run-shell", "kill -STOP $(pidof ipvsadm)")
	w.until(t, "the shell should say that it is stopped", func() bool { return strings.Contains(w.screen(t), "Stopped") })
	w.run(t, "fg")
	w.shows(t, tableScreen)
	w.press(t, "q")
	w.wait(t, "ipvsadm -Ln --watch 1\n#") // of the second fg the terminal kept nothing
	w.until(t, "all should be recorded", func() bool { return strings.Count(drawn(), "\x1b[?1049l") == 2 })
	require.Equal(t, 2, strings.Count(drawn(), "Prot Address"), "it draws once each time")
}

// TestBackground has the program in the background of its terminal: there it stops before it uses that, like the reference.
// A signal that the shell sends with SIGCONT ends it, and in the foreground it goes on.
func TestBackground(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "12")
	stops := func(line string) {
		t.Helper()
		w.run(t, "clear; "+line)
		w.until(t, "it should have stopped", func() bool {
			w.run(t, "clear; jobs")
			return strings.Contains(w.screen(t), "[1]+  Stopped")
		})
	}
	ends := func(code string) {
		t.Helper()
		w.run(t, "clear; kill %1; while kill -0 $! 2>/dev/null; do sleep 0.1; done; wait $!; echo code $?")
		w.until(t, "it should have ended", func() bool { return strings.HasSuffix(w.screen(t), "code "+code+"\n#") })
	}
	const watch = "ipvsadm -Ln --watch 1"
	stops(watch + " &")
	ends("0")
	stops(watch + " &")
	w.run(t, "fg")
	w.shows(t, tableScreen)
	w.press(t, "C-z")
	w.until(t, "it should be suspended", func() bool { return strings.Contains(w.screen(t), "Stopped") })
	stops("bg")
	ends("0")

	for mark, program := range []string{kernel.Reference, "ipvsadm"} {
		stops(program + " -R &")
		ends("143")
		stops(program + " -R &")
		w.run(t, "clear; fg")
		w.until(t, "it should go on", func() bool { return strings.HasPrefix(w.screen(t), program) })
		w.run(t, fmt.Sprint("-A -f ", mark+1))
		w.press(t, "C-d")
		w.until(t, "it should have ended", func() bool { return strings.HasSuffix(w.screen(t), "\n#") })
		require.Contains(t, w.listing(t, "-L -n"), fmt.Sprint("FWM  ", mark+1, " "))
	}
}

// record records what is written on the terminal, from now on.
func (w *terminal) record(t *testing.T) func() string {
	t.Helper()
	file := filepath.Join(w.dir, "written")
	w.do(t, "pipe-pane", "cat >"+file)
	w.until(t, "it should record", func() bool { _, err := os.Stat(file); return err == nil })
	return func() string {
		written, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(written)
	}
}

// TestOnlyChanges looks at what is written while nothing changes: the time.
func TestOnlyChanges(t *testing.T) {
	w := watching(t, kernel.NewNamespace(t))
	drawn := w.record(t)
	w.until(t, "three screens should have been drawn", func() bool { return strings.Count(drawn(), "\x1b[1") >= 3 })
	require.Regexp(t, `^(\x1b\[1(;[0-9])?H[0-9:]+)+$`, drawn())
}

// TestNoShell presses Ctrl-Z where there is no shell to go back to.
func TestNoShell(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "12", kernel.Program("ipvsadm"), "-Ln", "--watch", "1")
	w.shows(t, tableScreen)
	w.press(t, "C-z")
	set(t, n, "-D -t 192.0.2.1:443\n")
	w.until(t, "the service should be gone", func() bool {
		return strings.Contains(w.shown(t), "  -TCP  192.0.2.1:443   deleted TIME\n") ||
			strings.Contains(w.shown(t), " -TCP  192.0.2.1:443   deleted TIME\n")
	})
}

// TestClosed closes the window.
func TestClosed(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "12")
	pid := filepath.Join(w.dir, "pid")
	w.run(t, "echo $$ >"+pid+"; trap '' HUP; exec ipvsadm -Ln --watch 3600")
	w.until(t, "it should be drawn", func() bool { return strings.Contains(w.screen(t), "192.0.2.1:443") })
	w.do(t, "new-window", "-d", "sleep 1000")
	w.do(t, "kill-window")
	w.until(t, "the program should have ended", func() bool {
		process, err := os.ReadFile(pid)
		require.NoError(t, err)
		_, err = os.Stat(filepath.Join("/proc", strings.TrimSpace(string(process))))
		return err != nil
	})
}

// TestStopped ends a watch whose terminal has been stopped with Ctrl-S.
func TestStopped(t *testing.T) {
	w := watching(t, kernel.NewNamespace(t))
	w.press(t, "C-s")
	w.do(t, "run-shell", "kill $(pidof ipvsadm)")
	w.until(t, "the program should have ended", func() bool {
		return w.n.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-c", "pidof ipvsadm"}}).Code != 0
	})
	w.wait(t, "# ipvsadm -Ln --watch 1\n#")
}

// TestMarks sends packets and looks for what has changed.
func TestMarks(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "address add 192.0.2.1/32 dev lo")
	set(t, n, "-A -u 192.0.2.1:9 -s rr\n-a -u 192.0.2.1:9 -r 127.0.0.1 -m\n-A -u 192.0.2.1:10 -s rr\n")
	w := open(t, n, "90", "12")
	marked := func() string { return w.do(t, "capture-pane", "-p", "-e") }
	w.run(t, "ipvsadm -Ln --stats --watch 1")
	w.until(t, "it should be drawn", func() bool { return strings.Contains(w.screen(t), "  UDP  192.0.2.1:10     0 ") })
	require.NotContains(t, marked(), "\x1b[7m", "nothing has changed")
	send(t, n)
	w.until(t, "the figures that have changed should be marked", func() bool {
		return strings.Contains(marked(), "\x1b[7m1\x1b")
	})
	w.until(t, "what has not changed again should not be marked", func() bool {
		return !strings.Contains(marked(), "\x1b[7m") && strings.Contains(w.screen(t), "192.0.2.1:9      1 ")
	})
	w.press(t, "i")
	w.until(t, "services without traffic should be hidden", func() bool { return strings.Contains(w.screen(t), "  2 without traffic hidden  ") })
	w.until(t, "one with traffic should be there", func() bool {
		send(t, n)
		return strings.Contains(w.screen(t), "  1 without traffic hidden  ") && strings.Contains(w.screen(t), "192.0.2.1:9 ")
	})
}

// send sends a packet to the service.
func send(t *testing.T, n *kernel.Namespace) {
	t.Helper()
	var err error
	n.Do(func() {
		var conn net.Conn
		if conn, err = net.Dial("udp", "192.0.2.1:9"); err == nil {
			_, err = conn.Write([]byte("x"))
			conn.Close()
		}
	})
	require.NoError(t, err)
}

// TestConnections watches connections, and their numbers.
func TestConnections(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "address add 192.0.2.1/32 dev lo")
	set(t, n, "-A -u 192.0.2.1:9 -s rr\n-a -u 192.0.2.1:9 -r 127.0.0.1 -m\n")
	w := open(t, n, "90", "7")
	w.run(t, "ipvsadm -Lnc --watch 1")
	w.until(t, "there should be none", func() bool {
		return strings.Contains(w.screen(t), "\n0 connections\n  Pro  Source Virtual Destination State Expire\n")
	})
	send(t, n)
	shape := regexp.MustCompile(`^TIME  every 1 s  director NAME
1 connection
  Pro  Source +Virtual     Destination State Expire
>[ +]UDP  192\.0\.2\.1:[0-9]+ 192\.0\.2\.1:9 127\.0\.0\.1:9 UDP +[0-9]+:[0-9][0-9]


q quit`)
	w.until(t, "the connection should be there", func() bool { return shape.MatchString(w.shown(t)) })
	w.press(t, "q")
	w.prompt(t)
	w.run(t, "clear; ipvsadm -Lnc --count --watch 1")
	w.shows(t, `TIME  every 1 s  director NAME
1 connection  1 service, 1 server
  Prot Address:Port Conns UDP
> UDP  192.0.2.1:9      1   1
    -> 127.0.0.1:9      1   1

q quit  ? help  / filter  < > sort  r reverse  f fold  i idle  p pause  d interval`)
}

// TestFailure watches a service that is deleted and comes back.
func TestFailure(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "6")
	w.run(t, "ipvsadm -Ln -t 192.0.2.1:443 --watch 1")
	w.until(t, "the service should be there", func() bool { return strings.Contains(w.screen(t), "\n> TCP  192.0.2.1:443 wlc ") })
	set(t, n, "-D -t 192.0.2.1:443\n")
	w.shows(t, `TIME  every 1 s  director NAME
No such service
  Prot Address:Port  Forward Weight ActiveConn InActConn Flags
>-TCP  192.0.2.1:443 deleted TIME

q quit  ? help  / filter  < > sort  r reverse  f fold  i idle  p pause  d interval`)
	set(t, n, "-A -t 192.0.2.1:443 -s rr\n")
	w.until(t, "the service should be back", func() bool { return strings.Contains(w.screen(t), "\n> TCP  192.0.2.1:443 rr ") })
	w.press(t, "q")
	w.prompt(t)
	w.run(t, "clear; ipvsadm -Ln -t 192.0.2.1:444 --watch 1; echo code $?")
	w.until(t, "it should have ended", func() bool { return strings.HasSuffix(w.screen(t), "code 1\n#") })
	require.Regexp(t, `^No such service\nhint: .+\ncode 1\n#$`, w.screen(t))
}

// TestNamespace watches a namespace that is deleted and made again under its name.
func TestNamespace(t *testing.T) {
	n, first, second := kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t)
	set(t, first, "-A -f 1\n")
	set(t, second, "-A -f 2\n")
	const name = "/run/netns/blue"
	remove := func() {
		_ = unix.Unmount(name, unix.MNT_DETACH)
		_ = os.Remove(name)
	}
	t.Cleanup(remove)
	give := func(to *kernel.Namespace) {
		remove()
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, nil, 0o444))
		require.NoError(t, unix.Mount(to.Path(), name, "", unix.MS_BIND, ""))
	}
	give(first)
	w := open(t, n, "90", "8")
	w.run(t, "ipvsadm --netns blue -Ln --watch 1")
	w.until(t, "the first should be there", func() bool { return strings.Contains(w.screen(t), "> FWM  1 ") })
	require.Contains(t, w.screen(t), "every 1 s  namespace blue  director ")
	remove()
	w.shows(t, `TIME  every 1 s  namespace blue  director NAME
network namespace `+"`blue'"+` is gone
  Prot Address:Port Forward Weight ActiveConn InActConn Flags
>-FWM  1            deleted TIME



q quit  ? help  / filter  < > sort  r reverse  f fold  i idle  p pause  d interval`)
	give(second)
	w.until(t, "the second should be there", func() bool {
		shown := w.shown(t)
		return strings.Contains(shown, "FWM  2            wlc ") && !strings.Contains(shown, "gone") && strings.Contains(shown, "-FWM  1            deleted TIME")
	})
	give(first) // at once, before the watch can miss it
	w.until(t, "the first should be there again", func() bool {
		return strings.Contains(w.shown(t), "-FWM  2            deleted TIME") && strings.Contains(w.shown(t), "FWM  1            wlc ")
	})
}

// TestManyLines reaches all of a table that is longer than the window.
func TestManyLines(t *testing.T) {
	n := kernel.NewNamespace(t)
	var rules strings.Builder
	for i := range 28 {
		fmt.Fprintf(&rules, "-A -f %d -s rr\n", i+1)
		for j := range 3 {
			fmt.Fprintf(&rules, "-a -f %d -r 10.0.%d.%d -w 123456789\n", i+1, i, j+1)
		}
	}
	set(t, n, rules.String())
	w := open(t, n, "80", "24")
	w.run(t, "ipvsadm -Ln --watch 1")
	w.until(t, "the beginning should be there", func() bool { return strings.HasSuffix(w.screen(t), " 1-20/112") })
	for _, step := range []struct{ keys, cursor, window string }{
		{"G", "> -> 10.0.27.3:0 Route 123456789 ", "93-112/112"},
		{"PageUp k k", "> -> 10.0.22.1:0 Route 123456789 ", "90-109/112"},
		{"g j j", "> -> 10.0.0.2:0 Route 123456789 ", "1-20/112"},
		{"g PageDown Down", "> -> 10.0.5.1:0 Route 123456789 ", "3-22/112"},
		{"g f End", "> FWM 28 +3 ", "9-28/28"},
		{"g f / 2 7 . 2 Enter", "> FWM 28 rr ", "-> 10.0.27.2:0"},
	} {
		w.press(t, strings.Fields(step.keys)...)
		w.until(t, step.keys+": the cursor should be at "+step.cursor+", and the window at "+step.window, func() bool {
			screen := strings.Join(strings.Fields(w.screen(t)), " ")
			return strings.Contains(screen, step.cursor) && strings.Contains(screen, step.window)
		})
	}
}

// TestOtherTerminals watches on terminals that can only write on, that are to have no colours, and that have no
// keyboard.
func TestOtherTerminals(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, "-A -f 7\n")
	w := open(t, n, "90", "12")
	w.run(t, "clear; TERM=dumb ipvsadm -Ln -f 7 --watch 1")
	page := w.listing(t, "-Ln -f 7") + "\n\n"
	w.until(t, "it should show two listings", func() bool { return strings.HasPrefix(w.screen(t), page+page[:len(page)-2]) })
	w.press(t, "C-c")
	w.prompt(t)

	for command, colors := range map[string]bool{
		"ipvsadm -Ln --watch 1":                           true,
		"NO_COLOR=1 ipvsadm -Ln --watch 1":                false,
		"ipvsadm -Ln --color=never --watch 1":             false,
		"NO_COLOR=1 ipvsadm -Ln --color=always --watch 1": true,
	} {
		w.run(t, "clear; "+command)
		w.until(t, "it should be drawn", func() bool { return strings.Contains(w.screen(t), "> FWM  7") })
		set(t, n, "-A -f 8\n-D -f 8\n-A -f 9\n-D -f 7\n")
		w.until(t, "there should be a deleted one", func() bool { return strings.Contains(w.screen(t), "-FWM  7 ") })
		require.Equal(t, colors, strings.Contains(w.do(t, "capture-pane", "-p", "-e"), "\x1b[31m"), command)
		w.press(t, "q")
		w.prompt(t)
		set(t, n, "-D -f 9\n-A -f 7\n")
	}

	w.run(t, "clear; ipvsadm -Ln --watch 1 </dev/null")
	w.until(t, "it should say so", func() bool {
		return strings.HasSuffix(w.screen(t), "\nStandard input is not a terminal: there are no keys. Ctrl-C ends.")
	})
	w.press(t, "C-c")
	w.prompt(t)
}
