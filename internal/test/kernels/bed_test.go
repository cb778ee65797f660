// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernels/frame"
)

// TestChoose chooses machines by name, in the table's order.
func TestChoose(t *testing.T) {
	chosen, err := choose("s390x,5.10")
	require.NoError(t, err)
	require.Equal(t, []string{"5.10", "s390x"}, listNames(chosen))
	_, err = choose("5.10,2.6")
	require.ErrorContains(t, err, `there is no kernel "2.6"; there are 5.10, 6.1, `)
}

// TestMachines checks that every row of the table is complete, and that its name is its own.
func TestMachines(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range machines {
		require.False(t, seen[m.name], m.name)
		seen[m.name] = true
		require.NotEmpty(t, m.suites, m.name)
		require.NotEmpty(t, m.image, m.name)
		a := m.arch
		for _, word := range []string{a.name, a.suite, a.qemu, a.pkg, a.console, a.bus} {
			require.NotEmpty(t, word, m.name)
		}
		require.NotEmpty(t, a.goenv, m.name)
		require.NotEmpty(t, a.serial, m.name)
		require.Contains(t, a.describe(), a.name+": ")
	}
}

// TestQemuWords checks that a machine's command line has what it is to boot and where its lines lead.
func TestQemuWords(t *testing.T) {
	for i := range machines {
		line := strings.Join(qemuWords(&machines[i], "IMAGE", "INITRAMFS", "DIR"), " ")
		for _, words := range []string{"-kernel IMAGE -initrd INITRAMFS -append console=", "path=DIR/console", "path=DIR/port", " -smp 2 "} {
			require.Contains(t, line, words, machines[i].name)
		}
	}
}

// TestToDo checks which jobs a machine gets.
func TestToDo(t *testing.T) {
	names := func(jobs []job) (all []string) {
		for _, j := range jobs {
			all = append(all, j.name)
		}
		return all
	}
	require.Equal(t, []string{"features", "table", "record", "golden", "end to end", "generated"}, names(toDo(full, false)))
	require.Equal(t, []string{"features", "record", "golden"}, names(toDo(full, true)))
	require.Equal(t, []string{"features", "table"}, names(toDo(short, false)))

	b := &bed{run: "TestX"}
	chosen, err := b.jobs(full)
	require.NoError(t, err)
	require.Equal(t, []job{{name: "end to end", pkg: "e2e", args: []string{"-test.run=TestX"}, timeout: time.Hour}}, chosen)
	require.Equal(t, "logs/5.10/run", (&bed{logs: "logs", run: "TestX"}).logsOf(&machines[0]))
	require.Equal(t, "logs/5.10", (&bed{logs: "logs"}).logsOf(&machines[0]))
	b = &bed{again: "golden,features"}
	chosen, err = b.jobs(full)
	require.NoError(t, err)
	require.Equal(t, []string{"golden", "features"}, names(chosen))
	_, err = b.jobs(short)
	require.EqualError(t, err, `there is no job "golden" to do`)
	chosen, err = (&bed{short: true}).jobs(full)
	require.NoError(t, err)
	require.Equal(t, []string{"features", "table"}, names(chosen))

	f := jobs[2].framed()
	require.Equal(t, "/src/internal/test/golden", f.Dir)
	require.Equal(t, []string{"/bed/tests/golden.test", "-test.v", "-test.timeout=0", "-test.run=^TestGolden$", "-record"}, f.Args)
}

// TestWithEarlier takes the results of jobs that have not been run from what they wrote before.
func TestWithEarlier(t *testing.T) {
	dir := t.TempDir()
	some := []job{{name: "table"}, {name: "end to end"}, {name: "generated"}}
	now := &result{job: some[1], ended: true}
	_, err := withEarlier([]*result{now}, some, dir)
	require.ErrorContains(t, err, `the last results of "table": `)
	require.NoError(t, os.WriteFile(dir+"/table", []byte("--- PASS: TestTable (1.00s)\nPASS\n"), 0o600))
	require.NoError(t, os.WriteFile(dir+"/generated", []byte("    x: seed 1: 300 cases, 2 calls; 1 differ\nFAIL\n"), 0o600))
	all, err := withEarlier([]*result{now}, some, dir)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Same(t, now, all[1])
	require.Equal(t, []bool{false, false, true}, []bool{all[0].failed(), all[1].failed(), all[2].failed()})
	r := &run{results: all}
	require.Equal(t, []string{"1 of 1", "299 of 300", "a generated case"}, []string{r.cell("table"), r.cell("generated"), r.differCell()})

	require.NoError(t, os.WriteFile(dir+"/end-to-end", []byte("panic: x\n"), 0o600))
	all, err = withEarlier(nil, some, dir)
	require.NoError(t, err)
	require.True(t, all[1].failed())
}

