// SPDX-License-Identifier: Apache-2.0

package clients_test

import (
	"regexp"
	"testing"
)

// namespace is the director's name, as octavia has it.
const namespace = "amphora-haproxy"

// variety is a table with services and real servers of all kinds.
const variety = `-A -t 10.1.0.100:80 -s wrr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 3
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 1 -x 100 -y 50
-A -u 10.1.0.100:53 -s rr
-a -u 10.1.0.100:53 -r 10.2.0.11:53 -m
-a -u 10.1.0.100:53 -r 10.2.0.12:53 -m
-A -u 10.1.0.100:5060 -s rr -o
-a -u 10.1.0.100:5060 -r 10.2.0.11:5060 -i -w 0
-A -f 7 -s sh -b sh-port -p 600
-a -f 7 -r 10.2.0.11 -g
-A -t [fd00:1::100]:443 -s lc -p 1800 -M 64
-a -t [fd00:1::100]:443 -r [fd00:2::11]:443 -g`

const lostServer = "server 10.2.0.12:53"

// A state is how many rules match a pattern, and what --check then finds.
type state struct {
	rules int
	finds string
}

// What --check finds of a mark without a firewall rule, and without a server.
const (
	noRule   = "note: FWM 7: no rule of nftables or iptables sets the mark 7; if tc or eBPF does not, either, no packet has it [mark]\n"
	noServer = "broken: FWM 7: the service has no server [no-server]\n"
)

// healthChecks are steps of a daemon that checks servers: the states with both servers, with one, and after the daemon has
// ended.
func healthChecks(rules string, both, one, after state, asks string) []step {
	return []step{
		{name: "both servers are well", rules: rules, times: both.rules, finds: both.finds, asks: asks},
		{name: "one fails", rules: rules, times: one.rules, finds: one.finds, asks: asks,
			do: func(t *testing.T, b *bed, _ *daemon) { b.reals[1].stop(t) }},
		{name: "it returns", rules: rules, times: both.rules, finds: both.finds, asks: asks,
			do: func(t *testing.T, b *bed, _ *daemon) { b.reals[1].start(t) }},
		{name: "the daemon ends", rules: rules, times: after.rules, finds: after.finds,
			do: func(t *testing.T, _ *bed, d *daemon) { d.stop(t) }},
	}
}

// ldirectord begins its messages with the time, and names its process. Perl warns of its code each time it checks a server.
var ldirectord = []mask{
	{regexp.MustCompile(`(?m)^Use of uninitialized value .*\n`), ""},
	{regexp.MustCompile(`(?m)^\[[^\]]*\] `), ""},
	{regexp.MustCompile(`(?m)with pid: \d+`), "with pid"},
	{regexp.MustCompile(`(?m) failed: .*`), " failed"}, // the error is one of an earlier call, if any
}

