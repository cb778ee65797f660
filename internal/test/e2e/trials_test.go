// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A trial shows that a statement of a manual is true.
type trial struct {
	kind string // of the statement
	try  func(*testing.T, *trialWorld, statement)
}

// A trialWorld is a director without services, in which sync daemons can run.
type trialWorld struct {
	*kernel.Namespace
	client   *ipvsnl.Client
	dir      string                       // with files for trials
	defaults map[string]map[string]string // of the service, by family and setting
}

func newTrialWorld(t *testing.T) *trialWorld {
	t.Helper()
	n := syncNamespace(t)
	n.IP(t, "link add eth0 type dummy\naddress add 192.0.2.252/24 dev eth0\naddress add fd09::1/64 dev eth0 nodad\nlink set eth0 up multicast on")
	n.Name(t, "there")
	return &trialWorld{Namespace: n, client: client(t, n), dir: t.TempDir()}
}

// reset clears the table and stops sync daemons.
func (w *trialWorld) reset(t *testing.T) {
	t.Helper()
	must(t, w.client.Apply(t.Context(), ipvsnl.Flush()))
	daemons, err := w.client.Daemons(t.Context())
	must(t, err)
	for _, d := range daemons {
		must(t, w.client.Apply(t.Context(), ipvsnl.StopDaemon(d.State)))
	}
}

// run runs command lines, and returns the exit code of the last; those before it must succeed.
func (w *trialWorld) run(t *testing.T, lines ...string) kernel.Result {
	t.Helper()
	for _, line := range lines[:len(lines)-1] {
		require.Equal(t, kernel.Result{}, w.Ipvsadm(t, program(), strings.Fields(line)...), line)
	}
	return w.Ipvsadm(t, program(), strings.Fields(lines[len(lines)-1])...)
}

// within shows a range: the last line takes the values at its ends in place of %s, and refuses those outside.
func within(lines ...string) trial {
	return trial{"range", func(t *testing.T, w *trialWorld, s statement) {
		for value, taken := range ends(t, s) {
			w.reset(t)
			got := w.run(t, append(lines[:len(lines)-1:len(lines)-1], strings.ReplaceAll(lines[len(lines)-1], "%s", value))...)
			require.Equal(t, taken, got.Code == 0, "%s: %+v", value, got)
		}
	}}
}

// withinWatch is the same for a listing that does not end.
func withinWatch(line string) trial {
	return trial{"range", func(t *testing.T, w *trialWorld, s statement) {
		for value, taken := range ends(t, s) {
			got := shell(t, w.Namespace, "timeout 1 "+strings.ReplaceAll(line, "%s", value))
			require.Equal(t, taken, got.Code == 124, "%s: %+v", value, got)
		}
	}}
}

// ends returns the values at the ends of a range, which are to be taken, and those outside, which are not.
func ends(t *testing.T, s statement) map[string]bool {
	t.Helper()
	first, err := strconv.ParseInt(s.value, 10, 64)
	require.NoError(t, err)
	last, err := strconv.ParseInt(s.last, 10, 64)
	require.NoError(t, err)
	require.Less(t, first, last)
	return map[string]bool{fmt.Sprint(first - 1): false, s.value: true, s.last: true, fmt.Sprint(last + 1): false}
}

// unless shows a default: the last of some lines makes the same of the table as with an option of that value.
func unless(option string, lines ...string) trial {
	return trial{"default", func(t *testing.T, w *trialWorld, s statement) {
		last := len(lines) - 1
		made := func(line string) string {
			w.reset(t)
			require.Equal(t, kernel.Result{}, w.run(t, append(lines[:last:last], line)...), line)
			return w.Ipvsadm(t, program(), "-S", "-n", "--all").Stdout
		}
		line := lines[last]
		with := line + " " + strings.ReplaceAll(option, "%s", s.value)
		require.Equal(t, made(with), made(line), with)
	}}
}

// lacking shows that the default is none: what the line makes has no such word.
func lacking(word string, lines ...string) trial {
	return trial{"default", func(t *testing.T, w *trialWorld, s statement) {
		require.Equal(t, "none", s.value)
		require.Equal(t, kernel.Result{}, w.run(t, lines...))
		require.NotContains(t, w.Ipvsadm(t, program(), "-S", "-n").Stdout, word)
	}}
}

