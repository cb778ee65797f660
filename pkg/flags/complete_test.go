// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// testMachine has a table, another one in the network namespace blue, and what else values are taken from.
type testMachine struct{}

func (testMachine) Services(netns string) []ipvsnl.Service {
	if netns != "" {
		return []ipvsnl.Service{service(tcp("192.0.2.7:70"), nil)}
	}
	udp := ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("192.0.2.1:53")}
	return []ipvsnl.Service{
		service(tcp("192.0.2.1:80"), nil), service(tcp("[2001:db8::1]:443"), nil), service(udp, nil),
		service(ipvsnl.ServiceKey{Mark: 1}, nil), service(ipvsnl.ServiceKey{Mark: 70}, nil), service(ipvsnl.ServiceKey{Mark: 9, IPv6: true}, nil),
	}
}

func (testMachine) Destinations(netns string, of ipvsnl.ServiceKey) []ipvsnl.Destination {
	switch {
	case netns != "":
		return []ipvsnl.Destination{server("10.0.0.7:70", nil)}
	case of == tcp("192.0.2.1:80"):
		return []ipvsnl.Destination{server("10.0.0.1:80", masquerading), server("10.0.0.2:8080", func(d *ipvsnl.Destination) {
			d.Forwarding, d.Weight = ipvsnl.Masquerade, 30
		})}
	case of == tcp("[2001:db8::1]:443"):
		return []ipvsnl.Destination{server("[2001:db8::2]:443", nil)}
	case of.Protocol == ipvsnl.UDP:
		return []ipvsnl.Destination{server("10.0.0.1:80", masquerading), server("10.0.0.3:53", nil)}
	case of.Mark == 70:
		return []ipvsnl.Destination{server("[2001:db8::7]:0", func(d *ipvsnl.Destination) { d.Forwarding = ipvsnl.Tunnel })}
	case of.IPv6:
		return []ipvsnl.Destination{server("[2001:db8::9]:0", nil)}
	}
	return nil
}

func (testMachine) LocalAddrs(netns string) []LocalAddr {
	if netns != "" {
		return []LocalAddr{{netip.MustParseAddr("192.0.2.7"), "eth7"}}
	}
	var all []LocalAddr
	for _, a := range []string{"127.0.0.1", "::1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "fe80::1"} {
		all = append(all, LocalAddr{netip.MustParseAddr(a), "eth0"})
	}
	return all
}

func (testMachine) Interfaces(netns string) []string { return []string{"eth0" + netns, "lo"} }
func (testMachine) Sysctls(string) []string          { return []string{"conntrack", "own"} }
func (testMachine) Schedulers() []string             { return []string{"mh", "rr", "wlc"} }
func (testMachine) Namespaces() []string             { return []string{"blue"} }
func (testMachine) Ports(protocol string) []Port {
	return []Port{{"http", 80}, {protocol + "-only", 9}}
}

func (testMachine) Files(prefix string) []string {
	return []string{prefix + "netns/", prefix + "file"}
}

// offered returns the words that a line can go on with, in order; the kinds of what are not words are in brackets.
func offered(line string) string {
	var all []string
	for _, o := range Complete(strings.Split(line, " "), testMachine{}) {
		switch o.Kind {
		case OfferWord:
			all = append(all, o.Word)
		case OfferOpen:
			all = append(all, o.Word+"...")
		default:
			all = append(all, "<"+string(o.Kind)+">")
		}
	}
	return ordered(all)
}

// ordered returns words in order, as shells have them.
func ordered(words []string) string { return strings.Join(slices.Sorted(slices.Values(words)), " ") }

const (
	anyServer  = "10.0.0.1:80 10.0.0.2:8080 [2001:db8::2]:443 10.0.0.3:53 [2001:db8::7]:0 [2001:db8::9]:0"
	anyService = "-t --tcp-service -u --udp-service --sctp-service -f --fwmark-service"
	anyColumn  = "conns inpkts outpkts inbytes outbytes cps inpps outpps inbps outbps active inactive weight"
	anyCommand = "-A --add-service -E --edit-service -D --delete-service -C --clear -L --list -l -Z --zero -a --add-server " +
		"-e --edit-server -d --delete-server --set --start-daemon --stop-daemon -R --restore -S --save --sysctl --schedulers --check " +
		"-h --help -v --version --build"
	ofAny = " --netns"
)

