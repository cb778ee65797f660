// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// fake stands in for every program that the service calls. It logs its call; the call of the number $FAIL fails, the
// way $HOW says, and any other one runs the program in $REAL.
const fake = `#!/bin/sh
name=${0##*/}
echo "$name $*" >>"$LOG"
count=0
while read -r _; do count=$((count + 1)); done <"$LOG"
[ "$count" = "$FAIL" ] || exec "$REAL/$name" "$@"
case $HOW in
nothing) ;;
half)
	output=$("$REAL/$name" "$@")
	echo "${output%%-a*}"
	;;
esac
exit 2
`

// byHand are rules that are in the table, and not in the rules file.
const byHand = "-A -t 203.0.113.5:80 -s rr\n-a -t 203.0.113.5:80 -r 198.51.100.9:80 -m -w 7\n"

// state is where the service keeps what has become of the table.
const state = "/run/ipvsadm-go.state"

// daemon is the setting for a sync daemon.
const daemon = "DAEMON=master\n"

// A step is an action of the service, of which every call of a program is made to fail in turn.
type step struct {
	name     string
	settings string
	state    string
	job      string // that systemd has for the unit
	action   string
	saves    bool // that the table is to be in the rules file in the end
	fresh    bool // that there is no rules file yet
}

// TestFailures makes each program that the service calls fail, one call at a time: before it has done anything, and
// after half of its output. Whatever fails, the rules set by hand are in the table or in the file, the file is
// complete, the exit code reports the failure, and a start loads no other rules.
func TestFailures(t *testing.T) {
	const auto = "AUTO=true\n"
	const saving = auto + "SAVE_ON_STOP=true\n"
	for _, s := range []step{
		{name: "save", action: "save", saves: true},
		{name: "first save", action: "save", saves: true, fresh: true},
		{name: "load", action: "load"},
		{name: "reload", settings: auto, action: "reload"},
		{name: "start", settings: auto + daemon, action: "start"},
		{name: "start after a failed save", settings: saving, state: "unsaved", action: "start", saves: true},
		{name: "stop", settings: auto + daemon, action: "stop"},
		{name: "stop with a save", settings: saving + daemon, action: "stop", saves: true},
		{name: "stop by systemd", settings: saving, state: "started", job: "stop", action: "stop", saves: true},
		{name: "restart by systemd", settings: saving, job: "restart", action: "stop", saves: true},
		{name: "restart by systemd without a save", settings: auto, job: "restart", action: "stop"},
		{name: "restart", settings: saving + daemon, action: "restart", saves: true},
	} {
		t.Run(s.name, func(t *testing.T) { s.test(t) })
	}
}

