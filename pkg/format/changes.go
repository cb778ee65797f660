package format

import (
	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// numeric has rules written with numbers: names may change before they are read.
var numeric = &Options{View: Rules}

// AppendChange appends the rule that makes a change, with every option that it takes: those
// that rules of a save leave out, thresholds among them, too.
func AppendChange(b []byte, c *reconcile.Change) []byte {
	s, d := &c.Service, &c.Destination
	switch c.Op {
	case ipvsnl.OpAddService:
		b = appendServiceChange(append(b, "-A "...), s)
	case ipvsnl.OpSetService:
		b = appendServiceChange(append(b, "-E "...), s)
	case ipvsnl.OpDeleteService:
		b = numeric.appendServiceOption(append(b, "-D "...), s)
	case ipvsnl.OpAddDestination:
		b = appendDestinationChange(append(b, "-a "...), s, d)
	case ipvsnl.OpSetDestination:
		b = appendDestinationChange(append(b, "-e "...), s, d)
	case ipvsnl.OpDeleteDestination:
		b = numeric.appendDestinationOptions(append(b, "-d "...), s, d)
	case ipvsnl.OpSetTimeouts:
		b = appendTimeoutsChange(b, &c.Timeouts)
	case ipvsnl.OpStartDaemon:
		b = appendDaemonChange(b, &c.Daemon)
	case ipvsnl.OpStopDaemon:
		b = append(append(b, "--stop-daemon "...), c.Daemon.State.String()...)
	}
	return append(b, '\n')
}

func appendServiceChange(b []byte, s *ipvsnl.Service) []byte {
	b = appendServiceSettings(numeric.appendServiceOption(b, s), s, true)
	if s.Flags&vocab.SchedulerFlagsMask != 0 {
		b = vocab.AppendAllSchedulerFlags(append(b, " -b "...), s.Scheduler, s.Flags)
	}
	return b
}

func appendDestinationChange(b []byte, s *ipvsnl.Service, d *ipvsnl.Destination) []byte {
	b = appendDestinationSettings(numeric.appendDestinationOptions(b, s, d), d)
	if d.UpperThreshold != 0 {
		b = appendUint(append(b, " -x "...), uint64(d.UpperThreshold))
	}
	if d.LowerThreshold != 0 {
		b = appendUint(append(b, " -y "...), uint64(d.LowerThreshold))
	}
	return b
}

func appendTimeoutsChange(b []byte, t *ipvsnl.Timeouts) []byte {
	b = append(b, "--set"...)
	for _, seconds := range [...]uint32{t.TCP, t.TCPFin, t.UDP} {
		b = appendUint(append(b, ' '), uint64(seconds))
	}
	return b
}

func appendDaemonChange(b []byte, d *ipvsnl.Daemon) []byte {
	b = append(append(b, "--start-daemon "...), d.State.String()...)
	b = append(append(b, " --mcast-interface "...), d.Interface...)
	b = appendUint(append(b, " --syncid "...), uint64(d.SyncID))
	if d.MaxLen != 0 {
		b = appendUint(append(b, " --sync-maxlen "...), uint64(d.MaxLen))
	}
	if d.Group.IsValid() {
		b = appendAddr(append(b, " --mcast-group "...), d.Group)
	}
	if d.Port != 0 {
		b = appendUint(append(b, " --mcast-port "...), uint64(d.Port))
	}
	if d.TTL != 0 {
		b = appendUint(append(b, " --mcast-ttl "...), uint64(d.TTL))
	}
	return b
}