// meaning shows a default of a time, which only passes: a line means the same as with the option.
func meaning(line, option string) trial {
	return trial{"default", func(t *testing.T, _ *trialWorld, s statement) {
		parsed := func(line string) []any {
			c, err := flags.Parse(strings.Fields(line), nil)
			require.NoError(t, err)
			return []any{c.Restoring, c.Listing}
		}
		require.Equal(t, parsed(line+" "+strings.ReplaceAll(option, "%s", s.value)), parsed(line))
	}}
}

// exits shows an exit code of command lines, after which the shell's own is that of the last.
func exits(scripts ...string) trial {
	return trial{"exit", func(t *testing.T, w *trialWorld, s statement) {
		for _, script := range scripts {
			w.reset(t)
			got := shell(t, w.Namespace, "set +e; cd "+w.dir+"\n"+script)
			require.Equal(t, s.value, fmt.Sprint(got.Code), "%s\n%+v", script, got)
		}
	}}
}

// shownBy leaves an exit code to a test of its own, which requires it.
func shownBy(code int, _ func(*testing.T)) trial {
	return trial{"exit", func(t *testing.T, _ *trialWorld, s statement) {
		require.Equal(t, fmt.Sprint(code), s.value)
	}}
}

// sysctlTrial returns the trial of a statement about a sysctl, or nil if it is about something else. The kernel need not
// have it.
func sysctlTrial(s statement) func(*testing.T, *trialWorld, statement) {
	name, isOurs := strings.CutPrefix(s.place, "ipvsadm ")
	sysctl := sysctls.ByName(name)
	if !isOurs || sysctl == nil {
		return nil
	}
	return func(t *testing.T, w *trialWorld, s statement) {
		fresh := kernel.NewNamespace(t)
		got := fresh.Ipvsadm(t, program(), "--sysctl", name)
		if got.Code != 0 {
			require.Equal(t, "net.ipv4.vs."+name+": the kernel has no such sysctl\n", got.Stderr)
			return
		}
		if s.kind == "default" {
			if sysctl.Default != "" {
				require.Equal(t, strings.ReplaceAll(s.value, "_", " "), kernelSysctl(t, fresh, sysctlPath+name))
			}
			return
		}
		for value, taken := range ends(t, s) {
			got := fresh.Ipvsadm(t, program(), "--sysctl", name+"="+value)
			require.Equal(t, taken, got.Code == 0, "%s=%s: %+v", name, value, got)
		}
	}
}

const (
	aService = "-A -t 192.0.2.1:80"
	aServer  = "-a -t 192.0.2.1:80 -r 10.0.0.1:80"
	aGUE     = aServer + " -i --tun-type gue --tun-port"
	aBackup  = "--start-daemon backup --mcast-interface eth0"

	// busy is a UDP service with a connection, which the director makes itself.
	busy = "ipvsadm -A -u 192.0.2.250:53 -s rr; ipvsadm -a -u 192.0.2.250:53 -r 127.0.0.1:53 -m; bash -c 'echo >/dev/udp/192.0.2.250/53'\n"
	// asNobody runs what follows without rights.
	asNobody = "setpriv --reuid 65534 --clear-groups "
	locked   = "exec 9</proc/self/ns/net; flock 9; "
)

