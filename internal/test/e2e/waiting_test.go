// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// TestWaitingForNames looks at a listing while a name server takes its time: what has names already is there.
func TestWaitingForNames(t *testing.T) {
	const head = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(dir+"/proc/net", 0o755))
	for name, text := range map[string]string{
		"hosts":       "192.0.2.1 one\n",
		"resolv.conf": "nameserver 127.0.0.1\noptions timeout:30\n",
		"proc/net/ip_vs_conn": head +
			"TCP C0000201 9C40 C0000201 0050 C0000201 0050 ESTABLISHED     899\n" +
			"TCP CB007101 9C40 C0000201 0050 C0000201 0050 ESTABLISHED     899\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for words, want := range map[string]string{"-L": "TCP  one:", "-S": "-A -t one:", "-Lc": "TCP 14:59  ESTABLISHED one:40000"} {
		t.Run(words, func(t *testing.T) {
			n := kernel.NewNamespace(t)
			for _, address := range []string{"192.0.2.1:80", "203.0.113.1:80"} {
				require.Zero(t, n.Ipvsadm(t, program(), "-A", "-t", address).Code)
			}
			server := newPatientServer(t, n)
			script := "cd " + dir + " && mount --bind hosts /etc/hosts && mount --bind resolv.conf /etc/resolv.conf && " +
				"mount --bind proc /proc && exec " + program() + " " + words
			stdout, w, err := os.Pipe()
			require.NoError(t, err)
			defer stdout.Close()
			ended := make(chan kernel.Result, 1)
			go func() {
				defer w.Close()
				ended <- n.Run(t, kernel.Command{Path: "/usr/bin/unshare", Args: []string{"unshare", "--mount", "sh", "-c", script},
					Prepare: func(cmd *exec.Cmd) { cmd.Stdout = w }})
			}()
			require.NotContains(t, readUntil(t, stdout, want), "203.0.113.1", "all is printed at once")
			server.answer()
			readUntil(t, stdout, "203.0.113.1")
			if got := <-ended; got.Code != 0 || got.Stderr != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// readUntil reads until what was read has a text.
func readUntil(t *testing.T, r io.Reader, text string) string {
	t.Helper()
	var read []byte
	for b := make([]byte, 4096); !bytes.Contains(read, []byte(text)); {
		n, err := r.Read(b)
		if read = append(read, b[:n]...); err != nil {
			t.Fatalf("%v after %q, which has no %q", err, read, text)
		}
	}
	return string(read)
}

// A patientServer is a name server that denies all names, once it is told to answer.
type patientServer struct {
	conn    net.PacketConn
	allowed chan struct{}
}

func newPatientServer(t *testing.T, n *kernel.Namespace) *patientServer {
	t.Helper()
	s := &patientServer{allowed: make(chan struct{})}
	var err error
	n.Do(func() { s.conn, err = net.ListenPacket("udp4", "127.0.0.1:53") })
	require.NoError(t, err)
	t.Cleanup(func() { s.conn.Close() })
	go s.serve()
	return s
}

func (s *patientServer) answer() { close(s.allowed) }

// serve makes an answer of each question, in the 12 bytes before it: that it is one, and that there is no such name.
func (s *patientServer) serve() {
	b := make([]byte, 512)
	for {
		size, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		<-s.allowed
		if size >= 12 {
			b[2] |= 0x80
			b[3] = b[3]&0xf0 | 3
			_, _ = s.conn.WriteTo(b[:size], from)
		}
	}
}