func TestComplete(t *testing.T) {
	want, got := map[string]string{}, map[string]string{}
	for _, tt := range []struct{ line, want string }{
		// The command comes first, except for --netns.
		{"ipvsadm ", anyCommand + ofAny},
		{"ipvsadm -", anyCommand + ofAny},
		{"ipvsadm --st", anyCommand + ofAny}, // a shell keeps what matches
		{"ipvsadm --netns blue -", anyCommand},
		{"ipvsadm --netns=blue ", anyCommand},
		{"ipvsadm x", ""},
		{"ipvsadm x -", "--sysctl -h --help -v --version --build"}, // which take any word
		{"ipvsadm", ""},

		// Options follow that go with it and with each other.
		{"ipvsadm -C -", "-6 --ipv6 -4 --ipv4 --vip --marks --dry-run --wait --netns"},
		{"ipvsadm -C ", "-6 --ipv6 -4 --ipv4 --vip --marks --dry-run --wait --netns"},
		{"ipvsadm --netns blue -C -", "-6 --ipv6 -4 --ipv4 --vip --marks --dry-run --wait"},
		{"ipvsadm -C --vip 192.0.2.1 -", "-4 --ipv4 --dry-run --wait --netns"},
		{"ipvsadm -C -6 -", "--vip --marks --dry-run --wait --netns"},
		{"ipvsadm --schedulers -", "-j --json --netns"},
		{"ipvsadm -A -t 192.0.2.1:80 -", "-s --scheduler -p --persistent -M --netmask --pe -b --sched-flags --keep --ensure --netns"},
		{"ipvsadm -A -u 192.0.2.1:80 -s rr -", "-p --persistent -M --netmask --pe -b --sched-flags -o --ops --keep --ensure --netns"},
		{"ipvsadm -A -o -", "-u --udp-service -f --fwmark-service -s --scheduler -p --persistent -M --netmask --pe -b --sched-flags --keep --ensure --netns"},
		{"ipvsadm -A -t 192.0.2.1 --ensure --keep -M 24 -o -", ""}, // a fault that stays
		{"ipvsadm -A -f 7 -6 -s rr --pe sip -b flag-1 -M 64 --ensure -", "-p --persistent -o --ops --keep --netns"},
		{"ipvsadm -A -f 7 -s rr --pe sip -b flag-1 -M 64 --ensure -", "-6 --ipv6 -p --persistent -o --ops --keep --netns"},
		{"ipvsadm -a -g -", anyService + " -r --real-server -w --weight -x --u-threshold -y --l-threshold --keep --ensure --netns"},
		{"ipvsadm -a -t 192.0.2.1:80 -r [::1]:80 -w 1 -x 1 -y 1 -", "-i --ipip --tun-type --tun-port --tun-nocsum --tun-csum --tun-remcsum --keep --ensure --netns"},
		{"ipvsadm -a -i --tun-type gre -w 1 -x 1 -y 1 -t 192.0.2.1:80 -r 10.0.0.1 -", "--tun-nocsum --tun-csum --keep --ensure --netns"},
		{"ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1 --keep -w 1 -x 1 --tun-csum -", "-i --ipip -y --l-threshold --tun-type --tun-port --netns"},
		{"ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1 -m --keep -w 1 -x 1 -", "-y --l-threshold --netns"},
		{"ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.1:9 --ensure --keep -w 1 -x 1 -y 1 -", "-m --masquerading -i --ipip -g --gatewaying --tun-type --tun-port --tun-nocsum --tun-csum --tun-remcsum --netns"},
		{"ipvsadm -A -t 192.0.2.1 -M 1 --pe sip -b flag-1 -", "-s --scheduler -p --persistent --keep --ensure --netns"},
		{"ipvsadm -A -t master:80 -s rr -M 1 --pe sip -b flag-1 -p -", "--keep --ensure --netns"},
		{"ipvsadm -D --force -", anyService + " --ensure --drain --netns"},
		{"ipvsadm -D -t 192.0.2.1:80 --drain -", "--ensure --netns"},
		{"ipvsadm -D -t 192.0.2.1:80 --drain 5 -", "--ensure --force --netns"},
		{"ipvsadm -D -f 9 -", "-6 --ipv6 --ensure --drain --force --netns"},
		{"ipvsadm -D -f 9 -6 -", "--ensure --drain --force --netns"},
		{"ipvsadm -R -", "--replace --only --dry-run --wait --netns"},
		{"ipvsadm -S --sysctl -", "-n --numeric --netns"},
		{"ipvsadm -L -A -", ""},
		{"ipvsadm -A -t :80 -", ""},
		{"ipvsadm -A -t x: -", ""},
		{"ipvsadm -L -w 1 -", ""},
		{"ipvsadm -L --nosuch -", ""},
		{"ipvsadm -L --wide=1 -", ""},
		{"ipvsadm -L -- -", ""},
		{"ipvsadm -h -", ""},
		{"ipvsadm --complete ipvsadm -", ""},

		// Letters can be bundled.
		{"ipvsadm -L", "-L -L6 -L4 -Lc -LX -Ln -Lj"},
		{"ipvsadm -Ln", "-Ln -Ln6 -Ln4 -Lnc -LnX -Lnj"},
		{"ipvsadm -D -6", ""},
		{"ipvsadm -nL", ""},
		{"ipvsadm -D -f 9 -6", "-6"},
		{"ipvsadm -L -c6", "-c6 -c6X -c6n -c6j"},
		{"ipvsadm -L?", ""},
		{"ipvsadm -A -t", "-t"},
		{"ipvsadm -A -M", "-M"},
		{"ipvsadm -a -m", "-m"},
		{"ipvsadm -Ar", ""},
		{"ipvsadm -At192", "-At192.0.2.1:... -At192.0.2.2:... -At[2001:db8::1]:..."},
		{"ipvsadm -A -s=", "-s=mh -s=rr -s=wlc"},
		{"ipvsadm -A -sw", "-smh -srr -swlc"},
		{"ipvsadm -A -p3", "<hint>"},
		{"ipvsadm -Lx=", ""},

		// Services: those in the table, or addresses for a new one.
		{"ipvsadm -A -t ", "192.0.2.1:... 192.0.2.2:... [2001:db8::1]:..."},
		{"ipvsadm -A --netns blue -u ", "192.0.2.7:..."},
		{"ipvsadm -A -t 192.0.2.1:", "192.0.2.1:http 192.0.2.1:tcp-only"},
		{"ipvsadm -A --sctp-service=[2001:db8::1]:h", "--sctp-service=[2001:db8::1]:http --sctp-service=[2001:db8::1]:sctp-only"},
		{"ipvsadm -A -t [", "192.0.2.1:... 192.0.2.2:... [2001:db8::1]:..."},
		{"ipvsadm -A -t :", "<hint>"},
		{"ipvsadm -A -t [2001:", "192.0.2.1:... 192.0.2.2:... [2001:db8::1]:..."},
		{"ipvsadm -A -t 2001:db8::", "192.0.2.1:... 192.0.2.2:... [2001:db8::1]:..."},
		{"ipvsadm -A -f ", "<hint>"},
		{"ipvsadm -D -t ", "192.0.2.1:80 [2001:db8::1]:443"},
		{"ipvsadm -D -t 192.0.2.1:", "192.0.2.1:80 [2001:db8::1]:443"},
		{"ipvsadm -L --udp-service=", "--udp-service=192.0.2.1:53"},
		{"ipvsadm -L --sctp-service ", "<hint>"},
		{"ipvsadm -D -f ", "1 70"}, // 9 needs -6
		{"ipvsadm --netns blue -D -t ", "192.0.2.7:70"},
		{"ipvsadm -L -c -f ", ""},

		// Real servers: those of the service, or of others for a new one.
		{"ipvsadm -d -t 192.0.2.1:80 -r ", "10.0.0.1:80 10.0.0.2:8080"},
		{"ipvsadm -d -t 192.0.2.1:http -r ", "10.0.0.1:80 10.0.0.2:8080"},
		{"ipvsadm -d -t 192.0.2.1:tcp-only -r ", "<hint>"},
		{"ipvsadm -d -t www:80 -r ", "<hint>"},
		{"ipvsadm -e -f 9 -6 -r ", "[2001:db8::9]:0"},
		{"ipvsadm -e -f 8 -r ", "<hint>"},
		{"ipvsadm -d -f 70 -r ", "[2001:db8::7]:0"},
		{"ipvsadm -a -f 9 -6 -r ", "[2001:db8::2]:443 [2001:db8::7]:0"},
		{"ipvsadm -d -r ", anyServer},
		{"ipvsadm -a -r ", anyServer},
		{"ipvsadm -d -r 10.0.0.1:", anyServer},
		{"ipvsadm -a -t 192.0.2.1:80 -r ", "10.0.0.3:53"},
		{"ipvsadm -a -t 192.0.2.1:80 -i -r ", "[2001:db8::2]:443 10.0.0.3:53 [2001:db8::7]:0 [2001:db8::9]:0"},
		{"ipvsadm -a -u 192.0.2.1:99 -r 10.0.0.1:", "10.0.0.1:http 10.0.0.1:udp-only"},
		{"ipvsadm -L -c -r ", anyServer},
		{"ipvsadm -L -c --netns blue -r ", "10.0.0.7:70"},

		// Other values.
		{"ipvsadm -A -s ", "mh rr wlc"},
		{"ipvsadm -A --pe ", "sip"},
		{"ipvsadm -A -t 192.0.2.1:80 -b ", "sh-fallback sh-port mh-fallback mh-port flag-1 flag-2 flag-3"},
		{"ipvsadm -A -s sh -b ", "sh-fallback sh-port flag-1 flag-2 flag-3"},
		{"ipvsadm -A -s rr -b ", "flag-1 flag-2 flag-3"},
		{"ipvsadm -A -b mh-port,", "mh-port,mh-fallback mh-port,flag-1 mh-port,flag-2 mh-port,flag-3"},
		{"ipvsadm -A -b mh-port,flag-1,f", "mh-port,flag-1,mh-fallback mh-port,flag-1,flag-2 mh-port,flag-1,flag-3"},
		{"ipvsadm -A -M ", "255.255.255.255 255.255.255.240 255.255.255.0 255.255.240.0 255.255.0.0 255.240.0.0 255.0.0.0"},
		{"ipvsadm -A -t [::1]:80 -M ", "128 112 96 80 64 48 32"},
		{"ipvsadm -A -f 1 -6 --netmask=", "--netmask=128 --netmask=112 --netmask=96 --netmask=80 --netmask=64 --netmask=48 --netmask=32"},
		{"ipvsadm -a --tun-type ", "ipip gue gre"},
		{"ipvsadm -a --tun-port 9 --tun-type ", "gue"},
		{"ipvsadm -a --tun-csum --tun-type ", "gue gre"},
		{"ipvsadm -a -m --tun-type ", ""},
		{"ipvsadm -a -w ", "<hint>"},
		{"ipvsadm -a --weight=", "<hint>"},
		{"ipvsadm -L --vip ", "192.0.2.1 2001:db8::1"},
		{"ipvsadm -L -6 --vip ", "2001:db8::1"},
		{"ipvsadm -L --sort-by ", anyColumn},
		{"ipvsadm -L --wide --watch -n -4 --marks -c --nosuch=", ""},
		{"ipvsadm --start-daemon ", "master backup"},
		{"ipvsadm --stop-daemon=", "--stop-daemon=master --stop-daemon=backup"},
		{"ipvsadm --start-daemon master --netns blue --mcast-interface ", "eth0blue lo"},
		{"ipvsadm --netns ", "blue"},
		{"ipvsadm --netns=", "--netns=blue"},
		{"ipvsadm -L --netns /run/", "/run/netns/... /run/file"},
		{"ipvsadm -h --netns ", ""},

		// A value that may be left out.
		{"ipvsadm -L --color=", "--color=always --color=auto --color=never"},
		{"ipvsadm -L --color a", "always auto never"},
		{"ipvsadm -A -p --nosuch=", ""},
		{"ipvsadm -A -t x -p -- ", ""},
		{"ipvsadm -A -t x -p --netns=", "--netns=blue"},
		{"ipvsadm -A -t 192.0.2.1:80 -s rr -b flag-1 --pe sip -M 0 -p ", "--keep --ensure --netns"},
		{"ipvsadm -A -p 3", ""},

		// Words that are not options.
		{"ipvsadm --set ", "<hint>"},
		{"ipvsadm --set 1 2 ", "<hint>"},
		{"ipvsadm --set 1 2", "<hint>"},
		{"ipvsadm --set 1 x ", ""},
		{"ipvsadm --set -", "--netns"},
		{"ipvsadm --set 1 2 3 ", "--netns"},
		{"ipvsadm --set 1 2 3 4", ""},
		{"ipvsadm --sysctl ", "conntrack own"},
		{"ipvsadm --sysctl conntrack=1 net.ipv4.vs.", "net.ipv4.vs.conntrack net.ipv4.vs.own"},
		{"ipvsadm --sysctl x! ", ""},
		{"ipvsadm --sysctl -", "-j --json --netns"},

		// The wrappers.
		{"ipvsadm-save -", "--sysctl " + anyService + " -6 --ipv6 -4 --ipv4 --vip --marks --timeout --daemon --thresholds -n --all --stable --netns"},
		{"/sbin/ipvsadm-save -n -f 7 --stable --all ", "-6 --ipv6 --timeout --daemon --thresholds --netns"},
		{"ipvsadm-save -t ", "192.0.2.1:80 [2001:db8::1]:443"},
		{"ipvsadm-save x -", ""},
		{"ipvsadm-restore -", "--replace --only --dry-run --wait --netns"},
		{"ipvsadm-restore ", "<files>"},
		{"ipvsadm-restore x", "<files>"},
		{"ipvsadm-restore --wait ", "<hint>"},
		{"ipvsadm-restore --wait x ", ""},
		{"ipvsadm-restore --replace file ", "--only --dry-run --wait --netns"},
		{"ipvsadm-restore -x ", ""},
		{"ipvsadm-restore --nosuch ", ""},
		{"ipvsadm-restore --nosuch -", ""},
	} {
		want[tt.line], got[tt.line] = ordered(strings.Fields(tt.want)), offered(tt.line)
	}
	require.Empty(t, cmp.Diff(want, got), "-want +got")
}

