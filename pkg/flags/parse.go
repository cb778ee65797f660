// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// A Resolver finds addresses and ports by their names.
type Resolver interface {
	// Addr returns an IPv4 address of a host.
	Addr(host string) (netip.Addr, bool)

	// PortNumber returns the port with a name in /etc/services, where the protocol is
	// written as given: "tcp".
	PortNumber(name, protocol string) (uint16, bool)
}

// A parser turns a command line into a Command. Options take effect one by
// one, so each sees only what earlier ones have set.
type parser struct {
	words     []string
	resolver  Resolver
	cmd       Command
	given     optionSet
	takes     optionSet       // what the command accepts
	protocol  ipvsnl.Protocol // for port names; 0 before the service is known
	flagNames string

	// The parts of the change that options set.
	service  ipvsnl.Service // except the mask
	at       string         // the address of the service, as it was given
	mask     ipvsnl.Mask
	server   ipvsnl.Destination
	daemon   ipvsnl.Daemon
	timeouts ipvsnl.Timeouts

	selection Selection

	// The parts of a filter of connections.
	client     netip.Prefix
	serverPort bool // whether the address of the server was given with a port
}

func newParser(words []string, r Resolver) parser {
	return parser{words: words, resolver: r, server: ipvsnl.Destination{Forwarding: ipvsnl.Route, Weight: 1}}
}

// Parse parses the words of a command line, without the name of the program.
// No words mean a listing, also after --netns.
//
// Every error is an *Error. The Command then has only its Kind and NetNS, which determine where
// to open IPVS before the error is reported.
func Parse(words []string, r Resolver) (Command, error) {
	p := newParser(words, r)
	if len(words) == 0 {
		p.cmd.Kind = List
		return p.cmd, nil
	}
	s := &scanner{words: words}
	if err := p.parse(s); err != nil {
		if !p.given.has(optNetNS) {
			p.findNetNS(s)
		}
		return Command{Kind: p.cmd.Kind, NetNS: p.cmd.NetNS}, bare(err)
	}
	return p.cmd, nil
}

