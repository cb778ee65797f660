// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestKeepDocumented runs the commands of docs/keep.md.
func TestKeepDocumented(t *testing.T) {
	n := kernel.NewNamespace(t)
	for _, call := range transcript(t, "docs/keep.md") {
		sameResult(t, shell(t, n, call.line), kernel.Result{Stdout: call.output})
	}
}

// TestKeepServing drains a masqueraded server as people do: with --keep its open connection goes on.
func TestKeepServing(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.set(t, `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m`)
	open := map[string]*call{}
	for range 2 {
		c := n.dial(t, client1, vip, 80)
		defer c.Close()
		open[c.name] = c
	}
	n.set(t, `-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -w 0 --keep
-E -t 10.1.0.100:80 -s wlc --keep
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m --ensure
-A -t 10.1.0.100:80 --ensure --keep`)
	for _, c := range open {
		c.echo(t, "still here")
	}
	wantTally(t, n.tally(t, 4, client1, vip, 80), 0, 4)
	sameText(t, "the rules", n.run(t, "-S -n"), `-A -t 10.1.0.100:80 -s wlc
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 0
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 1
`)
}

// TestKeepAll changes each setting of services and servers of each kind, and the kernel has all others as before.
func TestKeepAll(t *testing.T) {
	n, twin := kernel.NewNamespace(t), kernel.NewNamespace(t)
	const before = `-A -t 192.0.2.1:80 -s sh -b sh-port,sh-fallback -p 60 -M 255.255.0.0
-a -t 192.0.2.1:80 -r 198.51.100.1:8080 -m -w 3 -x 9 -y 4
-a -t 192.0.2.1:80 -r 198.51.100.2 -i --tun-type gue --tun-port 6080 --tun-csum -w 2 -x 5
-A -f 7 -6 -s mh -b mh-port -p 99 -M 64 -o
-a -f 7 -6 -r [2001:db8::1]:80 -g -w 9 -x 3
`
	for changes, after := range map[string]string{
		"-e -t 192.0.2.1:80 -r 198.51.100.1:8080 -w 0 --keep":         "-e -t 192.0.2.1:80 -r 198.51.100.1:8080 -m -w 0 -x 9 -y 4",
		"-e -t 192.0.2.1:80 -r 198.51.100.1:8080 -y 0 --keep":         "-e -t 192.0.2.1:80 -r 198.51.100.1:8080 -m -w 3 -x 9 -y 0",
		"-e -t 192.0.2.1:80 -r 198.51.100.2 -w 0 --keep":              "-e -t 192.0.2.1:80 -r 198.51.100.2 -i --tun-type gue --tun-port 6080 --tun-csum -w 0 -x 5",
		"-e -t 192.0.2.1:80 -r 198.51.100.2 -g --keep":                "-e -t 192.0.2.1:80 -r 198.51.100.2 -g -w 2 -x 5",
		"-e -t 192.0.2.1:80 -r 198.51.100.2 -i --tun-type gre --keep": "-e -t 192.0.2.1:80 -r 198.51.100.2 -i --tun-type gre -w 2 -x 5",
		"-E -t 192.0.2.1:80 -s rr --keep":                             "-E -t 192.0.2.1:80 -s rr -b flag-1,flag-2 -p 60 -M 255.255.0.0",
		"-E -t 192.0.2.1:80 -p 90 --keep":                             "-E -t 192.0.2.1:80 -s sh -b sh-port,sh-fallback -p 90 -M 255.255.0.0",
		"-E -f 7 -6 -M 48 --keep":                                     "-E -f 7 -6 -s mh -b mh-port -p 99 -M 48 -o",
		"-E -f 7 -6 --keep":                                           "",
		"-e -f 7 -6 -r [2001:db8::1]:80 -x 4 --keep":                  "-e -f 7 -6 -r [2001:db8::1]:80 -g -w 9 -x 4",
	} {
		for _, how := range [][]string{nil, {"-R"}} {
			restore(t, n, kernel.Reference, "-C\n"+before)
			restore(t, twin, kernel.Reference, "-C\n"+before+after+"\n")
			if how == nil {
				sameResult(t, n.Ipvsadm(t, program(), strings.Fields(changes)...), kernel.Result{})
			} else {
				restore(t, n, program(), changes+"\n")
			}
			sameText(t, changes, settings(t, client(t, n)), settings(t, client(t, twin)))
		}
	}
}

// TestEnsureAtOnce has many programs ensure and delete the same at once: none fails, and the last word is obeyed.
func TestEnsureAtOnce(t *testing.T) {
	n := kernel.NewNamespace(t)
	const file = "-A -t 192.0.2.1:80 -s rr --ensure\n-a -t 192.0.2.1:80 -r 198.51.100.1 -m --ensure\n"
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 5 {
				sameResult(t, n.Ipvsadm(t, program(), strings.Fields("-A -t 192.0.2.1:80 -s rr --ensure")...), kernel.Result{})
				sameResult(t, n.Ipvsadm(t, program(), strings.Fields("-D -t 192.0.2.1:80 --ensure")...), kernel.Result{})
			}
		}()
	}
	wg.Wait()
	for range 2 {
		restore(t, n, program(), file)
		sameText(t, "the rules", n.Ipvsadm(t, kernel.Reference, "-Sn").Stdout,
			"-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 198.51.100.1:80 -m -w 1\n")
	}
}