// trials are the trials of the statements, by their places and in their order there.
var trials = map[string][]trial{
	"ipvsadm --set":        {within("--set %s %s %s")},
	"ipvsadm -L":           {exits("ipvsadm -A -f 1; ipvsadm -L -f 1 -r 10.0.0.1", "ipvsadm -L -f 1 -r 10.0.0.1")},
	"ipvsadm --schedulers": {exits("unshare -m sh -c 'mount -t tmpfs none /lib/modules && ipvsadm --schedulers'")},
	"ipvsadm -h":           {exits(asNobody+"ipvsadm -h", asNobody+"ipvsadm -v")},
	"ipvsadm Services":     {within("-A -t 192.0.2.1:%s -p")},
	"ipvsadm -f":           {within("-A -f %s")},
	"ipvsadm -s":           {unless("-s %s", aService)},
	"ipvsadm -p":           {within(aService + " -p %s"), unless("%s", aService+" -p")},
	"ipvsadm -M": {
		unless("-M %s", aService+" -p"),
		within("-A -t [2001:db8::1]:80 -p -M %s"),
		unless("-M %s", "-A -t [2001:db8::1]:80 -p"),
	},
	"ipvsadm --pe":         {lacking("--pe", "-A -u 192.0.2.1:80 -p")},
	"ipvsadm -b":           {lacking("-b", "-A -t 192.0.2.1:80 -s sh")},
	"ipvsadm -g":           {unless("-g", aService, aServer)},
	"ipvsadm -w":           {within(aService, aServer+" -w %s"), unless("-w %s", aService, aServer)},
	"ipvsadm -x":           {within(aService, aServer+" -x %s"), unless("-x %s", aService, aServer)},
	"ipvsadm -y":           {within(aService, aServer+" -x 2147483647 -y %s"), unless("-y %s", aService, aServer)},
	"ipvsadm --tun-type":   {unless("--tun-type %s", aService, aServer+" -i")},
	"ipvsadm --tun-port":   {within(aService, aGUE+" %s")},
	"ipvsadm --tun-nocsum": {unless("--tun-nocsum", aService, aGUE+" 6080")},
	"ipvsadm --ensure": {exits(
		"ipvsadm -A -f 1 --ensure", "ipvsadm -A -f 1; ipvsadm -A -f 1 --ensure", "ipvsadm -A -f 1; ipvsadm -A -f 1 -s rr --ensure",
		"ipvsadm -D -f 1 --ensure", "ipvsadm -A -f 1; ipvsadm -d -f 1 -r 10.0.0.1 --ensure")},
	"ipvsadm --drain": {within("-A -f 1", "-a -f 1 -r 10.0.0.1", "-d -f 1 -r 10.0.0.1 --drain %s")},
	"ipvsadm Draining": {
		exits(busy + "ipvsadm -d -u 192.0.2.250:53 -r 127.0.0.1:53 --drain 0"),
		exits(busy + "ipvsadm -d -u 192.0.2.250:53 -r 127.0.0.1:53 --drain 0 --force"),
		exits(busy + "ipvsadm -d -u 192.0.2.250:53 -r 127.0.0.1:53 --drain & sleep 1; ipvsadm -D -u 192.0.2.250:53; wait $!"),
		exits(busy + "ipvsadm -d -u 192.0.2.250:53 -r 127.0.0.1:53 --drain & sleep 1; ipvsadm -e -u 192.0.2.250:53 -r 127.0.0.1:53 -m -w 5; wait $!"),
	},
	"ipvsadm --mcast-interface": {unless("--mcast-interface %s", "--start-daemon backup")},
	"ipvsadm --syncid":          {within(aBackup + " --syncid %s"), unless("--syncid %s", aBackup)},
	"ipvsadm --mcast-group":     {unless("--mcast-group %s", aBackup)},
	"ipvsadm --mcast-port":      {within(aBackup + " --mcast-port %s"), unless("--mcast-port %s", aBackup)},
	"ipvsadm --mcast-ttl":       {within(aBackup + " --mcast-ttl %s"), unless("--mcast-ttl %s", aBackup)},
	"ipvsadm --sync-maxlen": {
		within(aBackup + " --sync-maxlen %s"),
		{"default", func(t *testing.T, w *trialWorld, s statement) {
			unless("--sync-maxlen %s", "--start-daemon master").try(t, w, s)
			s.value = "1452"
			require.Contains(t, s.sentence, s.value+" with an IPv6 group")
			unless("--sync-maxlen %s", "--start-daemon master --mcast-group ff02::81").try(t, w, s)
		}},
		{"default", func(t *testing.T, w *trialWorld, s statement) {
			s.value = fmt.Sprint(1500 - 20 - 8)
			unless("--sync-maxlen %s", aBackup).try(t, w, s)
		}},
	},
	"ipvsadm --wait": {within("-C --wait %s"), meaning("-C", "--wait %s")},
	"ipvsadm Several at once": {
		exits(locked+"ipvsadm -C --wait 0", locked+"echo -A -f 1 | ipvsadm -R --wait 0", locked+"echo -A -f 1 | ipvsadm-restore --wait 0"),
		shownBy(255, TestReplaceAmongOthers),
	},
	"ipvsadm --sort":   {{"default", triedSort}},
	"ipvsadm --color":  {{"default", triedColor}},
	"ipvsadm --watch":  {withinWatch("ipvsadm -L -n --watch %s"), meaning("-L --watch", "%s")},
	"ipvsadm Watching": {exits("TERM=xterm script -qec 'timeout --preserve-status -s INT 2 ipvsadm -L -n --watch' /dev/null")},
	"ipvsadm SYSCTLS": {
		exits("ipvsadm --sysctl nosuch=1", "ipvsadm --sysctl nat_icmp_send=x"),
		exits("ipvsadm --sysctl nosuch"),
	},

	"ipvsadm AUTO":          {serviceDefault},
	"ipvsadm DAEMON":        {serviceDefault},
	"ipvsadm IFACE":         {serviceDefault},
	"ipvsadm SYNCID":        {within(aBackup + " --syncid %s"), serviceDefault},
	"ipvsadm SAVE_ON_STOP":  {serviceDefault},
	"ipvsadm CLEAR_ON_STOP": {serviceDefault},

	"ipvsadm EXIT STATUS 0": {exits("ipvsadm -A -f 1", "ipvsadm -L", "ipvsadm -S")},
	"ipvsadm EXIT STATUS 1": {
		exits("ipvsadm -L -t 192.0.2.9:80"),
		exits("ipvsadm -L >/dev/full", "ipvsadm -L -n -j >/dev/full", unreadable),
		exits(busy + "ipvsadm -d -u 192.0.2.250:53 -r 127.0.0.1:53 --drain 0"),
		exits("ipvsadm -A -f 1; ipvsadm --check"),
	},
	"ipvsadm CHECKS": {exits("echo -A >rules; ipvsadm --check <rules")},
	"ipvsadm EXIT STATUS 2": {
		exits("ipvsadm -A", "ipvsadm -A -t 192.0.2.1", "ipvsadm -A -f 1 -w 1", "ipvsadm -L word"),
		exits(asNobody + "ipvsadm -L"),
		exits("ipvsadm -L --netns nosuch", "ipvsadm --netns nosuch"),
		exits(locked + "ipvsadm -C --wait 0"),
	},
	"ipvsadm EXIT STATUS 255": {
		exits("ipvsadm word", "ipvsadm -nL", "ipvsadm -t 192.0.2.1:80"),
		exits("ipvsadm -L --nosuch", "ipvsadm -A -q"),
		exits("ipvsadm -D -f 1", "ipvsadm -A -f 1 -s nosuch", "ipvsadm -A -f 1; ipvsadm -A -f 1"),
	},
	"ipvsadm EXIT STATUS": {
		exits("echo -A | ipvsadm -R --replace", "echo -A | ipvsadm -R --dry-run"),
		exits("echo -A -f 1 -s nosuch | ipvsadm -R --replace", "ipvsadm -R --replace </", "ipvsadm -R --dry-run </"),
	},

	"ipvsadm-save DESCRIPTION":   {exits("ipvsadm-save -h", "ipvsadm-save --help", "ipvsadm-save --numeric")},
	"ipvsadm-save FORMAT":        {exits("ipvsadm --start-daemon backup; ipvsadm-save -n --daemon >saved; ipvsadm-restore saved")},
	"ipvsadm-save EXIT STATUS 0": {exits("ipvsadm-save -n")},
	"ipvsadm-save EXIT STATUS 1": {
		exits("ipvsadm -A -f 1; ipvsadm-save >/dev/full"),
		exits("ipvsadm-save -f 1"),
		exits("ipvsadm-save -h"),
	},
	"ipvsadm-save EXIT STATUS 2": {
		exits("ipvsadm-save -t word:word"),
		exits(asNobody + "ipvsadm-save"),
		exits("ipvsadm-save --netns nosuch"),
	},
	"ipvsadm-save EXIT STATUS 255": {exits("ipvsadm-save --netns", "ipvsadm-save -t", "ipvsadm-save --all=1")},

	"ipvsadm-restore --wait": {within("-C --wait %s"), meaning("-R", "--wait %s")},
	"ipvsadm-restore -h":     {exits("ipvsadm-restore -h", "ipvsadm-restore --help")},
	"ipvsadm-restore EXIT STATUS 0": {
		exits("echo -A -f 1 | ipvsadm-restore", "echo -A -f 1 | ipvsadm-restore --replace"),
		exits("echo -A -f 1 | ipvsadm-restore --dry-run"),
	},
	"ipvsadm-restore EXIT STATUS 1": {exits("ipvsadm-restore --help")},
	"ipvsadm-restore EXIT STATUS 2": {
		exits("echo -A | ipvsadm-restore", "echo -A | ipvsadm-restore --dry-run"),
		exits("ipvsadm -A -f 1; ipvsadm-restore </dev/null", "ipvsadm -A -f 1; echo | ipvsadm-restore --replace"),
		exits("ipvsadm-restore nosuch"),
		exits("echo -A -f 1 | " + asNobody + "ipvsadm-restore"),
		exits("echo -A -f 1 | ipvsadm-restore --netns nosuch"),
		exits(locked + "echo -A -f 1 | ipvsadm-restore --wait 0"),
	},
	"ipvsadm-restore EXIT STATUS 255": {
		exits("echo -A -f 1 -s nosuch | ipvsadm-restore"),
		exits("ipvsadm-restore </"),
		exits("ipvsadm-restore --wait", "ipvsadm-restore --replace=1"),
	},
}

