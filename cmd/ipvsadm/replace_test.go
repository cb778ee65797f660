// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

const replaceLine = "ipvsadm -R --replace"

// restore puts rules in force.
func (s *testSystem) restore(t *testing.T, rules string) {
	t.Helper()
	require.Equal(t, result{}, s.input(rules, "ipvsadm -R"))
}

// Only what differs is changed, in an order in which clients are served all the while.
func TestReplace(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.2\n-A -f 2\n-A -f 3\n")
	const wanted = "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.3 -w 5\n-A -f 3\n-A -f 4\n"
	const plan = "-a -f 1 -r 10.0.0.3:0 -g -w 5\n" +
		"-A -f 4 -s wlc\n" +
		"-E -f 1 -s wrr\n" +
		"-d -f 1 -r 10.0.0.2:0\n" +
		"-D -f 2\n"
	before := s.saved(t)
	require.Equal(t, result{stdout: plan}, s.input(wanted, replaceLine+" --dry-run"))
	require.Equal(t, before, s.saved(t))
	all := s.journal()
	require.Equal(t, result{}, s.input(wanted, replaceLine))
	require.Equal(t, []string{
		"add destination 10.0.0.3:0 of mark 1 IPv4",
		"add service mark 4 IPv4",
		"set service mark 1 IPv4",
		"delete destination 10.0.0.2:0 of mark 1 IPv4",
		"delete service mark 2 IPv4",
	}, *all)
	require.Equal(t, "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1:0 -g -w 1\n-a -f 1 -r 10.0.0.3:0 -g -w 5\n-A -f 3 -s wlc\n-A -f 4 -s wlc\n", s.saved(t))
	require.Equal(t, result{}, s.input(wanted, replaceLine))
	require.Len(t, *all, 5)
	require.Equal(t, result{}, s.input(wanted, replaceLine+" --dry-run"))
}

// Lines at fault, and such as would be refused, keep everything from being changed.
func TestReplaceFaults(t *testing.T) {
	s := newTestSystem(t)
	s.do(t, "ipvsadm -A -f 7")
	require.Equal(t, result{
		stderr: "line 2: -A -f 1: Service already exists\n" +
			"line 3: -Z: -Z is not allowed with --replace, which keeps counters\n" +
			"line 4: -Z -f 1: -Z is not allowed with --replace, which keeps counters\n" +
			"line 5: -L: the command changes nothing\n" +
			"line 6: -D -f 2: No such service\n" +
			"line 7: -a -f 2 -r 10.0.0.1: Service not defined\n" +
			"line 8: -d -f 1 -r 10.0.0.1: No such destination\n" +
			"line 11: --start-daemon master: Daemon has already run\n" +
			"line 14: --stop-daemon master: No daemon is running\n" +
			"line 15: -A: You need to supply the 'service-address' option for the 'add-service' command\n",
		code: 2,
	}, s.input("-A -f 1\n-A -f 1\n-Z\n-Z -f 1\n-L\n-D -f 2\n-a -f 2 -r 10.0.0.1\n-d -f 1 -r 10.0.0.1\n"+
		"--stop-daemon master\n--start-daemon master\n--start-daemon master\n\n--stop-daemon master\n--stop-daemon master\n-A\n", replaceLine))
	require.Equal(t, "-A -f 7 -s wlc\n", s.saved(t))
}

// Rules without a service clear no table, unless they say so.
func TestReplaceNothing(t *testing.T) {
	const why = "the rules have no service, but the table does: to clear it, add -C to the rules\n"
	s := newTestSystem(t)
	require.Equal(t, result{}, s.input("", replaceLine))
	s.do(t, "ipvsadm -A -f 7")
	for _, line := range []string{replaceLine, replaceLine + " --dry-run"} {
		require.Equal(t, result{stderr: why, code: 2}, s.input("", line))
		require.Equal(t, result{stderr: why, code: 2}, s.input("--set 1 2 3\n", line))
	}
	require.Equal(t, result{}, s.input("-C\n", replaceLine))
	require.Empty(t, s.saved(t))
	s.do(t, "ipvsadm -A -f 7")
	require.Equal(t, result{}, s.input("-A -f 8\n-D -f 8\n", replaceLine))
	require.Empty(t, s.saved(t))
}

