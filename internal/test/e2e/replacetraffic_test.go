// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestReplaceKeeps checks that connections and counters live on where a table is replaced: of what is unchanged and
// of what is edited.
func TestReplaceKeeps(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	held := []*call{n.dial(t, client1, vip, 80), n.dial(t, client1, vip, 80)}
	n.tally(t, 4, client1, vip, 80)
	counted := func(service, one, other []int) bool { return service[0] == 6 && one[0] == 3 && other[0] == 3 }
	before := n.counters(t, "6 connections", counted)
	replace(t, n.director, `-A -f 7
-a -f 7 -r 10.2.0.11 -m
-A -t 10.1.0.100:80 -s wlc -b flag-1
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 7 -x 100
`)
	after := n.counters(t, "6 connections as before", counted)
	for i := range before {
		if after[i] < before[i] {
			t.Errorf("counters went from %d to %d", before, after)
		}
	}
	for _, c := range held {
		c.echo(t, "still there")
		c.close(t)
	}
}

// A stream of connections is made one after the other, without pause.
type stream struct {
	stop context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	made   sync.Cond
	count  int
	failed []error
}

// connect has the client make connections until the stream is stopped.
func (n *network) connect(t *testing.T) *stream {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &stream{stop: stop, done: make(chan struct{})}
	s.made.L = &s.mu
	go func() {
		defer close(s.done)
		for ctx.Err() == nil {
			var err error
			n.client.Do(func() { err = connectOnce() })
			s.mu.Lock()
			s.count++
			if err != nil {
				s.failed = append(s.failed, err)
			}
			s.made.Broadcast()
			s.mu.Unlock()
		}
	}()
	t.Cleanup(s.end)
	return s
}

// end ends the stream.
func (s *stream) end() {
	s.stop()
	<-s.done
}

// next waits for the end of the next connection but one, which has begun after the call.
func (s *stream) next() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for enough := s.count + 2; s.count < enough; {
		s.made.Wait()
	}
}

// failures returns why connections have failed.
func (s *stream) failures() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// connectOnce connects to the service and has a real server answer.
func connectOnce() error {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(vip, "80"), patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = bufio.NewReader(conn).ReadString('\n')
	return err
}

// alternatives are two tables that have the same real servers for the web, and else many services of their own.
func alternatives() [2]string {
	var both [2]strings.Builder
	for i := range both {
		for mark := range 60 {
			fmt.Fprintf(&both[i], "-A -f %d -s rr\n-a -f %[1]d -r 10.2.0.11 -m\n", 1+mark+1000*i)
		}
	}
	both[0].WriteString(`-A -t 10.1.0.100:80 -s wrr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 1
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 0
`)
	both[1].WriteString(`-A -t 10.1.0.100:80 -s wrr -b flag-1
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 2
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 0 -x 5000
`)
	return [2]string{both[0].String(), both[1].String()}
}

// TestReplaceServes replaces a table a hundred times while clients connect: none is refused or cut off. The service is
// edited, but keeps its scheduler.
func TestReplaceServes(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	tables := alternatives()
	replace(t, n.director, tables[1])
	s := n.connect(t)
	for i := range 100 {
		replace(t, n.director, tables[i%2])
		s.next()
	}
	s.end()
	require.Empty(t, s.failures())
	t.Logf("%d connections", s.count)
}

// TestReplaceScheduler replaces a table by one in which the service has another scheduler, and back. The connections
// that there are go on. On several processors the kernel may refuse others for a moment, in which the service has no
// scheduler, and no longer than that.
func TestReplaceScheduler(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	tables := alternatives()
	tables[1] = strings.Replace(tables[1], "-s wrr", "-s wlc", 1)
	replace(t, n.director, tables[1])
	held := n.dial(t, client1, vip, 80)
	s := n.connect(t)
	for i := range 10 {
		replace(t, n.director, tables[i%2])
		held.echo(t, "still there")
		s.next()
	}
	s.end()
	held.close(t)
	for _, err := range s.failures() {
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	}
	n.ask(t, client1, vip, 80)
}

// TestRestoreInterrupts is the same with a restore that clears the table: connections are refused. It is what
// shows that TestReplaceServes would see them.
func TestRestoreInterrupts(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	tables := alternatives()
	replace(t, n.director, tables[1])
	s := n.connect(t)
	for i := 0; len(s.failures()) == 0 && i < 100; i++ {
		require.Equal(t, kernel.Result{}, runHelper(t, n.director, "ipvsadm-restore", tables[i%2]), "restoring")
		s.next()
	}
	s.end()
	failed := s.failures()
	require.NotEmpty(t, failed, "none of %d connections failed", s.count)
	if !errors.Is(failed[0], syscall.ECONNREFUSED) && !errors.Is(failed[0], syscall.ECONNRESET) {
		t.Errorf("the first failed otherwise: %v", failed[0])
	}
}
