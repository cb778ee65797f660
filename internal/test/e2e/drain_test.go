// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A draining is our program while it waits.
type draining struct {
	cmd    *exec.Cmd
	stderr *bufio.Reader
}

// startDraining starts a command line, and waits for what it writes first.
func (n *network) startDraining(t *testing.T, line, first string) *draining {
	t.Helper()
	d := &draining{cmd: exec.Command(program(), strings.Fields(line)...)}
	d.cmd.Args[0] = "ipvsadm"
	pipe, err := d.cmd.StderrPipe()
	must(t, err)
	n.director.Do(func() { err = d.cmd.Start() })
	must(t, err)
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	d.stderr = bufio.NewReader(pipe)
	got, err := d.stderr.ReadString('\n')
	must(t, err)
	sameText(t, line+": the first line", got, first)
	return d
}

// ends waits for the end and compares what was written since and the exit code.
func (d *draining) ends(t *testing.T, stderr string, code int) {
	t.Helper()
	rest, err := io.ReadAll(d.stderr)
	must(t, err)
	_ = d.cmd.Wait()
	sameText(t, "what is written", string(rest), stderr)
	status := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	got := status.ExitStatus()
	if status.Signaled() {
		got = 128 + int(status.Signal())
	}
	if got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
}

const webOfTwo = `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 50
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -x 60`

// dialEach opens a connection to each real server.
func (n *network) dialEach(t *testing.T) map[string]*call {
	t.Helper()
	open := map[string]*call{}
	for range n.reals {
		c := n.dial(t, client1, vip, 80)
		t.Cleanup(func() { c.Close() })
		open[c.name] = c
	}
	if len(open) != len(n.reals) {
		t.Fatalf("connected to %d of %d servers", len(open), len(n.reals))
	}
	return open
}

const oneLeft = "10.2.0.11:8080: 1 connection left\n"

// TestDrainServer drains a server with an open connection: that continues, new ones go elsewhere, and the server is deleted
// once it is closed.
func TestDrainServer(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.set(t, webOfTwo)
	open := n.dialEach(t)
	d := n.startDraining(t, "-d -t 10.1.0.100:80 -r 10.2.0.11:8080 --drain", oneLeft)
	sameText(t, "the rules", n.run(t, "-S -n --thresholds"), `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 0 -x 50
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 1 -x 60
`)
	wantTally(t, n.tally(t, 3, client1, vip, 80), 0, 3)
	open["r1"].echo(t, "still here")
	open["r1"].close(t)
	d.ends(t, "", 0)
	sameText(t, "the rules", n.run(t, "-S -n"), "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 1\n")
	open["r2"].echo(t, "so am I")

	// The whole service.
	d = n.startDraining(t, "-D -t 10.1.0.100:80 --drain 1000", "TCP 10.1.0.100:80: 1 connection left\n")
	open["r2"].echo(t, "still")
	open["r2"].close(t)
	d.ends(t, "", 0)
	sameText(t, "the rules", n.run(t, "-S -n"), "")
}

// TestDrainStopped interrupts a draining.
func TestDrainStopped(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.set(t, webOfTwo)
	n.dialEach(t)
	for _, s := range []unix.Signal{unix.SIGINT, unix.SIGTERM} {
		d := n.startDraining(t, "-d -t 10.1.0.100:80 -r 10.2.0.11:8080 --drain", oneLeft)
		must(t, d.cmd.Process.Signal(s))
		d.ends(t, "stopped by a signal ("+s.String()+"): 10.2.0.11:8080 stays at weight 0 with 1 connection\n", 128+int(s))
		if rules := n.run(t, "-S -n"); !strings.Contains(rules, "-r 10.2.0.11:8080 -m -w 0\n") {
			t.Errorf("the rules are\n%s", rules)
		}
	}
}

// TestDrainOthers has another program delete the server, or put it back into service.
func TestDrainOthers(t *testing.T) {
	for _, tt := range []struct {
		other  string
		stderr string
		code   int
		left   string
	}{
		{other: "-d -t 10.1.0.100:80 -r 10.2.0.11:8080", left: "-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 1\n"},
		{other: "-D -t 10.1.0.100:80"},
		{other: "-C"},
		{other: "-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 7", code: 1, left: "-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 7\n",
			stderr: "something else has set the weight of 10.2.0.11:8080 to 7: nothing is deleted, other weights stay at 0\n"},
	} {
		n := newNetwork(t, 2, byDirector) // connections outlive a table that is cleared
		n.set(t, webOfTwo)
		n.dialEach(t)
		d := n.startDraining(t, "-d -t 10.1.0.100:80 -r 10.2.0.11:8080 --drain", oneLeft)
		sameResult(t, n.director.Ipvsadm(t, kernel.Reference, strings.Fields(tt.other)...), kernel.Result{})
		d.ends(t, tt.stderr, tt.code)
		if rules := n.run(t, "-S -n"); !strings.Contains(rules, tt.left) || tt.left == "" && rules != "" {
			t.Errorf("after %s, the rules are\n%s", tt.other, rules)
		}
	}
}

// TestDrainUDP waits for connections that the kernel counts as inactive until they time out.
func TestDrainUDP(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	n.reals[0].answerUDP(t, ":53")
	n.set(t, "--set 0 0 3\n-A -u 10.1.0.100:53 -s rr\n-a -u 10.1.0.100:53 -r 10.2.0.11 -m")
	socket := listenUDP(t, n.client, client1+":0")
	tallyUDP(t, socket, 2)
	d := n.startDraining(t, "-d -u 10.1.0.100:53 -r 10.2.0.11 --drain", "10.2.0.11:53: 1 connection left\n")
	d.ends(t, "", 0)
	sameText(t, "the rules", n.run(t, "-S -n"), "-A -u 10.1.0.100:53 -s rr\n")
}

// TestDrainPersistent waits for templates unless the kernel lets them expire. An established connection counts in any
// case.
func TestDrainPersistent(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	n.set(t, "-A -t 10.1.0.100:80 -s rr -p 600\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m")
	const line = "-d -t 10.1.0.100:80 -r 10.2.0.11:8080 --drain"
	const waits = "persistence templates are waited for, because net.ipv4.vs.expire_quiescent_template is 0\n"
	n.ask(t, client1, vip, 80)
	got := n.director.Ipvsadm(t, program(), strings.Fields(line+" 1")...)
	sameResult(t, got, kernel.Result{Code: 1, Stderr: waits + "10.2.0.11:8080: 0 connections and 1 template left\n" +
		"10.2.0.11:8080 still has 0 connections and 1 template after 1 second and stays at weight 0\n"})
	// The client is on this server, whatever its weight.
	open := n.dial(t, client1, vip, 80)
	defer open.Close()
	sysctl(t, n.director, "net/ipv4/vs/expire_quiescent_template", "1")
	d := n.startDraining(t, line, oneLeft)
	open.close(t)
	d.ends(t, "", 0)
}

// TestDrainDocumented runs the commands of docs/drain.md.
func TestDrainDocumented(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	calls := transcript(t, "docs/drain.md")
	restore(t, n.director, kernel.Reference, calls[0].output)
	open := n.dialEach(t)
	open["r2"].close(t)
	defer open["r1"].Close()
	for _, call := range calls {
		got := shell(t, n.director, "("+call.line+") 2>&1")
		sameResult(t, got, kernel.Result{Stdout: call.output})
	}
}
