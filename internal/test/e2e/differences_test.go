// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

const tooLong = "overlong words in the connection table: data of persistence engines, protocols of 8 bytes, states of 30"

// differences are the rows of the README's table of the same name: what both programs are
// told, and what shows that they differ as the row says.
var differences = []struct {
	row       string   // the first column
	setUp     []string // command lines run before
	words     string
	stdin     string
	conns     string // shown as the connection table
	layout    bool   // what the reference shows is what lies in its memory: it is checked on amd64 alone
	full      bool   // standard output is a full disk
	slow      bool   // the reference does not come to an end
	user      uint32 // 0 is root
	reference kernel.Result
	ours      kernel.Result
}{
	{
		row:       "`-h` and `-v` without root or IPVS",
		words:     "-v",
		user:      65534,
		reference: kernel.Result{Stderr: "Can't initialize ipvs: ", Code: 2},
		ours:      kernel.Result{Stdout: "ipvsadm v1.31 ", Stderr: "Can't initialize ipvs: ", Code: 2},
	},
	{
		row:       "firewall marks in hexadecimal, such as `-f 0x102`",
		words:     "-A -f 0x102",
		reference: kernel.Result{Stderr: "invalid fwmark value `0x102' specified\n", Code: 2},
		ours:      kernel.Result{},
	},
	{
		row:       "firewall marks of 2147483648 and above",
		setUp:     []string{"-A -f 4294967295"},
		words:     "-S -n",
		reference: kernel.Result{Stdout: "-A -f -1 -s wlc\n"},
		ours:      kernel.Result{Stdout: "-A -f 4294967295 -s wlc\n"},
	},
	{
		row:       "`--sched-flags ,`",
		words:     "-A -t 192.0.2.1:80 -b ,",
		reference: kernel.Result{Code: 128 + 11},
		ours:      kernel.Result{Stderr: "no scheduler flag in `,'\n", Code: 2},
	},
	{
		row:       "lines that begin with `#`, with `-R`",
		words:     "-R",
		stdin:     "# web\n-A -t 192.0.2.1:80\n-S -n\n",
		reference: kernel.Result{Stderr: "Try `ipvsadm -h' ", Code: 255},
		ours:      kernel.Result{Stdout: "-A -t 192.0.2.1:80 -s wlc\n"},
	},
	{
		row: "a malformed line in the connection table", layout: true,
		words: "-L -n -c",
		conns: "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n" +
			"TCP 0A000001 C350 0A000002 0050 0A000003 0050 ESTABLISHED     899\nTCP\n",
		reference: kernel.Result{Stdout: "\nTCP 14:59  ESTABLISHED 10.0.0.1:0         10.0.0.2:0         10.0.0.3:80\n"},
		ours:      kernel.Result{Stderr: "/proc/net/ip_vs_conn: line 3: malformed entry\n", Code: 1},
	},
	{
		row:       "the last line of a restore, if it ends in blanks without a newline",
		setUp:     []string{"-A -t 192.0.2.1:80"},
		words:     "-R",
		stdin:     "-Z\n-S -n  ",
		reference: kernel.Result{},
		ours:      kernel.Result{Stdout: "-A -t 192.0.2.1:80 -s wlc\n"},
	},
	{
		row:   "a malformed line in the connection table",
		words: "-L -n -c",
		conns: "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n\n" +
			"TCP 0A000001 C350 0A000002 0050 0A000003 0050 ESTABLISHED     899\n",
		reference: kernel.Result{Code: 1},
		ours: kernel.Result{Stdout: "\nTCP 14:59  ESTABLISHED 10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80\n",
			Stderr: "/proc/net/ip_vs_conn: line 2: malformed entry\n", Code: 1},
	},
	{
		row: tooLong, layout: true,
		words: "-L -n -c",
		conns: "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n" +
			"IP_12345 0A000001 C350 0A000002 0050 0A000003 0050 ERR!         60\n",
		reference: kernel.Result{Stdout: "\nIP_12345\x01 01:00  ERR!        10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80\n"},
		ours:      kernel.Result{Stdout: "\nIP_12345 01:00  ERR!        10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80\n"},
	},
	{
		row: tooLong, layout: true,
		words: "-L -n -c",
		conns: "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n" +
			"TCP 0A000001 C350 0A000002 0050 0A000003 0050 " + strings.Repeat("S", 31) + "  60\n",
		reference: kernel.Result{Stdout: " 10.0.0.3:83\n"},
		ours:      kernel.Result{Stdout: " 10.0.0.3:80\n"},
	},
	{
		row: tooLong, layout: true,
		words: "-L -n -c --persistent-conn",
		conns: "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n" +
			"UDP 0A000001 C350 0A000002 13C4 0A000003 13C4 UDP             299 sip " + strings.Repeat("y", 250) + "\n",
		reference: kernel.Result{Code: 128 + 11},
		ours:      kernel.Result{Stdout: " sip                " + strings.Repeat("y", 250) + "\n"},
	},
	{
		row:       "output to a full disk",
		words:     "-S -n",
		setUp:     []string{"-A -t 192.0.2.1:80"},
		full:      true,
		reference: kernel.Result{},
		ours:      kernel.Result{Stderr: "cannot write: ", Code: 1},
	},
	{
		row:   "a sync daemon started and stopped in one restore",
		words: "-R",
		// Once may not be enough: the daemon can get to run before it is stopped. On several processors it mostly does.
		stdin: strings.Repeat("--start-daemon master --mcast-interface lo\n--stop-daemon master\n", 20),
		slow:  true,
		ours:  kernel.Result{},
	},
}