func (s step) test(t *testing.T) {
	n := kernel.NewNamespace(t)
	for _, words := range []string{"link add eth0 type dummy", "link set eth0 up", "addr add 192.0.2.250/24 dev eth0"} {
		n.IP(t, words)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "rules")
	service := install(t, s.settings+"RULES="+file+"\n")
	env := fakes(t)
	if s.job != "" {
		require.NoError(t, os.MkdirAll("/run/systemd/system", 0o755))
		t.Cleanup(func() { os.RemoveAll("/run/systemd") })
		env = append(env, "INVOCATION_ID=1", "JOB="+s.job)
	}

	do := func(action string, number int, how string) (kernel.Result, []string) {
		log := filepath.Join(t.TempDir(), "log")
		got := n.Run(t, kernel.Command{Path: service, Args: []string{service, action},
			Env: append(env, "LOG="+log, "HOW="+how, "FAIL="+strconv.Itoa(number))})
		calls, _ := os.ReadFile(log) // it may have called nothing
		return got, strings.Split(strings.TrimSuffix(string(calls), "\n"), "\n")
	}
	setUp := func() {
		if strings.Contains(s.settings, daemon) {
			run(t, n, "", "ipvsadm", "--stop-daemon", "master") // it may not run
		}
		if strings.Contains(s.settings, daemon) && s.action == "stop" {
			run(t, n, "", "ipvsadm", "--start-daemon", "master", "--mcast-interface", "eth0")
		}
		restore(t, n, byHand)
		os.Remove(file)
		os.Remove(file + ".old")
		if !s.fresh {
			require.NoError(t, os.WriteFile(file, []byte(before), 0o600))
		}
		os.Remove(state)
		if s.state != "" {
			require.NoError(t, os.WriteFile(state, []byte(s.state+"\n"), 0o644))
		}
	}

	setUp()
	got, calls := do(s.action, 0, "")
	require.Zero(t, got.Code, got)
	require.NotEmpty(t, calls)
	saved := read(t, file)
	if s.saves {
		require.Contains(t, saved, byHand)
	} else {
		require.Equal(t, before, saved)
	}
	started := map[[3]string]bool{} // table, file and state from which there has been a start
	for i, call := range calls {
		for _, how := range []string{"nothing", "half"} {
			if how == "half" && !outputs(call) {
				continue
			}
			t.Run(fmt.Sprintf("%d, %s, %s", i+1, strings.Fields(call)[0], how), func(t *testing.T) {
				setUp()
				got, _ := do(s.action, i+1, how)
				inTable, inFile := table(t, n), before
				if _, err := os.Stat(file); !s.fresh || err == nil {
					inFile = read(t, file)
				}
				require.Contains(t, []string{before, saved}, inFile, "the file is incomplete: %+v", got)
				if s.saves && inTable != byHand {
					require.Equal(t, saved, inFile, "the table is lost: %+v", got)
				}
				require.Contains(t, []string{byHand, before, ""}, inTable, "the table is incomplete: %+v", got)
				if strings.HasPrefix(call, "rm ") {
					return // nobody misses what it removes
				}
				require.NotZero(t, got.Code, got)
				require.NotEmpty(t, got.Stderr)
				hidden, err := filepath.Glob(filepath.Join(dir, ".*"))
				require.NoError(t, err)
				require.Empty(t, hidden)
				noted, _ := os.ReadFile(state) // it may not exist
				left := [3]string{inTable, inFile, string(noted)}
				if s.saves && s.action != "save" && !started[left] {
					started[left] = true
					got, _ := do("start", 0, "")
					require.Equal(t, byHand, table(t, n), "after a start: %+v", got)
				}
			})
		}
	}
}

// outputs reports whether the service reads what a call prints.
func outputs(call string) bool {
	for _, reads := range []string{"ipvsadm -L", "ipvsadm-save", "readlink", "systemctl"} {
		if strings.HasPrefix(call, reads) {
			return true
		}
	}
	return false
}

// fakes puts fakes where the service looks first for its programs, and returns their environment.
func fakes(t *testing.T) []string {
	t.Helper()
	real, dir := t.TempDir(), t.TempDir()
	script := filepath.Join(real, "fake")
	require.NoError(t, os.WriteFile(script, []byte(fake), 0o755))
	systemctl := "#!/bin/sh\necho \"7 ipvsadm.service      $JOB running\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(real, "systemctl"), []byte(systemctl), 0o755))
	for _, name := range []string{"chmod", "cp", "mv", "readlink", "rm", "sync"} {
		path, err := exec.LookPath(name)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(real, name)))
	}
	for _, name := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		require.NoError(t, os.Symlink(kernel.Program("ipvsadm"), filepath.Join(real, name)))
	}
	// The kernel asks for schedulers by the program that is about to be hidden.
	modprobe, err := filepath.EvalSymlinks("/usr/sbin/modprobe")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(modprobe, filepath.Join(dir, "modprobe")))
	names, err := os.ReadDir(real)
	require.NoError(t, err)
	for _, name := range names {
		require.NoError(t, os.Symlink(script, filepath.Join(dir, name.Name())))
	}
	bind(t, dir, "/usr/sbin")
	return []string{"REAL=" + real}
}
