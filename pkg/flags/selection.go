// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Selection is the part of the table that a command is about. The zero Selection is all of it;
// every field that is set narrows it.
type Selection struct {
	Family ipvsnl.Family // 0 for both
	VIP    netip.Prefix  // of the services' addresses
	Marks  bool          // whether services have to have a mark
}

// Contains reports whether the selection has the service of a key.
func (s *Selection) Contains(k ipvsnl.ServiceKey) bool {
	return (s.Family == 0 || s.Family == k.Family()) &&
		(!s.VIP.IsValid() || k.Mark == 0 && s.VIP.Contains(k.Addr.Addr())) &&
		(!s.Marks || k.Mark != 0)
}

// Option returns the name of an option of the selection.
func (s *Selection) Option() string {
	switch {
	case s.Marks:
		return optionNames[optMarks]
	case s.VIP.IsValid():
		return optionNames[optVIP]
	case s.Family == ipvsnl.IPv6:
		return optionNames[optIPv6]
	}
	return optionNames[optIPv4]
}

// The options of a selection, of which one of each kind excludes the others. A single service is selected by itself.
const (
	selectingFamily  optionSet = 1<<optService | 1<<optIPv4 | 1<<optIPv6
	selectingAddress optionSet = 1<<optService | 1<<optVIP | 1<<optMarks
)

// onlyIPv6 selects IPv6 with an option that otherwise belongs to a mark.
func (p *parser) onlyIPv6() error {
	if !p.takes.has(optIPv6) {
		return faultOf("-6 used before -f\n", MarkFirst, "", "")
	}
	p.given |= set(optIPv6)
	p.selection.Family = ipvsnl.IPv6
	return nil
}

func (p *parser) vip(w word) (err error) {
	p.selection.VIP, err = parsePrefix("vip", w)
	return err
}

func (p *parser) onlyMarks(word) error {
	p.selection.Marks = true
	return nil
}

// checkSelection refuses a selection that has no service.
func (p *parser) checkSelection() error {
	if s := &p.selection; s.Family != 0 && s.VIP.IsValid() && ipvsnl.FamilyOf(s.VIP.Addr()) != s.Family {
		return fault("'--vip' and '" + map[ipvsnl.Family]string{ipvsnl.IPv4: "-4", ipvsnl.IPv6: "-6"}[s.Family] +
			"' exclude each other: " + s.VIP.String() + " is of the other family")
	}
	return nil
}

// part turns a change of all services into one of those that are selected.
func (p *parser) part(change func(ipvsnl.ServiceKey) ipvsnl.Change) ipvsnl.Change {
	p.cmd.Kind, p.cmd.Selection = Part, p.selection
	return change(ipvsnl.ServiceKey{})
}

// clear deletes all services or the selected ones. A dry run only saves them.
func (p *parser) clear() ipvsnl.Change {
	switch {
	case p.cmd.Restoring.DryRun:
		p.cmd = Command{Kind: Save, Listing: Listing{Numeric: true}, Saving: Saving{Thresholds: true},
			Selection: p.selection, WaitGiven: p.cmd.WaitGiven, NetNS: p.cmd.NetNS}
		return ipvsnl.Change{}
	case p.selection != Selection{}:
		return p.part(ipvsnl.DeleteServiceIfExists)
	}
	return ipvsnl.Flush()
}
