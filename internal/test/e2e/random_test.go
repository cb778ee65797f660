// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator makes rules about few services with few real servers, so that two tables have much in common.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 1))} }

// A virtual is a service that a generator knows.
type virtual struct {
	words string
	v6    bool
	any   bool // takes all ports, so has to be persistent
	udp   bool // or a mark: takes what is for datagrams
}

var virtuals = []virtual{
	{words: "-t 192.0.2.1:80"},
	{words: "-t 192.0.2.1:0", any: true},
	{words: "-u 192.0.2.1:80", udp: true},
	{words: "--sctp-service 192.0.2.1:80"},
	{words: "-t [2001:db8::1]:80", v6: true},
	{words: "-u [2001:db8::1]:53", v6: true, udp: true},
	{words: "-f 7", udp: true},
	{words: "-f 7 -6", v6: true, udp: true},
}

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

// table returns rules that make a table, none of which is refused.
func (g generator) table() string {
	var b strings.Builder
	for _, i := range g.Perm(len(virtuals))[:g.IntN(len(virtuals)+1)] {
		v := virtuals[i]
		fmt.Fprintf(&b, "-A %s %s\n", v.words, g.serviceOptions(v))
		for _, n := range g.Perm(5)[:g.IntN(6)] {
			fmt.Fprintf(&b, "-a %s %s\n", v.words, g.server(v, n))
		}
	}
	return b.String()
}

func (g generator) serviceOptions(v virtual) string {
	scheduler := pick(g, "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh")
	words := []string{"-s " + scheduler}
	if v.any || g.IntN(3) == 0 {
		words = append(words, fmt.Sprint("-p ", 1+g.IntN(3)))
	}
	if g.IntN(4) == 0 {
		words = append(words, "-M", map[bool]string{false: "255.255.0.0", true: "64"}[v.v6])
	}
	if v.udp && g.IntN(4) == 0 {
		words = append(words, pick(g, "--pe sip", "-o", "--pe sip -o"))
	}
	if g.IntN(3) == 0 {
		flags := []string{"flag-1", "flag-2,flag-3", "flag-3"}
		if scheduler == "sh" || scheduler == "mh" {
			flags = append(flags, scheduler+"-port", scheduler+"-fallback,flag-3")
		}
		words = append(words, "-b", pick(g, flags...))
	}
	return strings.Join(words, " ")
}

// server returns the options of real server number n.
func (g generator) server(v virtual, n int) string {
	method := pick(g, "-m", "-m", "-g", "-i", "-i --tun-type gre", "-i --tun-type gre --tun-csum",
		"-i --tun-type gue --tun-port 6080", "-i --tun-type gue --tun-port 6081 --tun-remcsum")
	v6 := v.v6
	if strings.HasPrefix(method, "-i") && g.IntN(4) == 0 {
		v6 = !v6
	}
	words := []string{g.address(v6, n), method, fmt.Sprint("-w ", g.IntN(3))}
	if g.IntN(3) == 0 {
		words = append(words, pick(g, "-x 5", "-x 9 -y 2", "-x 2147483647 -y 2147483647"))
	}
	return strings.Join(words, " ")
}

// address returns the option of real server number n.
func (g generator) address(v6 bool, n int) string {
	if v6 {
		return fmt.Sprintf("-r [2001:db8:1::%d]:%d", n+1, 80+g.IntN(2))
	}
	return fmt.Sprintf("-r 10.0.0.%d:%d", n+1, 80+g.IntN(2))
}

// commands returns count changes, one per line; the kernel refuses some of them.
func (g generator) commands(count int) string {
	var b strings.Builder
	for range count {
		v := virtuals[g.IntN(4)*2]
		switch g.IntN(16) {
		case 0, 1, 2:
			fmt.Fprintf(&b, "-A %s %s\n", v.words, g.serviceOptions(v))
		case 3, 4:
			fmt.Fprintf(&b, "-E %s %s\n", v.words, g.serviceOptions(v))
		case 5:
			fmt.Fprintf(&b, "-D %s\n", v.words)
		case 6, 7, 8, 9:
			fmt.Fprintf(&b, "-a %s %s\n", v.words, g.server(v, g.IntN(3)))
		case 10, 11, 12:
			fmt.Fprintf(&b, "-e %s %s\n", v.words, pick(g, g.server(v, g.IntN(3)), g.address(v.v6, g.IntN(3))+" -m -x 1 -y 2"))
		case 13, 14:
			fmt.Fprintf(&b, "-d %s %s\n", v.words, g.address(v.v6, g.IntN(3)))
		case 15:
			b.WriteString(pick(g, "-C\n", "--set 0 7 0\n", "# nothing\n", "\n"))
		}
	}
	return b.String()
}
