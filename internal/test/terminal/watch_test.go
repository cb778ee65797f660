// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

const table = `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 198.51.100.1 -m
-a -t 192.0.2.1:80 -r 198.51.100.2 -m -w 3
-A -t 192.0.2.1:443 -s wlc
`

// watching opens a window in which a listing of the table is repeated.
func watching(t *testing.T, n *kernel.Namespace) *terminal {
	t.Helper()
	set(t, n, table)
	w := open(t, n, "90", "12")
	w.run(t, "ipvsadm -Ln --watch 1")
	w.wait(t, w.listing(t, "-Ln"))
	return w
}

// TestWatch draws a listing in a window, changes the table and the window's size, and ends it.
func TestWatch(t *testing.T) {
	n := kernel.NewNamespace(t)
	w := watching(t, n)

	set(t, n, "-a -t 192.0.2.1:443 -r 198.51.100.3 -m\n")
	w.wait(t, w.listing(t, "-Ln"))
	set(t, n, "-D -t 192.0.2.1:80\n")
	w.wait(t, w.listing(t, "-Ln"))

	w.do(t, "resize-window", "-x", "30", "-y", "4")
	w.wait(t, "IP Virtual Server version 1.2.\nProt LocalAddress:Port Schedul\n  -> RemoteAddress:Port\n(2 more lines)")
	w.do(t, "resize-window", "-x", "90", "-y", "12")
	w.wait(t, w.listing(t, "-Ln"))

	w.press(t, "x")
	w.press(t, "C-c")
	w.wait(t, "# ipvsadm -Ln --watch 1\n#")
	w.run(t, "echo $?; stty -a | grep -o -- '-icanon\\|-echo\\b'")
	w.wait(t, "# ipvsadm -Ln --watch 1\n# echo $?; stty -a | grep -o -- '-icanon\\|-echo\\b'\n0\n#")
}

// TestEnd ends the watch of one service, whose real servers are in an order of their own, in other ways.
func TestEnd(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "12")
	const line = "ipvsadm -Ln -t 192.0.2.1:80 --watch --sort-by weight"
	for _, end := range []struct {
		name string
		end  func()
	}{
		{"key", func() { w.press(t, "q") }},
		{"quit", func() { w.press(t, "C-\\") }},
		{"kill", func() { w.do(t, "run-shell", "kill $(pidof ipvsadm)") }},
		{"hangup", func() { w.do(t, "run-shell", "kill -HUP $(pidof ipvsadm)") }},
	} {
		t.Run(end.name, func(t *testing.T) {
			w.run(t, "clear; "+line+"; echo code $?")
			w.wait(t, `Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.1:80 rr
  -> 198.51.100.2:80              Masq    3      0          0
  -> 198.51.100.1:80              Masq    1      0          0`)
			end.end()
			w.until(t, "it should have ended with code 0", func() bool { return strings.HasSuffix(w.screen(t), "code 0\n#") })
		})
	}
}

// TestSuspend stops the program and goes on with it: in between, the screen is the shell's.
func TestSuspend(t *testing.T) {
	w := watching(t, kernel.NewNamespace(t))
	w.press(t, "C-z")
	w.wait(t, "# ipvsadm -Ln --watch 1\n\n[1]+  Stopped                 ipvsadm -Ln --watch 1\n#")
	w.run(t, "clear; fg")
	w.wait(t, w.listing(t, "-Ln"))
	w.do(t, "run-shell", "kill -STOP $(pidof ipvsadm)")
	w.until(t, "the shell should say that it is stopped", func() bool { return strings.Contains(w.screen(t), "Stopped") })
	w.run(t, "fg")
	w.wait(t, w.listing(t, "-Ln"))
	w.press(t, "q")
	w.wait(t, "ipvsadm -Ln --watch 1\n#") // of the second fg the terminal kept nothing
}

// TestNoShell presses Ctrl-Z where there is no shell to go back to.
func TestNoShell(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "12", kernel.Program("ipvsadm"), "-Ln", "--watch", "1")
	w.wait(t, w.listing(t, "-Ln"))
	w.press(t, "C-z")
	set(t, n, "-D -t 192.0.2.1:443\n")
	w.wait(t, w.listing(t, "-Ln"))
}

// TestClosed closes the window.
func TestClosed(t *testing.T) {
	n := kernel.NewNamespace(t)
	w := open(t, n, "90", "12")
	pid := filepath.Join(w.dir, "pid")
	w.run(t, "echo $$ >"+pid+"; exec ipvsadm -Ln --watch 1")
	w.wait(t, w.listing(t, "-Ln"))
	w.do(t, "new-window", "-d", "sleep 1000")
	w.do(t, "kill-window")
	w.until(t, "the program should have ended", func() bool {
		process, err := os.ReadFile(pid)
		require.NoError(t, err)
		_, err = os.Stat(filepath.Join("/proc", strings.TrimSpace(string(process))))
		return err != nil
	})
}

// TestMarks sends packets and looks for what has changed.
func TestMarks(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "address add 192.0.2.1/32 dev lo")
	set(t, n, "-A -u 192.0.2.1:9 -s rr\n-a -u 192.0.2.1:9 -r 127.0.0.1 -m\n-A -u 192.0.2.1:10 -s rr\n")
	w := open(t, n, "90", "12")
	marked := func() string { return w.do(t, "capture-pane", "-p", "-e") }
	w.run(t, "ipvsadm -Ln --stats --watch 1")
	w.wait(t, w.listing(t, "-Ln --stats"))
	require.NotContains(t, marked(), "\x1b[7m", "nothing has changed")
	send(t, n)
	w.until(t, "the figures that have changed should be marked", func() bool {
		got := marked()
		return strings.Contains(got, "UDP  192.0.2.1:9                         \x1b[7m1\x1b") &&
			strings.Contains(got, "UDP  192.0.2.1:10                        0        0        0        0        0\n")
	})
	w.until(t, "what has not changed again should not be marked", func() bool {
		return !strings.Contains(marked(), "\x1b[7m") && strings.Contains(w.screen(t), "192.0.2.1:9                         1")
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

// TestFailure watches a service that is deleted and comes back.
func TestFailure(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	w := open(t, n, "90", "12")
	w.run(t, "ipvsadm -Ln -t 192.0.2.1:443 --watch 1")
	want := w.listing(t, "-Ln -t 192.0.2.1:443")
	w.wait(t, want)
	set(t, n, "-D -t 192.0.2.1:443\n")
	w.wait(t, "No such service")
	set(t, n, "-A -t 192.0.2.1:443 -s wlc\n")
	w.wait(t, want)
	w.press(t, "q")
	w.run(t, "clear; ipvsadm -Ln -t 192.0.2.1:444 --watch 1; echo code $?")
	w.wait(t, "No such service\ncode 1\n#")
}

// TestDumb watches on a terminal that can only write on.
func TestDumb(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, "-A -f 7\n")
	w := open(t, n, "90", "12")
	w.run(t, "clear; TERM=dumb ipvsadm -Ln -f 7 --watch 1")
	page := w.listing(t, "-Ln -f 7") + "\n\n"
	w.until(t, "it should show two listings", func() bool { return strings.HasPrefix(w.screen(t), page+page[:len(page)-2]) })
}