// A listing takes the options that go with those it has.
func TestCompleteListing(t *testing.T) {
	for _, tt := range []struct{ line, with, without string }{
		{"ipvsadm -L -", "-t -f -6 -4 --vip --marks -r -c --timeout --daemon --stats --sort --nosort --watch -n -j --netns --client --count", "-s -w -L -A"},
		{"ipvsadm -L -c -", "-t -4 -6 --vip -r --persistent-conn --client --count --origin --watch", "-c --connection -f --marks --stats --rate --sort-by --daemon --wide"},
		{"ipvsadm -L -f 7 -", "-6 -r --stats --wide", "-f -t -4 --vip -c --timeout --client --origin"},
		{"ipvsadm -L -r 10.0.0.1 -", "-c -t -f --client", "--timeout --metrics --daemon --marks"},
		{"ipvsadm -L --nosort --json -", "-t -n --watch -c --daemon", "-j --json --nosort --sort --sort-by --stats --exact --wide --metrics"},
		{"ipvsadm -L --sort-by weight -", "--stats --watch", "--nosort --sort --sort-by -c"},
		{"ipvsadm -L --daemon --sort -", "--syncid -n -X -j", "--sort --daemon --timeout -c -t --stats --persistent-conn --watch"},
		{"ipvsadm -L --color ", "always auto never -n --stats --watch", "--color"},
		{"ipvsadm -Ln -", "-X -c -6", "-n --numeric"},
	} {
		offers := strings.Fields(offered(tt.line))
		require.Subset(t, offers, strings.Fields(tt.with), tt.line)
		for _, word := range strings.Fields(tt.without) {
			require.NotContains(t, offers, word, tt.line)
		}
	}
}