// unreadable lists connections where their table has a fault.
const unreadable = `unshare -m sh -c 'mount -t tmpfs none /proc; mkdir /proc/net; printf "Pro FromIP\nTCP\n" >/proc/net/ip_vs_conn; ipvsadm -L -c'`

// triedSort shows that a listing is sorted unless it is asked not to be.
func triedSort(t *testing.T, w *trialWorld, _ statement) {
	w.run(t, "-A -f 1", "-a -f 1 -r 10.0.0.1", "-a -f 1 -r 10.0.0.2") // the kernel lists the latest first
	require.Equal(t, w.run(t, "-L -n --sort"), w.run(t, "-L -n"))
	require.NotEqual(t, w.run(t, "-L -n --nosort"), w.run(t, "-L -n"))
}

// triedColor shows what a listing on a terminal has without the option.
func triedColor(t *testing.T, w *trialWorld, s statement) {
	w.run(t, "-A -f 1", "-a -f 1 -r 10.0.0.1 -w 0")
	listed := func(option string) string {
		return shell(t, w.Namespace, "script -qec 'ipvsadm -L -n"+option+"' /dev/null").Stdout
	}
	require.Equal(t, listed(" --color "+s.value), listed(""))
	require.NotEqual(t, listed(" --color always"), listed(""))
}