func (p *parser) parse(s *scanner) error {
	w, ok, err := p.first(s)
	if err != nil {
		return err
	}
	if !ok {
		p.cmd.Kind = List
		return nil
	}
	c := &commands[w.opt.verb]
	p.cmd.Kind, p.takes = c.kind, c.rules.all()
	if c.raw {
		p.cmd.Line = s.words
		return nil
	}
	if c.name == "" { // about the program, whatever follows
		p.findNetNS(s)
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
	if c.words != nil {
		if stray, err = c.words(p, stray); err != nil {
			return err
		}
	}
	if len(stray) > 0 {
		return p.stray(w.opt.verb, stray[0])
	}
	if err := p.finish(w.opt.verb); err != nil {
		return err
	}
	if err := c.rules.check(p.given&^everywhere, c.name, "command"); err != nil {
		return err
	}
	if err := p.checkSense(w.opt.verb); err != nil {
		return err
	}
	if c.change != nil {
		p.cmd.Change = c.change(p)
		p.notice()
	}
	return nil
}

// options handles all options after the command.
func (p *parser) options(s *scanner) error {
	for {
		w, ok, err := s.next()
		if !ok {
			return err
		}
		if w.opt.verb != noVerb && w.opt.id == noOption {
			return fault("invalid option `" + w.text + "'")
		}
		if err := p.option(w); err != nil {
			return err
		}
	}
}

// option handles an option, which may be given once.
func (p *parser) option(w word) error {
	if id := w.opt.id; id != noOption {
		if p.given.has(id) {
			return fault("multiple '" + optionNames[id] + "' options specified")
		}
		p.given |= set(id)
	}
	return w.opt.set(p, w)
}

// threeTimeouts reads the values of --set from the stray words and returns the others.
func (p *parser) threeTimeouts(stray []string) ([]string, error) {
	fields := []*time.Duration{&p.timeouts.TCP, &p.timeouts.TCPFin, &p.timeouts.UDP}
	if len(stray) < len(fields) {
		return nil, lacking(0, fault("--set option requires 3 timeout values"))
	}
	for i, field := range fields {
		seconds, err := parseTimeout(stray[i], 0)
		if err != nil {
			return nil, err
		}
		*field = time.Duration(seconds) * time.Second
	}
	return stray[len(fields):], nil
}

// finish sets what depends on several options.
func (p *parser) finish(v verb) error {
	c := &p.cmd
	if p.service.Scheduler == "" {
		p.service.Scheduler = defaultScheduler
	}
	if p.service.Persistence.Timeout != 0 || p.given.has(optKeep) { // otherwise the mask has no meaning
		p.service.Persistence.Mask = p.mask
	}
	if p.daemon.Interface == "" {
		p.daemon.Interface = defaultInterface
	}
	if (v == restore || v == clearTable) && !c.WaitGiven {
		c.Wait = defaultWait
	}
	if c.Listing.JSON || c.Listing.Metrics {
		c.Listing.Numeric = true
	}
	switch {
	case v == list && c.Listing.Subject == Connections:
		c.Filter = p.filter()
	case v == list || v == save || v == checkTable:
		c.Service, c.OneService = p.service.Key, p.given.has(optService)
		c.Selection, c.Server = p.selection, p.oneServer()
	}
	if v == save {
		c.Listing, c.Saving = Listing{Numeric: c.Listing.Numeric}, p.saving()
		if p.given.has(optSysctl) {
			c.Kind, c.Sysctls.Save = Sysctl, true
		}
	}
	return p.applySchedFlags()
}

// zero zeroes one service, the selected ones or all. A service without address and port means all.
func (p *parser) zero() ipvsnl.Change {
	if k := p.service.Key; p.given.has(optService) && (k.Mark != 0 || !k.Addr.Addr().IsUnspecified() || k.Addr.Port() != 0) {
		return ipvsnl.ZeroService(k)
	}
	if p.selection != (Selection{}) {
		return p.part(ipvsnl.ZeroService)
	}
	return ipvsnl.Zero()
}

// saving returns what a save writes. Some of its options are also options of listings,
// where they exclude each other; here they can be combined.
func (p *parser) saving() Saving {
	all := p.given.has(optAll)
	return Saving{
		Thresholds: all || p.given.has(optThresholds),
		Timeouts:   all || p.given.has(optTimeout),
		Daemons:    all || p.given.has(optDaemon),
		Stable:     p.given.has(optStable),
	}
}

// applySchedFlags sets the scheduler flags by their names.
func (p *parser) applySchedFlags() error {
	if p.flagNames != "" && strings.Trim(p.flagNames, ",") == "" {
		return faultOf("no scheduler flag in `"+p.flagNames+"'", BadValue, p.flagNames, flagNames())
	}
	for name := range strings.SplitSeq(p.flagNames, ",") {
		if name == "" {
			continue
		}
		flag, ok := schedFlag(name)
		if !ok {
			return faultOf("invalid scheduler flag `"+name+"'", BadValue, name, flagNames())
		}
		if flag.Scheduler != "" && flag.Scheduler != p.service.Scheduler {
			return lacking(set(optScheduler), faultOf("incompatible scheduler flag `"+name+"'", FlagOfOther, name, flag.Scheduler))
		}
		p.service.SchedulerFlags |= flag.Flag
	}
	return nil
}

func schedFlag(name string) (words.SchedulerFlag, bool) {
	for _, row := range words.SchedulerFlags {
		if row.Name == name {
			return row, true
		}
	}
	return words.SchedulerFlag{}, false
}

// checkSense checks the meaning of the options together.
func (p *parser) checkSense(v verb) error {
	if err := checkCompanions(v, p.given); err != nil {
		return err
	}
	if err := p.checkSelection(); err != nil {
		return err
	}
	switch v {
	case addService, editService:
		return p.checkService(v)
	case addServer, editServer:
		return p.checkServer(v)
	case deleteService, deleteServer:
		return p.checkDraining()
	case list:
		if err := checkConflicts(listConflicts, p.given); err != nil {
			return err
		}
		return p.checkFilter()
	case save:
		return checkConflicts(saveConflicts, p.given)
	}
	return nil
}

func (p *parser) checkService(v verb) error {
	s := &p.service
	if s.Key.Mark != 0 {
		return nil
	}
	keeps := v == editService && p.given.has(optKeep) // also persistence
	if s.Key.Addr.Port() == 0 && s.Persistence.Timeout == 0 && !keeps {
		return lacking(set(optPersistent), faultOf("Zero port specified for non-persistent service", PortMissing, p.at, ""))
	}
	if s.OnePacket && s.Key.Protocol != ipvsnl.UDP {
		return fault("One-Packet Scheduling is only for UDP virtual services")
	}
	return nil
}

// The faults of a real server that -i or a tunnel's option would mend.

func otherFamily() error {
	return lacking(set(optForwarding), faultOf("Different address family is allowed only for tunneling servers", OtherFamily, "", ""))
}

func noTunnel() error {
	return lacking(set(optForwarding), faultOf("Tunnel options conflict with forward method", NoTunnel, "", ""))
}

func (p *parser) checkServer(v verb) error {
	if p.keepsForwarding() {
		return p.checkKept(v)
	}
	k, d := &p.service.Key, &p.server
	if ipvsnl.FamilyOf(d.Addr.Addr()) != k.Family() && d.Forwarding != ipvsnl.Tunnel {
		return otherFamily()
	}
	// Without address translation a packet keeps its destination port.
	if k.Mark == 0 && d.Forwarding != ipvsnl.Masquerade {
		if p.serverPort && d.Addr.Port() != k.Addr.Port() {
			p.cmd.Oddities |= PortIgnored
		}
		d.Addr = netip.AddrPortFrom(d.Addr.Addr(), k.Addr.Port())
	}
	if d.Forwarding != ipvsnl.Tunnel {
		if p.given&(tunnelOptions|set(optTunType)) != 0 {
			return noTunnel()
		}
		return nil
	}
	name := words.TunnelTypeOf(d.TunnelType).Name
	r := tunnelRules(name)
	return lacking(set(optTunType), r.check(p.given&tunnelOptions, name, "tunnel type"))
}