// TestElsewhere checks that what the bed leaves out are tests that there are.
func TestElsewhere(t *testing.T) {
	files, err := filepath.Glob("../e2e/*_test.go")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	for _, name := range elsewhere {
		require.Contains(t, all.String(), "\nfunc "+name+"(t *testing.T) {\n")
	}
}

// TestJobVariables checks that what the bed sets are variables that the tests read.
func TestJobVariables(t *testing.T) {
	for _, j := range jobs {
		for _, variable := range j.env {
			name, _, ok := strings.Cut(variable, "=")
			require.True(t, ok, variable)
			read := false
			for _, dir := range []string{"../kernel", "../" + j.pkg} {
				files, err := filepath.Glob(dir + "/*.go")
				require.NoError(t, err)
				for _, file := range files {
					text, err := os.ReadFile(file)
					require.NoError(t, err)
					read = read || strings.Contains(string(text), `"`+name+`"`)
				}
			}
			require.True(t, read, "%s: nothing reads %s", j.name, name)
		}
	}
}

// TestCPIO writes an archive as the kernel reads it.
func TestCPIO(t *testing.T) {
	files := make(tree)
	files.write("a/b", 0o755, "text")
	files.add("a/c", file{symlink | 0o777, []byte("b")})
	var b bytes.Buffer
	require.NoError(t, files.cpio(&b))
	head := func(number, mode, size, name string) string {
		const zero = "00000000"
		return "070701" + number + mode + zero + zero + "00000001" + zero + size + zero + zero + zero + zero + name + zero
	}
	want := head("00000001", "000041ED", "00000000", "00000002") + "a\x00" +
		head("00000002", "000081ED", "00000004", "00000004") + "a/b\x00\x00\x00" + "text" +
		head("00000003", "0000A1FF", "00000001", "00000004") + "a/c\x00\x00\x00" + "b\x00\x00\x00" +
		head("00000000", "00000000", "00000000", "0000000B") + "TRAILER!!!\x00\x00\x00\x00"
	require.Empty(t, cmp.Diff(want, b.String()))
}