// Timeouts and sync daemons that the rules name are changed where they differ.
func TestReplaceSettings(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "--start-daemon master --mcast-interface lo --syncid 1\n--start-daemon backup\n--set 900 100 300\n")
	all := s.journal()
	require.Equal(t, result{}, s.input("-C\n", replaceLine))
	require.Equal(t, result{}, s.input("--start-daemon master --mcast-interface lo --syncid 1\n--set 900 0 0\n", replaceLine))
	require.Empty(t, *all)
	require.Equal(t, result{}, s.input("--start-daemon master --syncid 2\n--stop-daemon backup\n-A -f 1\n--set 800 100 0\n", replaceLine))
	require.Equal(t, []string{"stop daemon master", "stop daemon backup", "set timeouts", "add service mark 1 IPv4", "start daemon master"}, *all)
	require.Equal(t, "--set 800 100 300\n--start-daemon master --mcast-interface eth0 --syncid 2 --sync-maxlen 1472 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1\n"+
		"-A -f 1 -s wlc\n", s.input("", "ipvsadm -S -n --all").stdout)
	// A daemon that is named last as stopped is to be stopped.
	require.Equal(t, result{}, s.input("-C\n--stop-daemon master\n--start-daemon master\n--stop-daemon master\n", replaceLine))
	require.Equal(t, result{}, s.input("", "ipvsadm -L --daemon"))
}

// What is to take the place of others has to be there before these go.
func TestReplaceKept(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1\n-A -f 2\n")
	s.director.SetSchedulers("wlc")
	require.Equal(t, result{
		stderr: "-A -f 3 -s rr: Scheduler or persistence engine not found\nsome changes failed, so nothing was deleted or drained\n",
		code:   255,
	}, s.input("-A -f 3 -s rr\n-A -f 4\n-A -f 1\n", replaceLine))
	require.Equal(t, "-A -f 1 -s wlc\n-A -f 2 -s wlc\n-A -f 4 -s wlc\n", s.saved(t))
	require.Equal(t, result{stderr: "-A -f 3 -s rr: Scheduler or persistence engine not found\n", code: 255},
		s.input("-A -f 3 -s rr\n-A -f 4\n-A -f 1\n-A -f 2\n", replaceLine))
}

// Whatever another writer does between reading and changing, the replacement is planned
// again.
func TestReplaceOutdated(t *testing.T) {
	s := newTestSystem(t)
	other := s.another(t)
	apply := func(changes ...ipvsnl.Change) { require.NoError(t, other.Apply(t.Context(), changes...)) }
	added := ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1}, Scheduler: "rr"}
	turns := 0
	writes := func(r request) error {
		switch r.command {
		case newService:
			apply(ipvsnl.AddService(added))
		case setService:
			apply(ipvsnl.DeleteService(added.Key))
		default:
			return nil
		}
		turns++
		return nil
	}
	s.before = func(r request) error {
		if turns < 4 {
			return writes(r)
		}
		return nil
	}
	require.Equal(t, result{}, s.input("-A -f 1 -s wrr\n", replaceLine))
	require.Equal(t, 4, turns)
	require.Equal(t, "-A -f 1 -s wrr\n", s.saved(t))

	s.do(t, "ipvsadm -C")
	turns = 0
	s.before = writes
	require.Equal(t, result{
		stderr: "-A -f 1 -s wrr: Service already exists; later changes were not made\n",
		code:   255,
	}, s.input("-A -f 1 -s wrr\n", replaceLine))
	require.Equal(t, 5, turns)
	s.before = func(request) error { return nil }
	require.Equal(t, "-A -f 1 -s rr\n", s.saved(t))
}

// So it is if what was read is not what is there any more, and the daemons that were
// stopped for good or for a while run again.
func TestReplaceOutdatedBeforeSending(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1 -s rr\n--start-daemon master --syncid 1\n")
	other := s.another(t)
	turns := 0
	schedulers := []string{"lc", "nq"}
	s.before = func(r request) error {
		if r.command == getService && !r.dump {
			scheduler := schedulers[turns%2]
			turns++
			return other.Apply(t.Context(), ipvsnl.SetService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1}, Scheduler: scheduler}))
		}
		return nil
	}
	require.Equal(t, result{
		stderr: "-E -f 1 -s wrr: something else keeps changing this; later changes were not made\n",
		code:   255,
	}, s.input("-A -f 1 -s wrr\n--start-daemon master --syncid 2\n", replaceLine))
	require.Equal(t, maxPlans, turns)
	require.Contains(t, s.input("", "ipvsadm -L --daemon").stdout, "master sync daemon (mcast=eth0, syncid=1,")
}