// unknown is a machine of which nothing is known.
type unknown struct{ testMachine }

func (unknown) Schedulers() []string { return nil }

// Offers have a description where the word is not enough. Without the kernel's schedulers, those of the help are offered.
func TestOfferText(t *testing.T) {
	text := map[string]string{}
	for _, line := range []string{"-", "-A -t ", "-A -t x:", "-D -t ", "-D -f ", "-d -r ", "-A -M ", "-A -s ", "--sysctl ", "-L --netns /", "--check "} {
		for _, o := range Complete(strings.Split("ipvsadm "+line, " "), testMachine{}) {
			text[o.Word] = o.Text
		}
	}
	for word, want := range map[string]string{
		"-L": longOption("list").help, "-l": shortOption('l').help,
		"192.0.2.2:": "eth0", "x:http": "80/tcp", "192.0.2.1:80": "wlc", "70": "wlc", "10.0.0.2:8080": "Masq, weight 30",
		"forwarding":    check.ByName("forwarding").Meaning,
		"255.255.255.0": "/24", "rr": "", "conntrack": "keep netfilter's connection tracking for connections of IPVS", "own": "", "/file": "",
	} {
		require.Contains(t, text, word)
		require.Equal(t, want, text[word], word)
	}
	require.Equal(t, []Offer{{Kind: OfferHint, Text: "N: " + longOption("weight").help}},
		Complete([]string{"ipvsadm", "-a", "-w", ""}, testMachine{}))

	var names []string
	for _, o := range Complete([]string{"ipvsadm", "-A", "-s", ""}, unknown{}) {
		names = append(names, o.Word)
	}
	require.Contains(t, longOption("scheduler").help, " "+strings.Join(names, " ")+" ")
}

// The words after --complete are as they are.
func TestParseComplete(t *testing.T) {
	c, err := Parse([]string{"--complete", "ipvsadm", "-L", "--netns", ""}, names{})
	require.NoError(t, err)
	require.Equal(t, Command{Kind: Completion, Line: []string{"ipvsadm", "-L", "--netns", ""}}, c)
}