// TestRoot takes the files of a package, where /bin and the like lead into /usr.
func TestRoot(t *testing.T) {
	files := make(tree)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./bin/tool", Typeflag: tar.TypeReg, Mode: 0o4755, Size: 4},
		{Name: "./usr/bin/same", Typeflag: tar.TypeLink, Linkname: "./bin/tool"},
		{Name: "./sbin/link", Typeflag: tar.TypeSymlink, Linkname: "/bin/tool"},
		{Name: "./usr/share/doc/tool/README", Typeflag: tar.TypeReg, Mode: 0o644, Size: 4},
	} {
		require.NoError(t, w.WriteHeader(&h))
		if h.Size > 0 {
			_, err := io.WriteString(w, "text")
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	files.add("bin", file{symlink | 0o777, []byte("usr/bin")})
	require.NoError(t, eachFile(tar.NewReader(&b), files.keep))
	want := tree{
		"bin":           {symlink | 0o777, []byte("usr/bin")},
		"usr":           {mode: directory | 0o755},
		"usr/bin":       {mode: directory | 0o755},
		"usr/bin/tool":  {regular | 0o4755, []byte("text")},
		"usr/bin/same":  {regular | 0o4755, []byte("text")},
		"usr/sbin":      {mode: directory | 0o755},
		"usr/sbin/link": {symlink | 0o777, []byte("/bin/tool")},
	}
	require.Empty(t, cmp.Diff(want, files, cmp.AllowUnexported(file{})))
}

// TestReference checks that the reference's wrappers find the reference.
func TestReference(t *testing.T) {
	files := make(tree)
	require.ErrorContains(t, files.moveReference(), "have no usr/sbin/ipvsadm")
	for _, name := range []string{"", "-save", "-restore"} {
		files.write("usr/sbin/ipvsadm"+name, 0o755, "#!/bin/sh\nPATH=/sbin\n")
	}
	require.NoError(t, files.moveReference())
	require.Equal(t, "#!/bin/sh\nPATH=/run/reference:/sbin\n", string(files["run/reference/ipvsadm-save"].data))
	require.NotContains(t, files, "usr/sbin/ipvsadm")
}

// TestModules reads which modules a kernel has.
func TestModules(t *testing.T) {
	dir := t.TempDir()
	lists := dir + "/modules/lib/modules/6.1"
	require.NoError(t, os.MkdirAll(lists, 0o755))
	for name, text := range map[string]string{
		dir + "/about":              "6.1\n6.1.1-1\n",
		lists + "/modules.dep":      "kernel/net/ip_vs.ko: kernel/net/nf_conntrack.ko kernel/lib/libcrc32c.ko\nkernel/net/veth.ko:\n",
		lists + "/modules.builtin":  "kernel/net/ipv6.ko\nkernel/drivers/virtio-console.ko\n",
		lists + "/modules.builtin2": "",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	k, err := readKernel(dir)
	require.NoError(t, err)
	require.Equal(t, "6.1", k.release)
	require.Equal(t, "6.1.1-1", k.version)
	require.ElementsMatch(t, []string{"ip_vs", "veth", "ipv6", "virtio_console"}, k.present)
	require.Equal(t, []string{"virtio_console", "ipv6", "ip_vs"}, k.load())
	needs, err := dependencies(lists + "/modules.dep")
	require.NoError(t, err)
	require.Equal(t, []string{"kernel/net/nf_conntrack.ko", "kernel/lib/libcrc32c.ko"}, needs["kernel/net/ip_vs.ko"])

	for name, want := range map[string]bool{
		"usr/lib/modules/6.1/kernel/net/netfilter/ipvs/ip_vs.ko":         true,
		"usr/lib/modules/6.1/kernel/drivers/net/veth.ko.xz":              true,
		"usr/lib/modules/6.1/kernel/drivers/net/ethernet/intel/e1000.ko": false,
		"usr/lib/modules/6.1/kernel/drivers/char/virtio_console.ko":      true,
		"usr/lib/modules/6.1/kernel/sound/core/snd.ko":                   false,
	} {
		require.Equal(t, want, tested(name), name)
	}
}

// TestCached fills a directory once, until it is old.
func TestCached(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	made := 0
	list := []string{"a"}
	fill := func(dir string) error {
		made++
		return os.WriteFile(dir+"/file", nil, 0o644)
	}
	get := func(fresh bool) string {
		dir, err := cached("thing", list, fresh, fill)
		require.NoError(t, err)
		require.FileExists(t, dir+"/file")
		return dir
	}
	get(false)
	dir := get(false)
	require.Equal(t, 1, made)
	get(true)
	require.Equal(t, 2, made)
	past := time.Now().Add(-old)
	require.NoError(t, os.Chtimes(dir, past, past))
	get(false)
	require.Equal(t, 3, made)
	list = []string{"a", "b"}
	get(false)
	get(false)
	require.Equal(t, 4, made)
	require.NoError(t, os.Chtimes(dir, past, past))
	_, err := cached("thing", list, false, func(string) error { return errors.New("fault") })
	require.EqualError(t, err, "fault")
	names, err := filepath.Glob(cacheDir() + "/*")
	require.NoError(t, err)
	require.Equal(t, []string{dir, dir + ".lock"}, names) // nothing half made
}

// TestWatch follows a machine up to its end, or the lack of it.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name string
		send []frame.Frame
		want []frame.Frame
		err  string
	}{
		{name: "done", send: []frame.Frame{{Kind: frame.Hello, Text: []byte("6.1")}, {Kind: frame.Alive}, {Kind: frame.Done}},
			want: []frame.Frame{{Kind: frame.Hello, Text: []byte("6.1")}}},
		{name: "fault", send: []frame.Frame{{Kind: frame.Done, Text: []byte("no module")}}, err: "the machine: no module"},
		{name: "ends", err: "the machine hangs: it ended before its jobs did"},
	} {
		t.Run(c.name, func(t *testing.T) {
			listener, err := net.Listen("unix", t.TempDir()+"/port")
			require.NoError(t, err)
			ended := make(chan struct{})
			defer close(ended)
			go func() {
				conn, err := net.Dial("unix", listener.Addr().String())
				if err != nil {
					return
				}
				for _, f := range c.send {
					_ = frame.Write(conn, f)
				}
				conn.Close()
			}()
			var got []frame.Frame
			err = watch(listener, ended, func(f frame.Frame) error { got = append(got, f); return nil })
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(c.want, got))
		})
	}
}
