// SPDX-License-Identifier: Apache-2.0

package format

import (
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// AppendTimeouts appends the line of -L --timeout.
func AppendTimeouts(b []byte, t ipvsnl.Timeouts) []byte {
	b = append(b, "Timeout (tcp tcpfin udp):"...)
	for _, timeout := range [...]time.Duration{t.TCP, t.TCPFin, t.UDP} {
		b = appendSeconds(append(b, ' '), timeout)
	}
	return append(b, '\n')
}

// AppendDaemon appends the line of a sync daemon.
func AppendDaemon(b []byte, d ipvsnl.Daemon) []byte {
	b = append(b, d.State.String()...)
	b = append(append(b, " sync daemon (mcast="...), d.Interface...)
	b = appendUint(append(b, ", syncid="...), uint64(d.SyncID))
	b = appendUint(append(b, ", maxlen="...), uint64(d.MaxLen))
	b = appendAddr(append(b, ", group="...), d.Group)
	b = appendUint(append(b, ", port="...), uint64(d.Port))
	b = appendUint(append(b, ", ttl="...), uint64(d.TTL))
	return append(b, ")\n"...)
}