var clients = []*client{
	{
		name: "ldirectord", deb: "ldirectord", by: "ipvsadm",
		table: `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 2
-a -t 10.1.0.100:80 -r 10.2.0.99:8080 -m`,
		daemon: "ldirectord /etc/ha.d/ldirectord.cf start",
		files: map[string]string{"/etc/ha.d/ldirectord.cf": `checktimeout=15
checkinterval=1
quiescent=no
supervised=yes
virtual=10.1.0.100:80
	real=10.2.0.11:8080 masq 2
	real=10.2.0.12:8080 masq 2
	fallback=127.0.0.1:8080
	service=http
	request="health"
	receive="r[12]"
	scheduler=wrr
	protocol=tcp
	checktype=negotiate
virtual=10.1.0.100:8443
	real=10.2.0.11:8080 gate 5
	real=10.2.0.12:8080 ipip
	scheduler=sh
	persistent=600
	netmask=255.255.255.0
	protocol=tcp
	checktype=connect
`},
		steps:   healthChecks(`^-a .* -r 10\.2\.0\.1[12]:`, state{4, ""}, state{2, ""}, state{0, ""}, vip+":80"),
		reports: true,
		masks:   ldirectord,
		fault:   "column Weight",
	},
	{
		name: "ldirectord quiescent", deb: "ldirectord", by: "ipvsadm",
		table: `-A -f 7 -s wlc
-a -f 7 -r 10.2.0.11:8080 -g`,
		daemon: "ldirectord /etc/ha.d/ldirectord.cf start",
		files: map[string]string{"/etc/ha.d/ldirectord.cf": `checktimeout=15
checkinterval=1
quiescent=yes
cleanstop=no
supervised=yes
virtual=10.1.0.100:80
	real=10.2.0.11:8080 masq 3
	real=10.2.0.12:8080 masq 1
	scheduler=rr
	protocol=tcp
	checktype=connect
virtual=7
	real=10.2.0.11:8080 gate
	real=10.2.0.12:8080 gate
	scheduler=wlc
	protocol=fwm
	checkport=8080
	checktype=connect
virtual6=[fd00:1::100]:80
	real6=[fd00:2::11]:8080 masq
	real6=[fd00:2::12]:8080 masq 4
	scheduler=lc
	protocol=tcp
	checktype=connect
`},
		steps:   healthChecks("^-a .* -w [1-9]", state{6, noRule}, state{3, noRule}, state{6, noRule}, vip+":80"),
		reports: true,
		masks:   ldirectord,
		fault:   "column Forward",
	},
	{
		name: "keepalived", deb: "keepalived", by: "netlink",
		daemon: "keepalived --dont-fork --log-console",
		files: map[string]string{"/etc/keepalived/keepalived.conf": `global_defs {
	lvs_sync_daemon front VI_1 id 7
}
vrrp_instance VI_1 {
	interface front
	state MASTER
	virtual_router_id 51
	priority 150
	advert_int 1
	virtual_ipaddress {
		10.1.0.101/24
	}
}
virtual_server 10.1.0.101 80 {
	delay_loop 1
	lb_algo wrr
	lb_kind NAT
	protocol TCP
	persistence_timeout 300
	persistence_granularity 255.255.255.0
	real_server 10.2.0.11 8080 {
		weight 3
		HTTP_GET {
			url {
				path /
				status_code 200
			}
			connect_timeout 15
			retry 1
			delay_before_retry 1
		}
	}
	real_server 10.2.0.12 8080 {
		weight 1
		uthreshold 100
		lthreshold 50
		TCP_CHECK {
			connect_timeout 15
			retry 1
			delay_before_retry 1
		}
	}
}
virtual_server fwmark 7 {
	delay_loop 1
	lb_algo sh
	sh-port
	lb_kind DR
	real_server 10.2.0.12 80 {
		TCP_CHECK {
			connect_port 8080
			connect_timeout 15
			retry 1
			delay_before_retry 1
		}
	}
}
`},
		script: "ipvsadm -Ln; ipvsadm -Ln --thresholds; ipvsadm -Ln --persistent-conn; ipvsadm -L --daemon; ipvsadm -Sn; ipvsadm -S",
		steps:  healthChecks("^-a|^master", state{4, noRule}, state{2, noServer + noRule}, state{0, ""}, "10.1.0.101:80"),
		fault:  "column Weight",
	},
	{
		name: "munin", deb: "munin-plugins-core", by: "ipvsadm", table: variety, sends: 5,
		script: `ln -s /usr/share/munin/plugins/cps_ /run/cps_10.1.0.100_53
ln -s /usr/share/munin/plugins/cps_ /run/cps_80
for word in autoconf suggest config ''; do
	/run/cps_10.1.0.100_53 $word
	/run/cps_80 $word
done`,
		fault: "column Conns",
	},
	{
		name: "octavia", deb: "python3-octavia", by: "ipvsadm", sends: 5,
		table: `-A -u 10.1.0.100:53 -s rr
-a -u 10.1.0.100:53 -r 10.2.0.11:53 -m
-a -u 10.1.0.100:53 -r 10.2.0.12:53 -m
-A -u 10.1.0.100:5060 -s rr -o
-a -u 10.1.0.100:5060 -r 10.2.0.11:5060 -m -w 0
-A -u [fd00:1::100]:53 -s sh
-a -u [fd00:1::100]:53 -r [fd00:2::11]:53 -m`,
		files: map[string]string{
			"/var/lib/octavia/lvs/octavia-keepalivedlvs-1b2c3d4e-0000-4000-8000-000000000001.conf": `# Configuration for Loadbalancer 1b2c3d4e-0000-4000-8000-000000000000
# Configuration for Listener 1b2c3d4e-0000-4000-8000-000000000001
net_namespace amphora-haproxy
virtual_server_group ipv4-group {
    10.1.0.100 53
}
virtual_server group ipv4-group {
    lb_algo rr
    lb_kind NAT
    protocol UDP
    # Configuration for Pool 1b2c3d4e-0000-4000-8000-000000000002
    # Configuration for HealthMonitor 1b2c3d4e-0000-4000-8000-000000000003
    # Configuration for Member 1b2c3d4e-0000-4000-8000-000000000011
    real_server 10.2.0.11 53 {
        weight 1
        MISC_CHECK {
        }
    }
    # Configuration for Member 1b2c3d4e-0000-4000-8000-000000000012
    real_server 10.2.0.12 53 {
        weight 1
        MISC_CHECK {
        }
    }
}
`,
			"/usr/local/bin/agent": "testdata/agent.py",
		},
		script: `for name in pid vrrp.pid check.pid; do
	echo $$ >/var/lib/octavia/lvs/octavia-keepalivedlvs-1b2c3d4e-0000-4000-8000-000000000001.$name
done
agent 1b2c3d4e-0000-4000-8000-000000000001`,
		fault: "column OutBytes",
	},
	{
		name: "sosreport", deb: "sosreport", by: "ipvsadm", table: variety, sends: 5,
		script: `sos report --batch --only-plugins ipvs --build --tmp-dir /tmp --name director >/run/sos 2>&1 || cat /run/sos
for file in /tmp/sosreport-*/sos_commands/ipvs/*; do
	echo "${file##*/}:"
	case $file in
	*--rate) tr -d '0-9 ' <$file ;;
	*--connection) sed 's/ [0-9:]* / expires /' $file | sort ;;
	*) cat $file ;;
	esac
done`,
		fault: "column ActiveConn",
	},
	{
		name: "collectd", deb: "collectd-core", by: "getsockopt", table: variety, sends: 5,
		files: map[string]string{"/etc/collectd/collectd.conf": `Hostname "director"
Interval 1
ReadThreads 1
WriteThreads 1
LoadPlugin ipvs
LoadPlugin csv
<Plugin csv>
	DataDir "stdout"
	StoreRates false
</Plugin>
`},
		script: `values() { sed 's/ interval=[0-9.]* [0-9.]*:/ /' /run/values | sort; }
thrice() { values | uniq -c | awk '$1 > 2 { found = 1 } END { exit !found }'; }
collectd -f -C /etc/collectd/collectd.conf >/run/values 2>/dev/null &
await thrice
kill $!
wait
values | sort -u`,
		fault: lostServer,
	},
	{
		name: "netdata", deb: "netdata-core", by: "/proc", sends: 5,
		table: `-A -u 10.1.0.100:53 -s rr
-a -u 10.1.0.100:53 -r 10.2.0.12:53 -m`,
		files: map[string]string{"/etc/netdata/netdata.conf": `[global]
	run as user = root
[db]
	mode = ram
[ml]
	enabled = no
[health]
	enabled = no
[web]
	bind to = 127.0.0.1
[plugins]
	enable running new plugins = no
	proc = yes
	diskspace = no
	cgroups = no
	tc = no
	idlejitter = no
	timex = no
	statsd = no
	netdata monitoring = no
`},
		script: `netdata -D >/run/netdata.log 2>&1 &
page='http://127.0.0.1:19999/api/v1/allmetrics?format=prometheus&source=as-collected&timestamps=no&names=no'
totals() { lwp-request "$page" >/run/page; grep '^netdata_ipvs' /run/page; }
await totals
kill $!
wait`,
		fault: lostServer,
	},
	{
		name: "node_exporter", deb: "prometheus-node-exporter", by: "/proc", table: variety, sends: 5,
		script: `prometheus-node-exporter --collector.disable-defaults --collector.ipvs --web.listen-address=127.0.0.1:9100 \
	--web.disable-exporter-metrics >/run/exporter.log 2>&1 &
totals() { lwp-request http://127.0.0.1:9100/metrics | grep '^node_ipvs'; }
await totals
kill $!
wait`,
		fault: lostServer,
	},
	{
		name: "check for Icinga", by: "ipvsadm", table: variety, sends: 5,
		files: map[string]string{"/usr/local/bin/check_ipvs": "testdata/check_ipvs"},
		script: `check_ipvs -w 2 -c 1 'TCP 10.1.0.100:80' 'UDP 10.1.0.100:53' 'FWM 7'
echo $?
check_ipvs -w 1 -c 0
echo $?
check_ipvs -w 1 -c 0 'TCP 10.1.0.100:81'
echo $?`,
		fault: "column InActConn",
	},
	{
		name: "collector after Diamond", by: "ipvsadm", table: variety, sends: 5,
		files:  map[string]string{"/usr/local/bin/collector": "testdata/collector.py"},
		script: "collector",
		fault:  "column InPkts",
	},
	{
		name: "user parameters for Zabbix", by: "ipvsadm", table: variety, sends: 5,
		files: map[string]string{"/usr/local/bin/discovery": "testdata/discovery"},
		script: `discovery services
discovery servers
discovery weight 10.1.0.100:80 10.2.0.11:8080
discovery weight 10.1.0.100:81 10.2.0.11:8080
discovery stats 10.1.0.100:53 10.2.0.12:53 4`,
		fault: "column InBytes",
	},
	{
		name: "init script", by: "ipvsadm",
		files: map[string]string{"/etc/init.d/lvs": "testdata/lvs"},
		script: `for word in status start status save stop status restore status bogus; do
	/etc/init.d/lvs $word
	echo "$word: $?"
done`,
		fault: "server 10.2.0.12:8080",
	},
}
