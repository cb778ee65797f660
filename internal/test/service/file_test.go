// SPDX-License-Identifier: Apache-2.0

package service

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// TestNoRegularFile puts something other than a regular file in place of the rules: each action refuses it,
// instead of waiting for it or replacing it.
func TestNoRegularFile(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, before)
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(fifo, link))
	for _, name := range []string{fifo, link, "/dev/null", dir} {
		t.Run(name, func(t *testing.T) {
			service := install(t, "AUTO=true\nSAVE_ON_STOP=true\nRULES="+name+"\n")
			was, err := os.Stat(name)
			require.NoError(t, err)
			for _, action := range []string{"save", "load", "start", "reload", "restart", "stop"} {
				got := n.Run(t, kernel.Command{Path: "/usr/bin/timeout", Args: []string{"timeout", "60", service, action}})
				require.Equal(t, 1, got.Code, "%s: %+v", action, got)
				require.Contains(t, got.Stderr, " is not a regular file")
				require.Equal(t, before, table(t, n), action)
			}
			is, err := os.Stat(name)
			require.NoError(t, err)
			require.True(t, os.SameFile(was, is), "it has been replaced")
		})
	}
}

// TestBackupDirectory saves where the backup has the name of a directory.
func TestBackupDirectory(t *testing.T) {
	n := kernel.NewNamespace(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "rules")
	service := install(t, "RULES="+file+"\n")
	require.NoError(t, os.WriteFile(file, []byte(byHand), 0o600))
	require.NoError(t, os.Mkdir(file+".old", 0o755))
	restore(t, n, before)
	got := n.Run(t, kernel.Command{Path: service, Args: []string{service, "save"}})
	require.Zero(t, got.Code, got)
	require.Contains(t, got.Stderr, file+".old is a directory")
	require.Contains(t, read(t, file), before)
	names, err := os.ReadDir(file + ".old")
	require.NoError(t, err)
	require.Empty(t, names)
}

// A family is what a family of distributions has of the service.
type family struct {
	name     string
	packaged string // its settings in the directory packaging
	settings string // where they are installed
	rules    string
	mode     fs.FileMode // of new rules
	stopped  string      // the table after a stop
	saved    bool        // by the stop
}

// TestFamilies runs the service with the settings that each package installs: what becomes of rules added by hand when it
// is stopped and started, where rules are saved, and with which mode whatever the umask.
func TestFamilies(t *testing.T) {
	for _, f := range []family{
		{"Debian", "debian/ipvsadm.default", "/etc/default/ipvsadm", "/etc/ipvsadm.rules", 0o644, before, false},
		{"Alpine", "apk/ipvsadm.confd", "/etc/conf.d/ipvsadm", "/var/lib/ipvsadm/rules-save", 0o600, before, false},
		{"Red Hat", "rpm/ipvsadm-config", "/etc/sysconfig/ipvsadm-config", "/etc/sysconfig/ipvsadm", 0o600, "", true},
	} {
		for _, umask := range []string{"0", "077"} {
			t.Run(f.name+", umask "+umask, func(t *testing.T) {
				act := f.install(t, umask)
				n := kernel.NewNamespace(t)
				require.Zero(t, act(n, "start"))
				restore(t, n, before)
				require.Zero(t, act(n, "stop"))
				require.Equal(t, f.stopped, table(t, n))
				if _, err := os.Stat(f.rules); f.saved {
					require.NoError(t, err)
					require.Zero(t, act(n, "start"))
				} else {
					require.ErrorIs(t, err, fs.ErrNotExist)
					require.Zero(t, act(n, "save"))
				}
				require.Equal(t, before, table(t, n))
				require.Contains(t, read(t, f.rules), before)
				info, err := os.Stat(f.rules)
				require.NoError(t, err)
				require.Equal(t, f.mode, info.Mode())
			})
		}
	}
}

