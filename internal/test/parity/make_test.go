// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"math/rand/v2"
	"os/exec"
	"testing"
)

// TestMake checks that a case follows from its seed and number alone, and differs from the others.
func TestMake(t *testing.T) {
	seen := make(map[string]uint64)
	families := make(map[string]int)
	for number := range uint64(300) {
		c := Make(7, number, nil)
		text := c.Shell()
		if again := Make(7, number, nil).Shell(); again != text {
			t.Errorf("case %d is another the second time:\n%s\n%s", number, text, again)
		}
		if before, ok := seen[text]; ok {
			t.Errorf("cases %d and %d are the same:\n%s", before, number, text)
		}
		seen[text] = number
		families[c.Family]++
		if only := Make(7, number, map[string]bool{"names": true}); only.Family != "names" {
			t.Errorf("a case of the wrong family: %s", only.Family)
		}
	}
	if len(families) < 6 {
		t.Errorf("families are missing: %v", families)
	}
}

// TestShell checks that a shell reads words and streams back as they were.
func TestShell(t *testing.T) {
	g := &gen{Rand: rand.New(rand.NewPCG(1, 1))}
	words := []string{"", "plain", "two words", "it's", `\`, `a\nb`, "$x `y` \"z\"", "%s%%", "-n", "\x01\x7f\xff", "é\t", "!", "~", "*"}
	for range 30 {
		b := make([]byte, g.between(1, 12))
		for i := range b {
			b[i] = byte(g.between(1, 255))
		}
		words = append(words, string(b))
	}
	for _, w := range words {
		for _, command := range []string{"printf %s " + quote(w), "printf -- " + format(w)} {
			out, err := exec.Command("bash", "-c", command).Output()
			if err != nil || string(out) != w {
				t.Errorf("%s: got %q, %v, want %q", command, out, err, w)
			}
		}
	}
	call := Call{Name: "x y", Words: []string{"-t", ""}, Stdin: "a\n"}
	if got, want := call.Shell(), `printf -- 'a\n' | (exec -a 'x y' ipvsadm -t '')`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
