// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Resolver finds addresses and ports by their names.
type Resolver interface {
	// Addr returns an IPv4 address of a host.
	Addr(host string) (netip.Addr, bool)

	// PortNumber returns the port that /etc/services has under a name.
	PortNumber(name string, protocol ipvsnl.Protocol) (uint16, bool)
}

// A parser is a command line on its way to a Command. Options take effect one by
// one, so that each sees only what those before it have set.
type parser struct {
	resolver  Resolver
	cmd       Command
	given     optionSet
	protocol  ipvsnl.Protocol // whose port names count; 0 before a service is named
	flagNames string
}

// First returns the action of a command line by its first option, or None if
// that is no command. It looks no further.
func First(words []string) Action {
	if len(words) == 0 {
		return List
	}
	s := scanner{words: words}
	w, ok, err := s.next()
	if !ok || err != nil {
		return None
	}
	return w.opt.action
}

// NetNS returns the network namespace that a command line names, or "" if it names none. What
// else there is on the line may be at fault.
func NetNS(words []string) string {
	s := scanner{words: words}
	w, ok, err := s.next()
	if !ok || err != nil || w.opt.action == None {
		return ""
	}
	for {
		w, ok, _ := s.next()
		if !ok {
			return ""
		}
		if w.opt.id == optNetNS {
			return w.value
		}
	}
}

// Parse understands the words of a command line, the program's name not among
// them. No words at all ask for a listing. Every error is an *Error.
func Parse(words []string, r Resolver) (Command, error) {
	p := parser{resolver: r}
	p.cmd.Service.Family = ipvsnl.IPv4
	p.cmd.Service.Netmask = wholeIPv4
	p.cmd.Destination.Forwarding = ipvsnl.Route
	p.cmd.Destination.Weight = 1
	if len(words) == 0 {
		p.cmd.Action = List
		return p.cmd, nil
	}
	if err := p.parse(&scanner{words: words}); err != nil {
		return Command{}, err
	}
	return p.cmd, nil
}

func (p *parser) parse(s *scanner) error {
	w, ok, err := s.next()
	if !ok || err != nil || w.opt.action == None {
		return ErrNoCommand
	}
	p.cmd.Action = w.opt.action
	if p.cmd.Action == Help || p.cmd.Action == Version {
		return nil
	}
	if w.opt.set != nil {
		if err := w.opt.set(p, w); err != nil {
			return err
		}
	}
	if err := p.options(s); err != nil {
		return err
	}
	stray := s.stray
	if p.cmd.Action == SetTimeouts {
		if stray, err = p.timeouts(stray); err != nil {
			return err
		}
	}
	if len(stray) > 0 {
		return fault("unexpected argument " + stray[0])
	}
	if err := p.finish(); err != nil {
		return err
	}
	c := &commands[p.cmd.Action]
	if err := c.rules.check(p.given&^everywhere, c.name, "command"); err != nil {
		return err
	}
	return p.checkSense()
}

// options takes in every option behind the command.
func (p *parser) options(s *scanner) error {
	for {
		w, ok, err := s.next()
		if !ok {
			return err
		}
		if w.opt.action != None {
			return fault("invalid option `" + w.text + "'")
		}
		if id := w.opt.id; id != noOption {
			if p.given.has(id) {
				return fault("multiple '" + optionNames[id] + "' options specified")
			}
			p.given |= set(id)
		}
		if err := w.opt.set(p, w); err != nil {
			return err
		}
	}
}

// timeouts takes the values of --set from the stray words and returns the rest.
func (p *parser) timeouts(stray []string) ([]string, error) {
	fields := []*uint32{&p.cmd.Timeouts.TCP, &p.cmd.Timeouts.TCPFin, &p.cmd.Timeouts.UDP}
	if len(stray) < len(fields) {
		return nil, fault("--set option requires 3 timeout values")
	}
	for i, field := range fields {
		var err error
		if *field, err = parseTimeout(stray[i], 0); err != nil {
			return nil, err
		}
	}
	return stray[len(fields):], nil
}

