// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// TestKilledSave kills saves at random moments, by the service, of two tables in turn. The rules file always is what
// a whole save has made of one of them, and nothing is left over in the end.
func TestKilledSave(t *testing.T) {
	const rounds = 50
	dir := t.TempDir()
	file := filepath.Join(dir, "rules")
	service := install(t, "RULES="+file+"\n")

	var whole [2]string
	var duration time.Duration
	var directors [2]*kernel.Namespace
	for i, network := range []string{"10.1", "10.2"} {
		directors[i] = kernel.NewNamespace(t)
		restore(t, directors[i], services(150, network))
		start := time.Now()
		save(t, directors[i], service, -1)
		duration = time.Since(start)
		whole[i] = read(t, file)
		require.Equal(t, 301, strings.Count(whole[i], "\n"), "the rules are incomplete")
	}

	random := rand.New(rand.NewPCG(1, 2))
	is, changes := 1, 0
	for i := range rounds {
		other := 1 - is
		save(t, directors[other], service, time.Duration(random.Int64N(int64(duration)*5/4)))
		switch got := read(t, file); got {
		case whole[is]:
		case whole[other]:
			is, changes = other, changes+1
		default:
			t.Fatalf("round %d: the rules are neither the old nor the new ones, whole:\n%s", i, got)
		}
		if old := file + ".old"; !slices.Contains(whole[:], read(t, old)) {
			t.Fatalf("round %d: the backup is incomplete:\n%s", i, read(t, old))
		}
	}
	t.Logf("%d of %d killed saves had put the new rules in place", changes, rounds)

	save(t, directors[1-is], service, -1)
	require.Equal(t, whole[1-is], read(t, file), "the rules after a last save")
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if names = append(names, hidden...); err != nil || len(names) != 2 {
		t.Errorf("what is left over: %q", names)
	}
}

// save has the service save, and kills it with all that it has started after a while; a negative one for never.
func save(t *testing.T, n *kernel.Namespace, service string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(service, "save")
	// The programs that the service starts are of its group of processes.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	var err error
	n.Do(func() { err = cmd.Start() })
	require.NoError(t, err)
	if after >= 0 {
		time.Sleep(after)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	}
	if err := cmd.Wait(); after < 0 && err != nil {
		t.Fatalf("saving: %v\n%s", err, output.String())
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}
