// SPDX-License-Identifier: Apache-2.0

package script_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// traceless runs commands of the shell by scripts/traceless, and returns what it prints.
func traceless(t *testing.T, commands string) (string, error) {
	t.Helper()
	out, err := exec.Command("../../../../scripts/traceless", "bash", "-c", commands).CombinedOutput()
	return string(out), err
}

// killing has functions of the shell: to wait until a kernel has been started, for its process.
const killing = `
pid() { find /tmp -xdev -path '/tmp/ipvs-kernel.*/pid' -size +0 -exec cat {} +; }
started() { until [[ $(pid) ]]; do sleep 0.1; done; }
`

// TestTraceless checks that runs of tests leave nothing behind, side by side and however they end.
func TestTraceless(t *testing.T) {
	program := filepath.Join(t.TempDir(), "failing")
	out, err := exec.Command("go", "test", "-c", "-o", program, "../testdata/failing").CombinedOutput()
	require.NoError(t, err, "%s", out)
	test := program + " -test.timeout=10s -test.run="
	for _, c := range []struct{ name, commands string }{
		{"tests that pass and fail, at once", test + "'^TestPass$' & " + test + "'^Test(Pass|Fail)$'; (($? == 1)) && wait $!"},
		{"a test that panics", test + "'^TestPanic$'; (($? == 2))"},
		{"a kernel that panics", test + "'^TestKernelPanic$'; (($? == 125))"},
		{"tests that take too long", test + "'^TestTimeout$'; (($? == 2))"},
		{"a killed group of processes", // the kernel's is another
			"setsid " + test + "'^TestTimeout$' & started; kill -KILL -- -$!; wait $!; (($? == 137))"},
		{"a killed kernel",
			"../../../../scripts/kernel sleep 1000 & started; sleep 1; kill -KILL $(pid); wait $!; (($? == 125))"},
		{"a killed script and kernel",
			"../../../../scripts/kernel sleep 1000 & started; sleep 1; kill -KILL $! $(pid); wait $!; (($? == 137))"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := traceless(t, killing+c.commands)
			require.NoError(t, err, "%s", out)
		})
	}
}

// TestTraces checks that what is left behind is noticed.
func TestTraces(t *testing.T) {
	out, err := traceless(t, "touch /tmp/forgotten /run/forgotten; mount -t tmpfs forgotten /usr/src; sleep 1000 & disown")
	require.ErrorContains(t, err, "exit status 1", out)
	for _, want := range []string{"> file /tmp/forgotten\n", "> file /run/forgotten\n", "> mount /usr/src\n", " sleep\n"} {
		require.Contains(t, out, want)
	}
}
