// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mayAllocate are the packages, other than those of Go itself, that may allocate memory before main. Ours make no tables
// then: every command would wait for them. Package main registers for the first garbage collection.
var mayAllocate = []string{"golang.org/x/net/dns/dnsmessage", "golang.org/x/sys/unix", "github.com/mdlayher/netlink",
	"github.com/jsimonetti/rtnetlink/v2", // two empty maps
	"main"}

// maxSize is the size of the program in bytes. One that is larger starts slowly from a cold disk.
const maxSize = 4_500_000

// buildProgram builds the program as it is shipped, and returns its path.
func buildProgram(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	ldflags, err := exec.Command(filepath.Join(root, "scripts", "ldflags")).Output()
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "ipvsadm")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", strings.TrimSpace(string(ldflags)), "-o", program, "./cmd/ipvsadm")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// TestBeforeMain checks what the program does before main, and its size.
func TestBeforeMain(t *testing.T) {
	program := buildProgram(t)
	info, err := os.Stat(program)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(maxSize))

	run := exec.Command(program, "--build") // which needs no kernel
	run.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	trace, err := run.CombinedOutput()
	require.NoError(t, err)
	inits := regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) allocs$`).FindAllStringSubmatch(string(trace), -1)
	require.NotEmpty(t, inits)
	for _, i := range inits {
		name, allocates := i[1], i[2] != "0"
		first, _, _ := strings.Cut(name, "/")
		if allocates && (name == "main" || strings.Contains(first, ".")) { // not of Go itself
			require.Contains(t, mayAllocate, name)
		}
	}
}
