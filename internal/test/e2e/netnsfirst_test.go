// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// processIn starts a process in a namespace that lasts until the test ends, and returns its number.
func processIn(t *testing.T, n *kernel.Namespace) int {
	t.Helper()
	cmd := exec.Command("/bin/sleep", "1000")
	var err error
	n.Do(func() { err = cmd.Start() })
	must(t, err)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// nameForDocker gives a namespace a name as Docker does.
func nameForDocker(t *testing.T, n *kernel.Namespace, name string) {
	t.Helper()
	const dir = "/run/docker/netns"
	must(t, os.MkdirAll(dir, 0o755))
	file := filepath.Join(dir, name)
	must(t, os.WriteFile(file, nil, 0o444))
	must(t, unix.Mount(n.Path(), file, "", unix.MS_BIND, ""))
	t.Cleanup(func() {
		_ = unix.Unmount(file, unix.MNT_DETACH)
		_ = os.Remove(file)
	})
}

// programs returns a directory with our program under all of its names.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		must(t, os.Symlink(program(), filepath.Join(dir, name)))
	}
	for _, name := range []string{"iptables", "ip6tables"} {
		must(t, os.Symlink("/usr/sbin/xtables-legacy-multi", filepath.Join(dir, name)))
	}
	return dir
}

// TestNetNSFirst names the namespace before the command, by all that it can be named by.
func TestNetNSFirst(t *testing.T) {
	home, there := kernel.NewNamespace(t), kernel.NewNamespace(t)
	nameForDocker(t, there, "1-f00")
	must(t, os.MkdirAll("/run/netns", 0o755))
	const rule = "-A -t 192.0.2.1:80 -s rr\n"
	for _, word := range []string{"1-f00", fmt.Sprint("pid:", processIn(t, there)), there.Path()} {
		for _, words := range [][]string{{"--netns", word}, {"--netns=" + word}} {
			call := func(more string) kernel.Result {
				return home.Ipvsadm(t, program(), append(words, strings.Fields(more)...)...)
			}
			sameResult(t, call("-A -t 192.0.2.1:80 -s rr"), kernel.Result{})
			sameResult(t, there.Ipvsadm(t, kernel.Reference, "-S", "-n"), kernel.Result{Stdout: rule})
			sameResult(t, call("-Sn"), kernel.Result{Stdout: rule})
			want := there.Ipvsadm(t, kernel.Reference)
			sameResult(t, call(""), want)
			sameResult(t, call("-L"), want)
			sameResult(t, call("-C"), kernel.Result{})
		}
	}
	sameResult(t, home.Ipvsadm(t, program(), "--netns", "nosuch", "-Ln"), kernel.Result{Stderr: noSuch + "\n", Code: 2})
	sameResult(t, home.Ipvsadm(t, program(), "--netns", "1-f00", "nothing"), kernel.Result{Code: 255,
		Stderr: "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"})
	sameResult(t, home.Ipvsadm(t, program(), "-Sn"), kernel.Result{})
}

// TestNetNSExample runs the example of docs/namespaces.md as it stands.
func TestNetNSExample(t *testing.T) {
	home, blue, green := kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t)
	blue.Name(t, "blue")
	green.Name(t, "green")
	_, script, _ := strings.Cut(docSection(t, "docs/namespaces.md", "Example"), "```sh\n")
	script, _, _ = strings.Cut(script, "```")
	got := home.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-ec", script}, Env: []string{
		"PATH=" + programs(t) + ":" + os.Getenv("PATH"), fmt.Sprint("PID=", processIn(t, blue))}})
	list := blue.Ipvsadm(t, kernel.Reference, "-Ln").Stdout
	sameResult(t, got, kernel.Result{Stdout: list + blue.Ipvsadm(t, kernel.Reference).Stdout})
	if !strings.Contains(list, "TCP  192.0.2.1:80 rr\n") {
		t.Errorf("the example lists\n%s", list)
	}
	sameResult(t, green.Ipvsadm(t, kernel.Reference, "-Sn"), kernel.Result{Stdout: "-A -t 192.0.2.1:80 -s rr\n"})
	sameResult(t, home.Ipvsadm(t, program(), "-Sn"), kernel.Result{})
}
