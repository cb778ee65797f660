// SPDX-License-Identifier: Apache-2.0

// Package e2e_test tests the whole on a real kernel.
package e2e_test

import (
	"flag"
	"os/exec"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	kernel.Install("sysctl=procps", "nft=nftables")
	kernel.Fetch(exporterVar, "scripts/exporter")
	if err := flag.Set("test.parallel", "4"); err != nil { // its default is the number of processors
		panic(err)
	}
	kernel.Main(m, "./cmd/ipvsadm", "./internal/test/bench/launch")
}

// modprobe loads modules into the test kernel.
func modprobe(t *testing.T, modules ...string) {
	t.Helper()
	words := append([]string{"-a"}, modules...)
	if out, err := exec.Command("/sbin/modprobe", words...).CombinedOutput(); err != nil {
		t.Fatalf("modprobe %s: %v\n%s", modules, err, out)
	}
}

// program is the path of our program.
func program() string { return kernel.Program("ipvsadm") }

// run runs the program on the director, given its words in one string, and returns its standard output. It
// must succeed, and be silent on standard error.
func (n *network) run(t *testing.T, line string) string {
	t.Helper()
	got := n.director.Ipvsadm(t, program(), strings.Fields(line)...)
	require.Zero(t, got.Code, "ipvsadm %s", line)
	require.Empty(t, got.Stderr, "ipvsadm %s", line)
	return got.Stdout
}

// set runs commands that change the table and print nothing, one per line.
func (n *network) set(t *testing.T, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		require.Empty(t, n.run(t, line), line)
	}
}
