// SPDX-License-Identifier: Apache-2.0

// Package sysctls describes the sysctls of IPVS, net.ipv4.vs.*.
package sysctls

import (
	"slices"
	"strings"
)

// Prefix precedes the names of all of them.
const Prefix = "net.ipv4.vs."

// A Sysctl is one row of the table of sysctls.
type Sysctl struct {
	Name    string
	Default string // as Clean returns it; empty if it depends on the machine
	Meaning string

	// Depends says in words what the default depends on, and IsDefault reports whether a value is the
	// default. They are set only where Default is empty.
	Depends   string
	IsDefault func(value string, m Machine) bool
}

// All are the sysctls of Linux 2.6.32 to 7.2, ordered by name. No kernel has all of them.
var All = []Sysctl{
	{Name: "am_droprate", Default: "10",
		Meaning: "drop one in this many packets, with drop_packet 3"},
	{Name: "amemthresh", Default: "1024",
		Meaning: "memory is short below this many pages; see drop_entry"},
	{Name: "backup_only", Default: "0",
		Meaning: "do not forward while the backup sync daemon runs, against loops"},
	{Name: "cache_bypass", Default: "0",
		Meaning: "forward to the original destination if no cache server is available"},
	{Name: "conn_lfactor", Depends: "-4 or -2", IsDefault: connFactor,
		Meaning: "size of the connection table: 2^N connections per bucket, -8 to 8"},
	{Name: "conn_max", Depends: "the maximum", IsDefault: maxConns,
		Meaning: "limit of connections in the network namespace, up to 1073741824"},
	{Name: "conn_reuse_mode", Default: "1",
		Meaning: "when a client reuses a port: 0 keep its server, 1 schedule again if safe, 2 also after a FIN"},
	{Name: "conntrack", Default: "0",
		Meaning: "keep netfilter's connection tracking for connections of IPVS"},
	{Name: "debug_level", Default: "0",
		Meaning: "debugging messages in the kernel log: 0 none, 12 the most"},
	{Name: "drop_entry", Default: "0",
		Meaning: "drop half-open connections: 0 never, 1 and 2 while memory is short, 3 always"},
	{Name: "drop_packet", Default: "0",
		Meaning: "drop some packets: 0 never, 1 and 2 while memory is short, 3 always"},
	{Name: "est_cpulist", Depends: "all CPUs", IsDefault: allCPUs,
		Meaning: "CPUs on which rates are estimated"},
	{Name: "est_nice", Default: "0",
		Meaning: "nice value of the threads that estimate rates, -20 to 19"},
	{Name: "expire_nodest_conn", Default: "0",
		Meaning: "end connections to a deleted real server at their next packet"},
	{Name: "expire_quiescent_template", Default: "0",
		Meaning: "do not send persistent clients to a real server with weight 0"},
	{Name: "ignore_tunneled", Default: "0",
		Meaning: "do not schedule packets of protocols that IPVS does not know, such as tunnels"},
	{Name: "lblc_expiration", Default: "86400",
		Meaning: "seconds after which lblc forgets an address; needs the module of lblc"},
	{Name: "lblcr_expiration", Default: "86400",
		Meaning: "seconds after which lblcr forgets an address; needs the module of lblcr"},
	{Name: "nat_icmp_send", Default: "0",
		Meaning: "answer packets of real servers without a connection with ICMP errors"},
	{Name: "pmtu_disc", Default: "1",
		Meaning: "reject packets that are too long for the path and must not be fragmented"},
	{Name: "run_estimation", Default: "1",
		Meaning: "estimate rates"},
	{Name: "schedule_icmp", Default: "0",
		Meaning: "schedule ICMP packets about connections that IPVS does not know"},
	{Name: "secure_tcp", Default: "0",
		Meaning: "stricter TCP states: 0 never, 1 and 2 while memory is short, 3 always"},
	{Name: "sloppy_sctp", Default: "0",
		Meaning: "accept SCTP connections whose beginning was not seen"},
	{Name: "sloppy_tcp", Default: "0",
		Meaning: "accept TCP connections whose beginning was not seen"},
	{Name: "snat_reroute", Default: "1",
		Meaning: "route answers of masqueraded real servers as packets of the director"},
	{Name: "svc_lfactor", Depends: "-3 or -2", IsDefault: svcFactor,
		Meaning: "size of the table of services: 2^N services per bucket, -8 to 8"},
	{Name: "sync_persist_mode", Default: "0",
		Meaning: "of persistent services send: 0 connections and templates, 1 only templates"},
	{Name: "sync_ports", Default: "1",
		Meaning: "threads of each sync daemon, each with a UDP port"},
	{Name: "sync_qlen_max", Depends: "memory/32", IsDefault: partOfMemory,
		Meaning: "limit of sync messages that wait to be sent"},
	{Name: "sync_refresh_period", Default: "0",
		Meaning: "do not send a connection again for so many seconds if only its timer has changed"},
	{Name: "sync_retries", Default: "0",
		Meaning: "times to send a connection again, 0 to 3; with sync_refresh_period"},
	{Name: "sync_sock_size", Default: "0",
		Meaning: "bytes of the buffer of a sync daemon's socket, 0 for that of the system"},
	{Name: "sync_threshold", Default: "3 50",
		Meaning: "packets before a connection is sent, and between two times that it is"},
	{Name: "sync_version", Default: "1",
		Meaning: "protocol of the sync daemons: 1, or 0 for kernels before 2.6.39"},
}

// ByName returns the sysctl with a name, or nil.
func ByName(name string) *Sysctl {
	i, found := slices.BinarySearchFunc(All, name, func(s Sysctl, name string) int { return strings.Compare(s.Name, name) })
	if !found {
		return nil
	}
	return &All[i]
}
