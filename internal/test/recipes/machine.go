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

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A machine is one of a page's: it has a network, a file system, processes and a name of its own.
type machine struct {
	name   string
	pid    int // of its first process
	shells map[bool]*shell
}

// boot is the first process of a machine. Its words are the machine's name, a directory for its file system, and the layers
// of that, as overlayfs names them. What it mounts goes with it.
const boot = `set -e
name=$1 dir=$2 layers=$3 root=$2/root
mount --make-rprivate /
mount -t tmpfs tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$root"
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$dir/upper,workdir=$dir/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/usr/lib/modules"
mount --rbind /lib/modules "$root/usr/lib/modules"
echo "$name" >/proc/sys/kernel/hostname
echo "$name" >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost\n' "$name" >"$root/etc/hosts"
rm -f "$root/etc/resolv.conf"
exec chroot "$root" /bin/bash -c 'echo; sleep infinity & while :; do wait; done'
`

// start starts a machine in a namespace, with layers of files.
func start(t testing.TB, n *kernel.Namespace, name string, layers []string) *machine {
	t.Helper()
	cmd := exec.Command("/bin/bash", "-c", boot, "boot", name, t.TempDir(), strings.Join(layers, ":"))
	cmd.Env = rootEnv
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ready, err := cmd.StdoutPipe()
	require.NoError(t, err)
	n.Do(func() { err = cmd.Start() })
	require.NoError(t, err)
	m := &machine{name: name, pid: cmd.Process.Pid, shells: map[bool]*shell{}}
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

var (
	rootEnv = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LOGNAME=root",
		"SHELL=/bin/bash", "LANG=C.UTF-8", "TERM=dumb"}
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

// write writes a file of the machine.
func (m *machine) write(name, text string) error {
	path := filepath.Join("/proc", strconv.Itoa(m.pid), "root", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
