// SPDX-License-Identifier: Apache-2.0

package clients_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

const (
	vip    = "10.1.0.100" // the director's; keepalived has one of its own
	web    = 8080         // the port of the real servers' web servers
	dns    = 53           // that of their datagrams
	sender = "10.1.0.2"
)

// patience is how long anything may take before the test fails. No test waits for it to pass.
const patience = 5 * time.Minute

// A bed is a director between a client and two real servers:
//
//	client ── front ── director ── back ── real servers
type bed struct {
	client, director *kernel.Namespace
	reals            []*realServer
}

// A realServer answers requests of HTTP with its name, and datagrams with what they hold.
type realServer struct {
	*kernel.Namespace
	name string
	http *http.Server
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{client: kernel.NewNamespace(t), director: kernel.NewNamespace(t)}
	b.director.IP(t, fmt.Sprintf(`link add front type veth peer name front netns %s
link add back type bridge
link set front up
link set back up
address add 10.1.0.1/24 dev front
address add %s/32 dev front
address add fd00:1::100/64 dev front nodad
address add 10.2.0.1/24 dev back
address add fd00:2::1/64 dev back nodad`, b.client.Path(), vip))
	b.client.IP(t, "link set front up\naddress add "+sender+"/24 dev front")
	for _, name := range []string{"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"} {
		b.director.Do(func() { require.NoError(t, os.WriteFile("/proc/sys/"+name, []byte("1"), 0)) })
	}
	for i := range 2 {
		b.addReal(t, i+1)
	}
	return b
}

// addReal adds real server number i and has it serve.
func (b *bed) addReal(t *testing.T, i int) {
	t.Helper()
	r := &realServer{Namespace: kernel.NewNamespace(t), name: fmt.Sprint("r", i)}
	b.director.IP(t, fmt.Sprintf("link add %s type veth peer name back netns %s\nlink set %s master back up", r.name, r.Path(), r.name))
	r.IP(t, fmt.Sprintf(`link set back up
address add 10.2.0.%d/24 dev back
address add fd00:2::%d/64 dev back nodad
route add default via 10.2.0.1`, 10+i, 10+i))
	r.start(t)
	t.Cleanup(func() { r.http.Close() })
	r.echo(t)
	b.reals = append(b.reals, r)
}

// start has the web server serve.
func (r *realServer) start(t *testing.T) {
	t.Helper()
	var listener net.Listener
	var err error
	r.Do(func() { listener, err = net.Listen("tcp", fmt.Sprint(":", web)) })
	require.NoError(t, err)
	r.http = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, r.name) })}
	go r.http.Serve(listener)
}

// stop stops the web server: it refuses connections until it starts again.
func (r *realServer) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, r.http.Close())
}

// echo sends datagrams back.
func (r *realServer) echo(t *testing.T) {
	t.Helper()
	var conn net.PacketConn
	var err error
	r.Do(func() { conn, err = net.ListenPacket("udp4", fmt.Sprint(":", dns)) })
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(buffer[:n], from)
		}
	}()
}

// tally has the client make so many requests, each over a connection of its own, and counts the answers by name.
func (b *bed) tally(t *testing.T, times int, address string) map[string]int {
	t.Helper()
	dial := func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		b.client.Do(func() { conn, err = (&net.Dialer{}).DialContext(ctx, network, address) })
		return conn, err
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	answers := map[string]int{}
	for range times {
		response, err := client.Get("http://" + address)
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		answers[strings.TrimSpace(string(text))]++
	}
	return answers
}

// datagrams has the client send datagrams of 100 bytes, each from a port of its own, and returns how many are answered.
// Unlike those of connections, the counters are then known: one packet each way, 128 bytes.
func (b *bed) datagrams(t *testing.T, count int) (answered int) {
	t.Helper()
	service := net.JoinHostPort(vip, fmt.Sprint(dns))
	for i := range count {
		dialer := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(sender), Port: 40000 + i}}
		var conn net.Conn
		var err error
		b.client.Do(func() { conn, err = dialer.Dial("udp4", service) })
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, err = conn.Write(make([]byte, 100))
		require.NoError(t, err)
		if _, err = conn.Read(make([]byte, 1500)); !errors.Is(err, unix.ECONNREFUSED) { // there is no real server
			require.NoError(t, err)
			answered++
		}
		require.NoError(t, conn.Close())
	}
	// The kernel adds its counters up every two seconds.
	counted := fmt.Sprintf("%d %d %d %d %d", answered, answered, answered, 128*answered, 128*answered)
	for end := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		words := strings.Fields(b.reference(t, "-Ln", "--stats", "--exact", "-u", service))
		if strings.Contains(strings.Join(words, " ")+" ", service+" "+counted+" ") {
			return answered
		}
		require.True(t, time.Now().Before(end), "the counters of %s: %s", service, counted)
	}
}

// reference returns what the reference prints on the director.
func (b *bed) reference(t *testing.T, words ...string) string {
	t.Helper()
	got := b.director.Ipvsadm(t, kernel.Reference, words...)
	require.Zero(t, got.Code, got.Stderr)
	return got.Stdout
}