// serviceDefault shows the default of a setting of the service, on each family.
var serviceDefault = trial{"default", func(t *testing.T, w *trialWorld, s statement) {
	if w.defaults == nil {
		w.defaults = serviceDefaults(t, w)
	}
	name := strings.TrimPrefix(s.place, "ipvsadm ")
	for family, values := range w.defaults {
		require.NotEmpty(t, values[name])
		require.Equal(t, defaultFor(s, family), values[name], "%s on %s", name, family)
	}
}}

// serviceDefaults has the service tell its settings where there is nothing but an empty file of a family.
func serviceDefaults(t *testing.T, w *trialWorld) map[string]map[string]string {
	t.Helper()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(w.dir+"/"+name, []byte(text), 0o600))
	}
	write("service", docText(t, "packaging/ipvsadm-service"))
	write("tell", `exec 3>&1 >/dev/null 2>&1
trap 'set >&3' EXIT
set -- nosuch
. ./service
`)
	all := map[string]map[string]string{}
	for family, file := range map[string]string{"Debian": "default/ipvsadm", "Red Hat's family": "sysconfig/ipvsadm-config", "Alpine": "conf.d/ipvsadm"} {
		require.NoError(t, os.RemoveAll(w.dir+"/etc"))
		require.NoError(t, os.MkdirAll(w.dir+"/etc/"+filepath.Dir(file), 0o755))
		write("etc/"+file, "")
		all[family] = map[string]string{}
		told := shell(t, w.Namespace, "cd "+w.dir+"; unshare -m sh -c 'mount --bind etc /etc; exec sh tell' || true").Stdout
		for line := range strings.Lines(told) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			all[family][name] = strings.Trim(value, "'")
		}
	}
	return all
}

// defaultFor returns the default for a family, of a sentence such as "The default is false on Alpine and true elsewhere."
func defaultFor(s statement, family string) string {
	_, rest, _ := strings.Cut(s.sentence, "default is ")
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, "."), " and ") {
		value, place, conditional := strings.Cut(strings.TrimSuffix(part, ","), " on ")
		if conditional && strings.HasPrefix(place, family) {
			return value
		}
		if value, ok := strings.CutSuffix(part, " elsewhere"); ok {
			return value
		}
	}
	return strings.TrimSuffix(s.value, ".")
}