// finish works out what more than one option has a say in.
func (p *parser) finish() error {
	c := &p.cmd
	c.OneService = p.given.has(optService)
	if c.Action == Zero && c.Service.Mark == 0 && c.Service.Addr == nowhere(c.Service.Family) {
		c.OneService = false // as a service of no address and no port stands for all
	}
	if c.Service.Scheduler == "" {
		c.Service.Scheduler = defaultScheduler
	}
	if c.Action == StartDaemon && c.Daemon.Interface == "" {
		c.Daemon.Interface = defaultInterface
	}
	if c.Listing.JSON {
		c.Listing.Numeric = true
	}
	if c.Action == Save {
		c.Listing, c.Saving = Listing{Numeric: c.Listing.Numeric}, p.saving()
	}
	return p.applySchedFlags()
}

// saving returns what a save is to write, which is said by words of listings too. There
// they exclude each other; here they add up.
func (p *parser) saving() Saving {
	all := p.given.has(optAll)
	return Saving{
		Thresholds: all || p.given.has(optThresholds),
		Timeouts:   all || p.given.has(optTimeout),
		Daemons:    all || p.given.has(optDaemon),
	}
}

// nowhere returns the address and port of a service that are all zero.
func nowhere(f ipvsnl.Family) netip.AddrPort {
	if f == ipvsnl.IPv6 {
		return addrPort(netip.IPv6Unspecified(), 0)
	}
	return addrPort(netip.IPv4Unspecified(), 0)
}

// applySchedFlags sets the scheduler flags by their names.
func (p *parser) applySchedFlags() error {
	if p.flagNames != "" && strings.Trim(p.flagNames, ",") == "" {
		return fault("no scheduler flag in `" + p.flagNames + "'")
	}
	for name := range strings.SplitSeq(p.flagNames, ",") {
		if name == "" {
			continue
		}
		flag, ok := schedFlag(name)
		if !ok {
			return fault("invalid scheduler flag `" + name + "'")
		}
		if flag.Scheduler != "" && flag.Scheduler != p.cmd.Service.Scheduler {
			return fault("incompatible scheduler flag `" + name + "'")
		}
		p.cmd.Service.Flags |= flag.Flag
	}
	return nil
}

func schedFlag(name string) (vocab.SchedulerFlag, bool) {
	for _, row := range vocab.SchedulerFlags {
		if row.Name == name {
			return row, true
		}
	}
	return vocab.SchedulerFlag{}, false
}

// checkSense checks what the options mean together.
func (p *parser) checkSense() error {
	switch p.cmd.Action {
	case AddService, EditService:
		return p.checkService()
	case AddServer, EditServer:
		return p.checkServer()
	case List:
		return p.checkListing()
	}
	return nil
}

func (p *parser) checkService() error {
	s := &p.cmd.Service
	if s.Mark != 0 {
		return nil
	}
	if s.Addr.Port() == 0 && s.Flags&ipvsnl.FlagPersistent == 0 {
		return fault("Zero port specified for non-persistent service")
	}
	if s.Flags&ipvsnl.FlagOnePacket != 0 && s.Protocol != ipvsnl.UDP {
		return fault("One-Packet Scheduling is only for UDP virtual services")
	}
	return nil
}

func (p *parser) checkServer() error {
	s, d := &p.cmd.Service, &p.cmd.Destination
	if ipvsnl.FamilyOf(d.Addr.Addr()) != s.Family && d.Forwarding != ipvsnl.Tunnel {
		return fault("Different address family is allowed only for tunneling servers")
	}
	// Without address translation a packet keeps the port it came to.
	if s.Mark == 0 && d.Forwarding != ipvsnl.Masquerade {
		d.Addr = addrPort(d.Addr.Addr(), s.Addr.Port())
	}
	if d.Forwarding != ipvsnl.Tunnel {
		if p.given&(tunnelOptions|set(optTunType)) != 0 {
			return fault("Tunnel options conflict with forward method")
		}
		return nil
	}
	name := vocab.TunnelTypeOf(d.TunnelType).Name
	return tunnels[name].check(p.given&tunnelOptions, name, "tunnel type")
}

func (p *parser) checkListing() error {
	ofTable := set(optStats, optRate, optThresholds, optSortBy, optWatch)
	if p.cmd.Listing.Subject == Timeouts || p.cmd.Listing.Subject == Daemons {
		ofTable |= set(optPersistentConn)
	}
	conflicts := p.cmd.Listing.Subject != Table && p.given&ofTable != 0 ||
		p.cmd.Listing.JSON && p.given&textOptions != 0 ||
		p.given.has(optSortBy) && p.given.has(optNoSort)
	if conflicts {
		return fault("options conflicts in the list command")
	}
	return nil
}
