// SPDX-License-Identifier: Apache-2.0

package clients_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A root is that of the clients, with an ipvsadm in it. What is written there is lost at the end of the test.
type root struct {
	dir    string
	bed    *bed
	seen   int  // calls
	checks bool // whether --check is to be run, which is only ours
}

// A call is one of ipvsadm, ipvsadm-save or ipvsadm-restore, with its exit code.
type call struct {
	Words []string `json:"words"`
	Code  int      `json:"code"`
}

// environment is that of all clients. Perl goes through a hash in the same order each time, so ldirectord checks its
// servers in the same.
var environment = []string{
	"PATH=/usr/local/bin:/usr/sbin:/usr/bin",
	"HOME=/root",
	"LC_ALL=C",
	"TZ=UTC",
	"PERL_HASH_SEED=0",
	"PERL_PERTURB_KEYS=0",
	"PYTHONPYCACHEPREFIX=/var/cache/python",
}

// A product has the files of ipvsadm, ipvsadm-save and ipvsadm-restore, by these names.
type product func(name string) string

func reference(name string) string { return filepath.Join(filepath.Dir(kernel.Reference), name) }

func ours(string) string { return kernel.Program("ipvsadm") }

// newRoot makes a root on the director with the programs of a product. Clients call them by way of the program between,
// which plants a fault if there is one.
func newRoot(t *testing.T, b *bed, program product, fault string) *root {
	t.Helper()
	dir := t.TempDir()
	mount(t, "tmpfs", dir, "tmpfs", 0, "")
	for _, name := range []string{"root", "upper", "work"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	r := &root{dir: filepath.Join(dir, "root"), bed: b, checks: fault == "" && program("ipvsadm") == ours("ipvsadm")}
	mount(t, "overlay", r.dir, "overlay", 0, "lowerdir="+os.Getenv(rootVar)+",upperdir="+dir+"/upper,workdir="+dir+"/work")
	mount(t, "proc", r.path("/proc"), "proc", 0, "")
	mount(t, "sysfs", r.path("/sys"), "sysfs", 0, "")
	r.bind(t, "/dev", "/dev")
	r.bind(t, b.director.Path(), "/run/netns/"+namespace)
	r.bind(t, bytecode(t), "/var/cache/python")
	r.bind(t, filepath.Dir(kernel.Reference), filepath.Dir(kernel.Reference)) // where its wrappers look
	for _, name := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		r.bind(t, program(name), "/run/between/programs/"+name)
		r.bind(t, kernel.Program("between"), "/usr/sbin/"+name)
	}
	if fault != "" {
		r.write(t, "/run/between/fault", fault)
	}
	return r
}

// path is where the guest has a file of the root.
func (r *root) path(name string) string { return r.dir + name }

// bind mounts a file or directory of the guest, with what is mounted in it, at a place of the root.
func (r *root) bind(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	require.NoError(t, err)
	if info.IsDir() {
		require.NoError(t, os.MkdirAll(r.path(to), 0o755))
	} else {
		r.write(t, to, "")
	}
	mount(t, from, r.path(to), "", unix.MS_BIND|unix.MS_REC, "")
}

// mount mounts until the end of the test.
func mount(t *testing.T, source, target, kind string, flags uintptr, data string) {
	t.Helper()
	require.NoError(t, unix.Mount(source, target, kind, flags, data), "mount %s at %s", source, target)
	t.Cleanup(func() { require.NoError(t, unix.Unmount(target, unix.MNT_DETACH)) })
}

// write writes a file of the root, a program if it names its interpreter.
func (r *root) write(t *testing.T, name, text string) {
	t.Helper()
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(r.path(name)), 0o755))
	require.NoError(t, os.WriteFile(r.path(name), []byte(text), mode))
}

// inside has a command run in the root.
func (r *root) inside(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = environment
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: r.dir, Setpgid: true}
}

// await is a function for scripts: it repeats a command until that succeeds.
const await = `await() {
	for second in $(seq 120); do
		"$@" && return
		sleep 1
	done
	echo "waited in vain: $*"
	exit 1
}
`

// shell runs lines of a shell in the root, on the director. What they print on standard error is with the rest.
func (r *root) shell(t *testing.T, script string) kernel.Result {
	t.Helper()
	return r.bed.director.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-c", "exec 2>&1\n" + await + script}, Prepare: r.inside})
}

// calls returns the calls since it was last asked.
func (r *root) calls(t *testing.T) []call {
	t.Helper()
	text, err := os.ReadFile(r.path("/run/between/calls"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	var all []call
	for line := range strings.Lines(string(text)) {
		var c call
		require.NoError(t, json.Unmarshal([]byte(line), &c))
		all = append(all, c)
	}
	since := all[r.seen:]
	r.seen = len(all)
	return since
}

// A daemon is a client that goes on until it is stopped.
type daemon struct {
	cmd   *exec.Cmd
	file  string // of what it prints
	ended chan error
}

// start starts a daemon in the root. It is a command of a shell.
func (r *root) start(t *testing.T, command string) *daemon {
	t.Helper()
	d := &daemon{
		cmd:   exec.Command("/bin/sh", "-c", "exec "+command),
		file:  r.path("/run/output"),
		ended: make(chan error, 1),
	}
	r.inside(d.cmd)
	file, err := os.Create(d.file)
	require.NoError(t, err)
	defer file.Close()
	d.cmd.Stdout, d.cmd.Stderr = file, file
	r.bed.director.Do(func() { err = d.cmd.Start() })
	require.NoError(t, err)
	go func() { d.ended <- d.cmd.Wait() }()
	t.Cleanup(func() { _ = unix.Kill(-d.cmd.Process.Pid, unix.SIGKILL) })
	return d
}

// stop ends the daemon as a system does at shutdown.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, d.cmd.Process.Signal(unix.SIGTERM))
	select {
	case <-d.ended:
	case <-time.After(patience):
		t.Fatalf("%s does not end: %s", d.cmd, d.output(t))
	}
}

// output is what the daemon has printed.
func (d *daemon) output(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(d.file)
	require.NoError(t, err)
	return string(text)
}

// bytecode is a directory for what Python compiles, so that it does so once.
func bytecode(t *testing.T) string {
	t.Helper()
	const dir = "/run/bytecode"
	require.NoError(t, os.MkdirAll(dir, 0o755))
	return dir
}