// TestOtherSettings has settings as they are found where another package was before, or none.
func TestOtherSettings(t *testing.T) {
	redHat := family{settings: "/etc/sysconfig/ipvsadm-config", rules: "/etc/sysconfig/ipvsadm"}
	alpine := family{settings: "/etc/conf.d/ipvsadm", rules: "/var/lib/ipvsadm/rules-save"}
	debian := family{settings: "/etc/default/ipvsadm", rules: "/etc/ipvsadm.rules"}
	other := filepath.Join(t.TempDir(), "rules")
	for _, c := range []struct {
		name     string
		family   family
		settings string
		rules    string // the file that start restores
		saved    bool   // by the stop
	}{
		{"Red Hat's own", redHat, "IPVS_SAVE_ON_STOP=\"no\"\nIPVS_SAVE_ON_RESTART=\"no\"\n", redHat.rules, true},
		{"Red Hat's removed", redHat, "", redHat.rules, true},
		{"Alpine's removed", alpine, "", alpine.rules, false},
		{"Alpine's rules in /etc", alpine, "# none\n", "/etc/ipvsadm.rules", false},
		{"Debian's own", debian, "AUTO=\"true\"\nDAEMON=\"none\"\nIFACE=\"eth0\"\t\n", debian.rules, false},
		{"Debian's rules elsewhere", debian, "AUTO=true\nIPVSADM_RULES=" + other + "\n", other, false},
		{"a variable that is not set", debian, "AUTO=true\nRULES=$NOTHING" + other + "\n", other, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			act := c.family.install(t, "022")
			os.Remove(c.family.settings)
			if c.settings != "" {
				require.NoError(t, os.WriteFile(c.family.settings, []byte(c.settings), 0o644))
			}
			require.NoError(t, os.WriteFile(c.rules, []byte(before), 0o600))
			n := kernel.NewNamespace(t)
			require.Zero(t, act(n, "start"))
			require.Equal(t, before, table(t, n))
			restore(t, n, byHand)
			require.Zero(t, act(n, "stop"))
			if c.saved {
				require.Contains(t, read(t, c.rules), byHand)
			} else {
				require.Equal(t, before, read(t, c.rules))
			}
		})
	}
}

// TestEmptyTable stops with an empty table. It is saved, and restored, if it has been emptied since the start; not if
// it has been stopped before or its start has failed.
func TestEmptyTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules")
	service := install(t, "AUTO=true\nSAVE_ON_STOP=true\nRULES="+file+"\n")
	n := kernel.NewNamespace(t)
	act := actions(t, n, service)
	write := func(rules string) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, []byte(rules), 0o600))
	}
	os.Remove(state)
	write(before)
	require.Zero(t, act("stop"))
	require.Equal(t, before, read(t, file), "a stop without a start")

	require.Zero(t, act("start"))
	require.Zero(t, act("stop"))
	require.Zero(t, act("stop"))
	require.Contains(t, read(t, file), before, "the second stop")

	write(before + "-A\n")
	require.Equal(t, 1, act("start"))
	require.Zero(t, act("stop"))
	require.Equal(t, before+"-A\n", read(t, file), "a stop after a failed start")

	write(before)
	require.Zero(t, act("start"))
	restore(t, n, "-C\n")
	require.Zero(t, act("stop"))
	require.NotContains(t, read(t, file), before, "a stop after the table was emptied")
	restore(t, n, byHand)
	require.Zero(t, act("start"))
	require.Empty(t, table(t, n))

	for _, blank := range []string{"", "# ipvsadm.rules\n", "\n  # no rules"} {
		write(blank)
		restore(t, n, byHand)
		require.Zero(t, act("start"))
		require.Equal(t, byHand, table(t, n), "a start with no rules in the file %q", blank)
	}
}

// install makes a system of the family around the service, with its packaged settings if it has any, and returns what
// runs an action of the service.
func (f family) install(t *testing.T, umask string) (act func(n *kernel.Namespace, action string) int) {
	t.Helper()
	service := install(t, "")
	etc, lib := t.TempDir(), t.TempDir()
	for _, name := range []string{"group", "hosts", "nsswitch.conf", "passwd", "services"} {
		b, err := os.ReadFile(filepath.Join("/etc", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(etc, name), b, 0o644))
	}
	bind(t, etc, "/etc")
	bind(t, lib, "/var/lib")
	for _, name := range []string{f.settings, f.rules} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	}
	if f.packaged != "" {
		settings := read(t, filepath.Join(filepath.Dir(service), f.packaged))
		require.NoError(t, os.WriteFile(f.settings, []byte(settings), 0o644))
	}
	os.Remove(state)
	return func(n *kernel.Namespace, action string) int {
		t.Helper()
		got := n.Run(t, kernel.Command{Path: "/bin/sh",
			Args: []string{"sh", "-c", "umask " + umask + "; exec " + service + " " + action}})
		t.Logf("%s: %+v", action, got)
		return got.Code
	}
}