func TestDifferences(t *testing.T) {
	for _, d := range differences {
		t.Run(d.row, func(t *testing.T) {
			for _, c := range []struct {
				who, path string
				want      kernel.Result
				slow      bool
			}{
				{"the reference", kernel.Reference, d.reference, d.slow},
				{"our program", program(), d.ours, false},
			} {
				n := kernel.NewNamespace(t)
				n.IP(t, "addr add 192.0.2.250/24 dev lo\nlink set lo multicast on\nroute add 224.0.0.0/4 dev lo")
				for _, line := range d.setUp {
					require.Zero(t, n.Ipvsadm(t, c.path, strings.Fields(line)...).Code, "%s: %s", c.who, line)
				}
				path, args := copyProgram(t, c.path), append([]string{"ipvsadm"}, strings.Fields(d.words)...)
				if d.conns != "" {
					path, args = "/usr/bin/unshare", showing(t, d.conns, path, args[1:])
				}
				if c.slow { // timeout(1) gives up on it with exit code 124
					path, args = "/usr/bin/timeout", append([]string{"timeout", "5", path}, args[1:]...)
					c.want.Code = 124
				}
				command := kernel.Command{Path: path, Args: args, Stdin: d.stdin, Prepare: func(cmd *exec.Cmd) {
					if d.full {
						cmd.Stdout = openFull(t)
					}
					if d.user != 0 {
						cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: d.user, Gid: d.user}}
					}
				}}
				got := n.Run(t, command)
				for i := 0; c.slow && got.Code != c.want.Code && i < 100; i++ {
					got = n.Run(t, command)
				}
				if d.layout && c.path == kernel.Reference && runtime.GOARCH != "amd64" {
					continue
				}
				quiet := c.want.Stdout != "" || got.Stdout == "" || d.full || d.conns != ""
				require.Equal(t, c.want.Code, got.Code, c.who)
				require.True(t, quiet, c.who)
				require.Contains(t, got.Stdout, c.want.Stdout, c.who)
				require.Contains(t, got.Stderr, c.want.Stderr, c.who)
			}
		})
	}
}

// showing returns the words of an unshare(1) that runs a program where the connection table is
// another: /proc/net is different for each process, so all of /proc is.
func showing(t *testing.T, table, program string, words []string) []string {
	t.Helper()
	proc := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(proc, "net"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(proc, "net", "ip_vs_conn"), []byte(table), 0o644))
	script := "mount --bind " + proc + " /proc && exec " + program + " " + strings.Join(words, " ")
	return []string{"unshare", "--mount", "sh", "-c", script}
}

// openFull opens a device on which there is no room.
func openFull(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// The table in the README has a row for each difference that is tested, and no other.
func TestDifferencesTable(t *testing.T) {
	table := docSection(t, "README.md", "Differences")
	var rows []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| ") && len(cells) == 4 {
			rows = append(rows, strings.TrimPrefix(cells[0], "| "))
		}
	}
	tested := testedElsewhere()
	for _, d := range differences {
		tested[d.row] = true
	}
	for _, row := range rows[1:] { // the first is the head
		require.True(t, tested[row], "no test for the difference %q", row)
		delete(tested, row)
	}
	for row := range tested {
		t.Errorf("the README does not say that there is a difference in %q", row)
	}
}

// testedElsewhere are the differences that other tests show.
func testedElsewhere() map[string]bool {
	return map[string]bool{
		// TestAdditions and TestRefusals of package parity.
		"[commands and options of our own](docs/additions.md)": true,
		// TestServerCounters on s390x; elsewhere a kernel takes too long to count past 32 bits: TestCounters of package
		// format.
		"counters of real servers": true,
		// TestRestoreChecked.
		"`ipvsadm-restore` with a faulty file": true,
		// TestWrapperWords.
		"words that `ipvsadm-save` and `ipvsadm-restore` ignore": true,
		// TestRestoreFile.
		"`ipvsadm-restore FILE`, also with a word `<` before FILE": true,
		// TestRestoreHelp.
		"`-h` and `--help` of `ipvsadm-restore`": true,
		// TestAddressSpace.
		"`ulimit -v`": true,
		// TestRestoreNUL.
		"a NUL in the input of `ipvsadm-restore`": true,
		// TestLongLine.
		"a line of rules longer than 1 MB, if its first 1 MB has no fault": true,
		// TestRestoreRefused.
		"messages of `ipvsadm-restore` about refused lines": true,
		// TestUnstableTable.
		"services and real servers that a kernel lists twice while the table changes": true,
		// TestTwoRestores.
		"two of `-R`, `ipvsadm-restore` and `-C` at once": true,
		// TestRestoreNothing.
		"`ipvsadm-restore` without any rule, while the table has services": true,
		// TestSurroundings.
		"input of a restore that cannot be read":                  true,
		"messages whose reader has exited":                        true,
		"a listing within a restore whose reader has exited":      true,
		"a listing whose reader has exited, with SIGPIPE ignored": true,
		// TestHints.
		"messages on a terminal": true,
		// TestStopped.
		"SIGINT, SIGTERM, SIGHUP or SIGQUIT during a restore": true,
		// TestRestoreChecked.
		"lines that only print, with `ipvsadm-restore`": true,
		// TestPreload.
		"the first service with lblc or lblcr, while a network namespace is deleted": true,
		// TestSaveDocumented.
		"`-S` without `-n`, if two entries print the same rule because addresses share a name": true,
		// TestMeantNames of package parity.
		"addresses without a name in `/etc/hosts`": true,
		// TestMeantCrash of package parity.
		"a `hosts:` line without a source in `/etc/nsswitch.conf`": true,
		// TestParseSwitch of package resolve.
		"names from sources other than `files`, `dns`, `resolve` and `myhostname`": true,
		// TestMeantNames of package parity.
		"names from name servers that no host can have, such as `1.2.3.4`": true,
	}
}
