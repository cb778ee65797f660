package model_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/model"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// noNames knows no names.
type noNames struct{}

func (noNames) Addr(string) (netip.Addr, bool)                    { return netip.Addr{}, false }
func (noNames) PortNumber(string, ipvsnl.Protocol) (uint16, bool) { return 0, false }

// run runs command lines and returns what is wrong with each that is refused.
func run(t *testing.T, m *model.Model, lines string) (refused []string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		c, err := flags.Parse(strings.Fields(line), noNames{})
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if err := m.Run(&c); err != nil {
			refused = append(refused, strings.TrimSpace(line)+": "+err.Error())
		}
	}
	return refused
}

// table returns the table, timeouts and daemons as rules.
func table(t *testing.T, m *model.Model) string {
	t.Helper()
	changes, err := reconcile.Plan(nil, m.Table())
	if err != nil {
		t.Fatal(err)
	}
	changes = append(changes, reconcile.PlanTimeouts(ipvsnl.Timeouts{}, m.Timeouts)...)
	stop, start := reconcile.PlanDaemons([]ipvsnl.Daemon{{State: ipvsnl.Master}, {State: ipvsnl.Backup}}, m.Daemons)
	var b []byte
	for _, c := range append(append(changes, stop...), start...) {
		b = format.AppendChange(b, &c)
	}
	return string(b)
}

func TestServices(t *testing.T) {
	for lines, want := range map[string]bool{
		"": false, "--set 1 2 3\n--stop-daemon master": false,
		"-C": true, "-A -f 1": true, "-A -f 1\n-D -f 1": true,
	} {
		var m model.Model
		if refused := run(t, &m, lines); refused != nil || m.Services != want {
			t.Errorf("%q: Services is %v, refused: %q", lines, m.Services, refused)
		}
	}
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		refused     []string
		want        string
	}{
		{name: "nothing"},
		{
			name: "add",
			lines: `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.2 -m -x 7 -y 3
-a -t 192.0.2.1:80 -r 10.0.0.1 -m
-A -f 1`,
			want: `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 1 -x 7 -y 3
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1
-A -f 1 -s wlc
`,
		},
		{
			name: "edit",
			lines: `-A -t 192.0.2.1:80 -s rr -p 5
-a -t 192.0.2.1:80 -r 10.0.0.2 -m -x 7
-E -t 192.0.2.1:80 -s sh -b sh-port
-e -t 192.0.2.1:80 -r 10.0.0.2 -i`,
			want: `-A -t 192.0.2.1:80 -s sh -b sh-port
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 1 --tun-type ipip
`,
		},
		{
			name: "delete, and add again at the end",
			lines: `-A -f 1
-a -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.2
-A -f 2
-d -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.1
-D -f 2
-A -f 3
-A -f 2`,
			want: `-A -f 1 -s wlc
-a -f 1 -r 10.0.0.2:0 -g -w 1
-a -f 1 -r 10.0.0.1:0 -g -w 1
-A -f 3 -s wlc
-A -f 2 -s wlc
`,
		},
		{
			name:  "a service that comes back has no real servers",
			lines: "-A -f 1\n-a -f 1 -r 10.0.0.1\n-D -f 1\n-A -f 1",
			want:  "-A -f 1 -s wlc\n",
		},
		{
			name:  "clear",
			lines: "-A -f 1\n-C\n-A -f 1 -s rr\n-A -f 2\n-C",
		},
		{
			name:  "marks of two families, ports of two protocols",
			lines: "-A -f 1\n-A -f 1 -6\n-A -t 192.0.2.1:80\n-A -u 192.0.2.1:80\n-D -f 1",
			want:  "-A -f 1 -6 -s wlc\n-A -t 192.0.2.1:80 -s wlc\n-A -u 192.0.2.1:80 -s wlc\n",
		},
		{
			name:  "services that are not as they should be",
			lines: "-E -f 1\n-D -f 1\n-A -f 1\n-A -f 1 -s rr",
			refused: []string{
				"-E -f 1: ipvs: set service: no such service",
				"-D -f 1: ipvs: delete service: no such service",
				"-A -f 1 -s rr: ipvs: add service: service already exists",
			},
			want: "-A -f 1 -s wlc\n",
		},
		{
			name: "real servers that are not as they should be",
			lines: `-a -f 1 -r 10.0.0.1
-e -f 1 -r 10.0.0.1
-d -f 1 -r 10.0.0.1
-A -f 1
-e -f 1 -r 10.0.0.1
-d -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.1 -w 5
-a -f 1 -r 10.0.0.2 -y 1
-e -f 1 -r 10.0.0.1 -x 1 -y 2`,
			refused: []string{
				"-a -f 1 -r 10.0.0.1: ipvs: add destination: no such service",
				"-e -f 1 -r 10.0.0.1: ipvs: set destination: no such service",
				"-d -f 1 -r 10.0.0.1: ipvs: delete destination: no such service",
				"-e -f 1 -r 10.0.0.1: ipvs: set destination: no such destination",
				"-d -f 1 -r 10.0.0.1: ipvs: delete destination: no such destination",
				"-a -f 1 -r 10.0.0.1 -w 5: ipvs: add destination: destination already exists",
				"-a -f 1 -r 10.0.0.2 -y 1: ipvs: add destination: numerical result out of range",
				"-e -f 1 -r 10.0.0.1 -x 1 -y 2: ipvs: set destination: numerical result out of range",
			},
			want: "-A -f 1 -s wlc\n-a -f 1 -r 10.0.0.1:0 -g -w 1\n",
		},
		{
			name:  "timeouts",
			lines: "--set 1 2 3\n--set 0 5 0",
			want:  "--set 1 5 3\n",
		},
		{
			name: "daemons",
			lines: `--stop-daemon master
--start-daemon master --mcast-interface lo
--start-daemon master
--stop-daemon backup
--stop-daemon backup`,
			refused: []string{
				"--start-daemon master: ipvs: start daemon: daemon already running",
				"--stop-daemon backup: ipvs: stop daemon: no daemon running",
			},
			want: "--stop-daemon master\n--stop-daemon backup\n--start-daemon master --mcast-interface lo --syncid 0\n",
		},
		{
			name: "no daemon beside a real server of another family",
			lines: `-A -f 1
-a -f 1 -r 2001:db8::1 -i
--start-daemon master
-d -f 1 -r 2001:db8::1
--start-daemon master
-a -f 1 -r 2001:db8::1 -i
--stop-daemon master
-a -f 1 -r 2001:db8::1 -i`,
			refused: []string{
				"--start-daemon master: ipvs: start daemon: invalid argument",
				"-a -f 1 -r 2001:db8::1 -i: ipvs: add destination: invalid argument",
			},
			want: "-A -f 1 -s wlc\n-a -f 1 -r [2001:db8::1]:0 -i -w 1 --tun-type ipip\n--stop-daemon master\n",
		},
		{
			name:  "what is no part of a table",
			lines: "-Z\n-L\n-S\n-h\n-R",
			refused: []string{
				"-Z: counters live on and cannot be zeroed here",
				"-L: not a command that changes anything",
				"-S: not a command that changes anything",
				"-h: not a command that changes anything",
				"-R: not a command that changes anything",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m model.Model
			refused := run(t, &m, c.lines)
			if got, want := strings.Join(refused, "\n"), strings.Join(c.refused, "\n"); got != want {
				t.Errorf("refused:\n%s\nwant:\n%s", got, want)
			}
			if got := table(t, &m); got != c.want {
				t.Errorf("table:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}
