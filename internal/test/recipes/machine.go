// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A machine is one of a page's: it has a network, a file system, processes and a name of its own.
type machine struct {
	name   string
	pid    int      // of its first process
	layers []string // of its files, the topmost first
	ours   bool     // whether it has our package
	shells map[bool]*shell
}

// first is the first process of a machine: its systemd, if that is installed, which has a control group for its root. Otherwise
// it only takes over processes whose parents have ended.
const first = `mount -t proc proc /proc || exit
if [ ! -e /sbin/init ]; then
	echo
	sleep infinity &
	while :; do wait; done
fi
mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir -p "/sys/fs/cgroup/$HOSTNAME" &&
	echo 0 >"/sys/fs/cgroup/$HOSTNAME/cgroup.procs" && umount /sys/fs/cgroup && echo || exit
exec unshare --cgroup /bin/bash -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && container=other exec /sbin/init' >/dev/null 2>&1
`

// start starts a machine in a namespace, with layers of files, the topmost first.
func start(t testing.TB, n *kernel.Namespace, name string, layers []string) *machine {
	t.Helper()
	cmd := exec.Command("/bin/bash", "-c", first)
	cmd.Env, cmd.Dir = rootEnv, "/"
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ready, err := cmd.StdoutPipe()
	require.NoError(t, err)
	dir := t.TempDir()
	n.Do(func() {
		var root string
		if root, err = mountRoot(dir, name, layers); err == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Cloneflags: syscall.CLONE_NEWPID}
			err = cmd.Start()
		}
	})
	require.NoError(t, err, name)
	m := &machine{name: name, pid: cmd.Process.Pid, layers: layers, shells: map[bool]*shell{}}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // and with it all others
		_ = cmd.Wait()
		for _, s := range m.shells {
			s.end()
		}
	})
	if _, err := io.ReadFull(ready, make([]byte, 1)); err != nil {
		_ = cmd.Wait()
		t.Fatalf("starting %s: %s", name, stderr.String())
	}
	return m
}

// mountRoot gives the thread, which is locked to a namespace, mounts and a host's name of its own, and mounts the file
// system of a machine in dir. System calls do it: in user-mode Linux a process for each mount would take seconds.
func mountRoot(dir, name string, layers []string) (root string, err error) {
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC); err != nil {
		return "", err
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return "", err
	}
	root = dir + "/root"
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
		data                 string
	}{
		{"", "/", "", unix.MS_REC | unix.MS_PRIVATE, ""},
		{"tmpfs", dir, "tmpfs", 0, ""},
		{"overlay", root, "overlay", 0,
			"lowerdir=" + strings.Join(layers, ":") + ",upperdir=" + dir + "/upper,workdir=" + dir + "/work"},
		{"sysfs", root + "/sys", "sysfs", 0, ""},
		{"/dev", root + "/dev", "", unix.MS_BIND | unix.MS_REC, ""},
		{"tmpfs", root + "/run", "tmpfs", 0, ""},
		{"/lib/modules", root + "/usr/lib/modules", "", unix.MS_BIND, ""},
	} {
		if m.kind == "overlay" {
			err = errors.Join(os.Mkdir(dir+"/upper", 0o755), os.Mkdir(dir+"/work", 0o755), os.Mkdir(root, 0o755))
		} else {
			err = os.MkdirAll(m.target, 0o755)
		}
		if err == nil {
			err = unix.Mount(m.source, m.target, m.kind, m.flags, m.data)
		}
		if err != nil {
			return "", fmt.Errorf("mounting %s on %s: %w", m.source, m.target, err)
		}
	}
	return root, errors.Join(
		os.Mkdir(root+"/run/lock", 0o755),
		os.WriteFile(root+"/etc/hostname", []byte(name+"\n"), 0o644),
		os.WriteFile(root+"/etc/hosts", []byte("127.0.0.1\tlocalhost\n127.0.1.1\t"+name+"\n::1\tlocalhost\n"), 0o644),
		os.WriteFile(root+"/etc/resolv.conf", nil, 0o644),
	)
}

var (
	rootEnv = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root",
		"LOGNAME=root", "SHELL=/bin/bash", "LANG=C.UTF-8", "TERM=dumb"}
	userEnv = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/user", "USER=user", "LOGNAME=user",
		"SHELL=/bin/bash", "LANG=C.UTF-8", "TERM=dumb"}
)

// A shell takes command after command.
type shell struct {
	cmd      *exec.Cmd
	commands *os.File
	output   *os.File
}

// loop has a shell run commands that end with a zero byte. After what a command prints come a zero byte, its exit code and
// another zero byte.
const loop = `cd; while IFS= read -r -d '' -u 3 command; do eval "$command" 3<&-; printf '\0%d\0' $?; done`

// shell returns the machine's shell of root, or that of a user.
func (m *machine) shell(t testing.TB, user bool) *shell {
	t.Helper()
	if s := m.shells[user]; s != nil {
		return s
	}
	words := []string{"-t", strconv.Itoa(m.pid), "-m", "-u", "-i", "-n", "-p", "--root", "--wd"}
	env := rootEnv
	if user {
		words, env = append(words, "setpriv", "--reuid=user", "--regid=user", "--init-groups"), userEnv
	}
	in, commands, err := os.Pipe()
	require.NoError(t, err)
	output, out, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command("nsenter", append(words, "/bin/bash", "-c", loop)...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = out, out, []*os.File{in}
	require.NoError(t, cmd.Start())
	in.Close()
	out.Close()
	s := &shell{cmd, commands, output}
	m.shells[user] = s
	return s
}

// end ends a shell whose machine has ended.
func (s *shell) end() {
	s.commands.Close()
	s.output.Close()
	_ = s.cmd.Wait()
}

// patience is how long a command may take.
const patience = 2 * time.Minute

// run runs a command and returns what it prints, on standard output and standard error, and its exit code.
func (s *shell) run(command string) (string, int, error) {
	if _, err := s.commands.WriteString(command + "\x00"); err != nil {
		return "", 0, fmt.Errorf("the shell has ended: %w", err)
	}
	if err := s.output.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", 0, err
	}
	var got []byte
	part := make([]byte, 4096)
	for bytes.Count(got, []byte{0}) < 2 {
		n, err := s.output.Read(part)
		got = append(got, part[:n]...)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return string(got), 0, fmt.Errorf("it takes longer than %s", patience)
		case err != nil:
			return string(got), 0, fmt.Errorf("the shell has ended: %w", err)
		}
	}
	fields := strings.Split(string(got), "\x00")
	code, err := strconv.Atoi(fields[1])
	return fields[0] + fields[2], code, err
}

// path returns where a file of the machine is from outside.
func (m *machine) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(m.pid), "root", name)
}

// write writes a file of the machine.
func (m *machine) write(name, text string) error {
	path := m.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