// A daemon that an earlier plan has stopped runs again, as it did, if the replacement comes to nothing.
func TestReplaceOutdatedLater(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1 -s rr\n--start-daemon master --syncid 1\n")
	other := s.another(t)
	all := s.journal()
	turns := 0
	s.before = func(r request) error {
		if r.command == getService && !r.dump {
			turns++
			return other.Apply(t.Context(), ipvsnl.SetService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1}, Scheduler: []string{"lc", "nq"}[turns%2]}))
		}
		return nil
	}
	require.Equal(t, result{
		stderr: "-D -f 1: something else keeps changing this; later changes were not made\n",
		code:   255,
	}, s.input("-A -f 2\n--start-daemon master --syncid 2\n", replaceLine))
	require.Contains(t, *all, "stop daemon master")
	require.Contains(t, s.input("", "ipvsadm -L --daemon").stdout, "master sync daemon (mcast=eth0, syncid=1,")
}

// What is to be changed but cannot be read again is not changed.
func TestReplaceCannotReadAgain(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1 -s rr\n")
	s.before = func(r request) error {
		if r.command == getService && !r.dump {
			return errBroken
		}
		return nil
	}
	require.Equal(t, result{stderr: "Cannot get service: netlink send: broken\n", code: 255}, s.input("-A -f 1 -s wrr\n", replaceLine))
	s.before = func(request) error { return nil }
	require.Equal(t, "-A -f 1 -s rr\n", s.saved(t))
}

// Settings that no line mentions are not read.
func TestReplaceReads(t *testing.T) {
	for lines, want := range map[string][]byte{
		"-C\n":                       nil,
		"-C\n--set 1 2 3\n":          {getConfig},
		"-C\n--stop-daemon master\n": {getDaemon},
	} {
		s := newTestSystem(t)
		var read []byte
		s.before = func(r request) error {
			if r.command == getConfig || r.command == getDaemon {
				read = append(read, r.command)
			}
			return nil
		}
		require.Equal(t, result{}, s.input(lines, replaceLine))
		require.Equal(t, want, read)
	}
}

// After a signal the exit code reports whether all was done.
func TestReplaceStop(t *testing.T) {
	for code, want := range map[int]int{exitDone: exitDone, exitChange: 143} {
		rep := newRunner(&newTestSystem(t).system, newConsole("ipvsadm", nil, io.Discard, io.Discard)).replacer(&flags.Command{})
		rep.applied <- code
		require.Equal(t, want, rep.stop(unix.SIGTERM))
		require.Equal(t, unix.SIGTERM, <-rep.stopped)
	}
}

// A table that changes at each reading is reported, and the plan made of the last one.
func TestReplaceUnstable(t *testing.T) {
	s := newTestSystem(t)
	changing(t, s)
	got := s.input("-A -f 1\n", replaceLine+" --dry-run")
	require.Equal(t, unstable, got.stderr)
	require.Contains(t, got.stdout, "-A -f 1 -s wlc\n")
}

const unstable = "warning: the table keeps changing while it is read; the output may lack services or real servers\n"

// changing has another writer add a service before each listing of services.
func changing(t *testing.T, s *testSystem) {
	other := s.another(t)
	s.do(t, "ipvsadm -A -f 100")
	mark := uint32(100)
	s.before = func(r request) error {
		if r.command != getService {
			return nil
		}
		mark++
		return other.Apply(t.Context(), ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: mark}, Scheduler: "rr"}))
	}
}

// A daemon that cannot be started as wanted runs on as it was.
func TestReplaceDaemonRefused(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "--start-daemon master --mcast-interface lo --syncid 1\n--start-daemon backup --syncid 5\n")
	all := s.journal()
	got := s.input("-C\n--start-daemon master --mcast-interface eth9 --syncid 2\n", replaceLine)
	require.Equal(t, result{stderr: "--start-daemon master --mcast-interface eth9 --syncid 2: No such device\n", code: 255}, got)
	require.Equal(t, []string{"stop daemon master", "start daemon master", "start daemon master"}, *all)
	require.Contains(t, s.input("", "ipvsadm -L --daemon").stdout, "master sync daemon (mcast=lo, syncid=1,")

	// If even that fails, it is said.
	s.director.Refuse(func(c ipvsnl.Change) int {
		if c.Op == ipvsnl.OpStartDaemon {
			return int(unix.ENOMEM)
		}
		return 0
	})
	require.Equal(t, result{
		stderr: "--start-daemon master --mcast-interface eth0 --syncid 2: Memory allocation problem\n" +
			"--start-daemon master --mcast-interface lo --syncid 1 --sync-maxlen 1472 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1: Memory allocation problem\n",
		code: 255,
	}, s.input("-C\n--start-daemon master --syncid 2\n", replaceLine))
	// A daemon that is running by now is not a failure.
	s.director.Refuse(nil)
	s.do(t, "ipvsadm --start-daemon master --mcast-interface lo")
	s.director.Refuse(func(c ipvsnl.Change) int {
		if c.Op == ipvsnl.OpStartDaemon {
			return int(unix.EEXIST)
		}
		return 0
	})
	require.Equal(t, 1, strings.Count(s.input("-C\n--start-daemon master --syncid 2\n", replaceLine).stderr, "\n"))
}

