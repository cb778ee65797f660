// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

func TestRules(t *testing.T) {
	var text strings.Builder
	if err := writeRules(&text, 10, 2); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	if len(lines) != 30 {
		t.Fatalf("there are %d lines, want 30", len(lines))
	}
	for n, want := range map[int]string{
		0:  "-A -t 10.0.0.1:443 -s wlc",
		1:  "-a -t 10.0.0.1:443 -r 20.0.0.1:8443 -m -w 1",
		2:  "-a -t 10.0.0.1:443 -r 20.0.0.2:8443 -m -w 2",
		4:  "-a -t 10.0.0.2:443 -r 20.0.0.3:8443 -m -w 1",
		24: "-A -u 10.0.0.9:443 -s rr",
		27: "-A -t [2001:db8::a]:443 -s wlc",
		29: "-a -t [2001:db8::a]:443 -r [2001:db8:1:a::2]:8443 -m -w 2",
	} {
		if lines[n] != want {
			t.Errorf("line %d is %q, want %q", n, lines[n], want)
		}
	}
}

func TestIPv4(t *testing.T) {
	for n, want := range map[int]string{0: "10.0.0.1", 254: "10.0.0.255", 255: "10.0.1.0", 1<<24 - 1: "11.0.0.0"} {
		if got := ipv4(10, n); got != want {
			t.Errorf("ipv4(10, %d) is %s, want %s", n, got, want)
		}
	}
}

// TestConns reads a generated table back.
func TestConns(t *testing.T) {
	var text strings.Builder
	const count = 1000
	if err := writeConns(&text, count); err != nil {
		t.Fatal(err)
	}
	r := conns.NewReader(strings.NewReader(text.String()))
	if err := r.Head(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	var block conns.Block
	for n := range count {
		var c conns.Connection
		err := block.Read(&c)
		if errors.Is(err, io.EOF) {
			err = errors.Join(r.Next(&block), block.Read(&c))
		}
		if err != nil {
			t.Fatalf("entry %d: %v", n, err)
		}
		seen[string(c.Protocol)]++
		if c.Client.Addr().Is6() {
			seen["IPv6"]++
		}
	}
	for _, kind := range []string{"TCP", "UDP", "SCTP", "IPv6"} {
		if seen[kind] < count/20 {
			t.Errorf("of %d entries %d are %s", count, seen[kind], kind)
		}
	}
	var again strings.Builder
	if err := writeConns(&again, count); err != nil || again.String() != text.String() {
		t.Errorf("the second table differs from the first (%v)", err)
	}
}
