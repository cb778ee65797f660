package reconcile

import "github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"

// A Change is one thing for the kernel to do.
type Change struct {
	// Op says what: ipvsnl.OpAddService, OpSetService, OpDeleteService,
	// OpAddDestination, OpSetDestination, OpDeleteDestination, OpSetTimeouts,
	// OpStartDaemon or OpStopDaemon.
	Op ipvsnl.Op

	// Service is the service, or that of the destination: as it is to be or, if it is
	// deleted, was.
	Service ipvsnl.Service

	// Destination is the destination, as it is to be or was.
	Destination ipvsnl.Destination

	Timeouts ipvsnl.Timeouts // of OpSetTimeouts
	Daemon   ipvsnl.Daemon   // of OpStartDaemon and OpStopDaemon
}

// String returns the change as "add destination 10.0.0.1:80 of TCP 192.0.2.1:80".
func (c Change) String() string {
	s := c.Op.String()
	switch c.Op {
	case ipvsnl.OpAddService, ipvsnl.OpSetService, ipvsnl.OpDeleteService:
		s += " " + c.Service.String()
	case ipvsnl.OpAddDestination, ipvsnl.OpSetDestination, ipvsnl.OpDeleteDestination:
		s += " " + c.Destination.Addr.String() + " of " + c.Service.String()
	case ipvsnl.OpStartDaemon, ipvsnl.OpStopDaemon:
		s += " " + c.Daemon.State.String()
	}
	return s
}

// withdraws says whether the change takes away what clients may be served by: a service, a
// destination, or the weight of one.
func (c *Change) withdraws() bool {
	switch c.Op {
	case ipvsnl.OpDeleteService, ipvsnl.OpDeleteDestination:
		return true
	case ipvsnl.OpSetDestination:
		return c.Destination.Weight == 0
	}
	return false
}

// queue adds each kind of change to a batch.
var queue = map[ipvsnl.Op]func(*ipvsnl.Batch, *Change){
	ipvsnl.OpAddService:    func(b *ipvsnl.Batch, c *Change) { b.AddService(c.Service) },
	ipvsnl.OpSetService:    func(b *ipvsnl.Batch, c *Change) { b.SetService(c.Service) },
	ipvsnl.OpDeleteService: func(b *ipvsnl.Batch, c *Change) { b.DeleteService(c.Service.ServiceKey) },
	ipvsnl.OpAddDestination: func(b *ipvsnl.Batch, c *Change) {
		b.AddDestination(c.Service.ServiceKey, c.Destination)
	},
	ipvsnl.OpSetDestination: func(b *ipvsnl.Batch, c *Change) {
		b.SetDestination(c.Service.ServiceKey, c.Destination)
	},
	ipvsnl.OpDeleteDestination: func(b *ipvsnl.Batch, c *Change) {
		b.DeleteDestination(c.Service.ServiceKey, c.Destination.Addr)
	},
	ipvsnl.OpSetTimeouts: func(b *ipvsnl.Batch, c *Change) { b.SetTimeouts(c.Timeouts) },
	ipvsnl.OpStartDaemon: func(b *ipvsnl.Batch, c *Change) { b.StartDaemon(c.Daemon) },
	ipvsnl.OpStopDaemon:  func(b *ipvsnl.Batch, c *Change) { b.StopDaemon(c.Daemon) },
}