// Where the connection breaks, the outcome is in doubt from there on.
func TestReplaceInDoubt(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1\n")
	s.breakAt(2)
	require.Equal(t, result{
		stderr: "-D -f 1: this change and later ones are in doubt: netlink send-messages: broken\n",
		code:   255,
	}, s.input("-A -f 2\n", replaceLine))
	require.Equal(t, "-A -f 1 -s wlc\n-A -f 2 -s wlc\n", s.saved(t))
}

// What cannot be read cannot be planned.
func TestReplaceCannotRead(t *testing.T) {
	for command, c := range map[byte]struct{ rules, want string }{
		getService: {"-A -f 1\n", "Cannot list services: netlink send: broken\n"},
		getDest:    {"-A -f 1\n", "Cannot list destinations: netlink send: broken\n"},
		getConfig:  {"-A -f 1\n--set 1 2 3\n", "Cannot get timeouts: netlink send: broken\n"},
		getDaemon:  {"-A -f 1\n--stop-daemon master\n", "Cannot list daemons: netlink send: broken\n"},
	} {
		s := newTestSystem(t)
		s.restore(t, "-A -f 1 -s rr\n")
		s.breakReading(command)
		for _, line := range []string{replaceLine, replaceLine + " --dry-run"} {
			require.Equal(t, result{stderr: c.want, code: 255}, s.input(c.rules, line))
		}
		s.before = func(request) error { return nil }
		require.Equal(t, "-A -f 1 -s rr\n", s.saved(t))
	}
}

// A signal between two datagrams stops a replacement without doubt.
func TestReplaceStopped(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1\n-A -f 2\n--start-daemon master --syncid 1\n--start-daemon backup --syncid 5\n")
	var b bytes.Buffer
	r := newRunner(&s.system, newConsole("ipvsadm", nil, &b, &b))
	require.Zero(t, r.open(t.Context(), ""))
	defer r.close()
	var lines wantedLines
	r.con.in = strings.NewReader("-A -f 3\n--start-daemon master --syncid 2\n--stop-daemon backup\n")
	require.Zero(t, r.lines.readWhole(r.con, io.Discard, lines.add))
	rep := r.replacer(&flags.Command{})
	rep.wanted = lines.table()
	s.before = func(r request) error {
		if r.changes() {
			select {
			case rep.stopped <- unix.SIGTERM:
			default:
			}
		}
		return nil
	}
	require.Equal(t, exitChange, rep.carryOut(t.Context()))
	require.Equal(t, "stopped by a signal (terminated): 3 of 6 changes are done, nothing was sent from this one on: -D -f 1\n", b.String())
	s.before = func(request) error { return nil }
	require.Equal(t, "-A -f 1 -s wlc\n-A -f 2 -s wlc\n-A -f 3 -s wlc\n", strings.Join(strings.SplitAfter(s.saved(t), "\n")[1:], ""))
	require.Regexp(t, "^master sync daemon .mcast=eth0, syncid=1,.*\n$", s.input("", "ipvsadm -L --daemon").stdout)
}

// A signal ends a replacement that the kernel does not reply to.
func TestReplaceSignal(t *testing.T) {
	s := newTestSystem(t)
	s.patience = 300 * time.Millisecond
	s.before = func(r request) error {
		if r.changes() {
			raiseSignal(unix.SIGHUP)
			<-r.closed
		}
		return nil
	}
	got := s.input("-A -f 1\n", replaceLine)
	require.Equal(t, result{stderr: "-A -f 1 -s wlc: this change and later ones are in doubt: context canceled\n", code: 129}, got)
}

// One that comes when all is sent is too late.
func TestReplaceSignalLate(t *testing.T) {
	s := newTestSystem(t)
	s.before = func(r request) error {
		if r.changes() {
			raiseSignal(unix.SIGHUP)
		}
		return nil
	}
	require.Equal(t, result{}, s.input("-A -f 1\n", replaceLine))
	require.Equal(t, "-A -f 1 -s wlc\n", s.saved(t))
}

// A rule of a message shows what cannot be seen; a change without a rule has the
// library's form.
func TestRule(t *testing.T) {
	c := ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1}, Scheduler: "r\u00e9"})
	require.Equal(t, "-A -f 1 -s r<U+00E9>", rule(&c))
	w := ipvsnl.SetWeight(ipvsnl.ServiceKey{Mark: 1}, netip.MustParseAddrPort("10.0.0.1:80"), 5)
	require.Equal(t, w.String(), rule(&w))
}
