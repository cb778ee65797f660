// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

// A family is one of the two that iptables has, with the places of fields in its struct ipt_entry on machines of 64 bits.
type family struct {
	program, module, names string
	domain, level          int
	address                int // bytes of an address; sources and destinations come first, then their masks
	out                    int // the name of the interface out of which packets go
	protocol, inverted     int // inverted are the conditions of which the opposite is meant
	target, next, matches  int
}

var (
	ipv4 = family{"iptables", "ip_tables", "ip_tables_names", unix.AF_INET, unix.IPPROTO_IP, 4, 32, 80, 83, 88, 90, 112}
	ipv6 = family{"ip6tables", "ip6_tables", "ip6_tables_names", unix.AF_INET6, unix.IPPROTO_IPV6, 16, 80, 128, 132, 140, 142, 168}
)

const (
	getInfo    = 64 // IPT_SO_GET_INFO, and of IPv6
	getEntries = 65 // IPT_SO_GET_ENTRIES

	tableName  = 32
	hookEntry  = tableName + 4 // in struct ipt_getinfo
	underflow  = hookEntry + 4*5
	sizeOfInfo = underflow + 4*5 + 8
	entries    = 40 // in struct ipt_get_entries
)

var (
	errWord = errors.New("they are read on machines of 64 bits alone")

	errMalformed = errors.New("malformed")
)

// iptables reads the tables that there are.
func (p *Place) iptables(f *family, ask asker, all *check.Rulesets) error {
	names, err := p.Read("/proc/thread-self/net/" + f.names)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || len(strings.TrimSpace(string(names))) == 0 {
		return err
	}
	if strconv.IntSize != 64 {
		return errWord
	}
	for _, table := range strings.Fields(string(names)) {
		info, b, err := f.get(ask, table)
		if err != nil {
			return err
		}
		if err := f.read(table, info, b, all); err != nil {
			return err
		}
	}
	return nil
}

// get returns what the kernel says of a table, and its entries.
func (f *family) get(ask asker, name string) (info, b []byte, err error) {
	info = make([]byte, sizeOfInfo)
	copy(info, name)
	if err := ask(f.domain, f.level, getInfo, info); err != nil {
		return nil, nil, err
	}
	size := binary.NativeEndian.Uint32(info[sizeOfInfo-4:])
	b = make([]byte, entries+int(size))
	copy(b, name)
	binary.NativeEndian.PutUint32(b[tableName:], size)
	if err := ask(f.domain, f.level, getEntries, b); err != nil {
		return nil, nil, err
	}
	return info, b[entries:], nil
}

// An asker fills b with what an option of a socket is.
type asker func(domain, level, option int, b []byte) error

// getsockopt is the asker that asks the kernel.
func getsockopt(domain, level, option int, b []byte) error {
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	size := uint32(len(b))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(option),
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return os.NewSyscallError("getsockopt", errno)
	}
	return nil
}

// read reads the entries of a table.
func (f *family) read(table string, info, b []byte, all *check.Rulesets) error {
	chain := check.Chain{Program: f.program, Table: table}
	valid := binary.NativeEndian.Uint32(info[tableName:])
	for at := 0; at+f.matches <= len(b); {
		e := b[at:]
		next, target := int(binary.NativeEndian.Uint16(e[f.next:])), int(binary.NativeEndian.Uint16(e[f.target:]))
		if next > len(e) || target < f.matches || target+32 > next {
			return errMalformed
		}
		policy := false
		for i, hook := range hooks {
			if valid&(1<<i) == 0 {
				continue
			}
			if int(binary.NativeEndian.Uint32(info[hookEntry+4*i:])) == at {
				chain.Hook, chain.Name = hook, strings.ToUpper(hook)
			}
			policy = policy || int(binary.NativeEndian.Uint32(info[underflow+4*i:])) == at && chain.Hook == hook
		}
		e = e[:next]
		rule := check.Rule{Chain: chain}
		name, data := named(e[target:]), e[target+32:]
		switch {
		case name == "ERROR": // begins a chain of the user
			chain.Hook, chain.Name = "", string(bytes.TrimRight(data, "\x00"))
		case policy:
			if verdict(data) == drop && chain.Hook == "output" {
				all.Drops = append(all.Drops, chain)
			}
		default:
			f.conditions(e[:target], &rule)
			if name == "" {
				v := verdict(data)
				rule.Drops, rule.Accepts = v == drop, v == accept || v == queue || v >= 0
			}
			targetOf(&rule, name, data)
			all.Rules = append(all.Rules, rule)
		}
		at += next
	}
	return nil
}

// named returns the name of a match or target.
func named(b []byte) string {
	name, _, _ := bytes.Cut(b[2:31], []byte{0})
	return string(name)
}

// Verdicts of the target without a name. Those that are not negative are jumps. A program to which packets are queued may accept.
const drop, accept, queue = -1, -2, -4

func verdict(data []byte) int32 {
	if len(data) < 4 {
		return accept
	}
	return int32(binary.NativeEndian.Uint32(data))
}

const isFragment = 1 // IPT_F_FRAG: all fragments but the first

// conditions reads what packets an entry takes.
func (f *family) conditions(e []byte, r *check.Rule) {
	n := f.address
	source, to := e[2*n:3*n], e[3*n:4*n]                   // the masks
	fragments := n == 4 && e[f.inverted-1]&isFragment != 0 // the flags precede what is inverted
	if bytes.Count(source, []byte{0}) < n || e[4*n] != 0 || fragments || e[f.inverted] != 0 {
		r.Narrower = true // it is about sources, the interface of arrival or fragments, or the opposite of something
	}
	if length, ok := prefixLength(to); length > 0 && ok {
		a, _ := netip.AddrFromSlice(e[n : 2*n])
		r.To = netip.PrefixFrom(a, length)
	} else if length > 0 {
		r.Narrower = true
	}
	name, _, _ := bytes.Cut(e[f.out:f.out+16], []byte{0})
	r.Out = string(name)
	if start, all := strings.CutSuffix(r.Out, "+"); all && e[f.out+2*16+len(start)] == 0 { // in the mask, which follows both names
		r.Out = start + "*"
	}
	r.Protocol = uint8(binary.NativeEndian.Uint16(e[f.protocol:]))
	if e[f.inverted] != 0 {
		r.To, r.Out, r.Protocol = netip.Prefix{}, "", 0 // it may be about all others
	}
	for b := e[f.matches:]; len(b) >= 32; {
		size := int(binary.NativeEndian.Uint16(b))
		if size < 32 || size > len(b) {
			return
		}
		matchOf(r, named(b), b[32:size])
		b = b[size:]
	}
}

// matchOf adds the condition of a match.
func matchOf(r *check.Rule, name string, info []byte) {
	switch {
	case (name == "tcp" || name == "udp") && len(info) >= 12:
		portsMatch(r, name == "tcp", info)
	case name == "ipvs":
		ipvsMatch(r, info)
	case name == "conntrack" && len(info) >= 152: // struct xt_conntrack_mtinfo3: its flags, those that are inverted, and states
		flags, inverted, states := binary.NativeEndian.Uint16(info[146:]), binary.NativeEndian.Uint16(info[148:]), binary.NativeEndian.Uint16(info[150:])
		r.Narrower = true
		r.Known = r.Known || flags&1 != 0 && inverted&1 == 0 && states&^known == 0
	case name == "state" && len(info) >= 4:
		r.Narrower = true
		r.Known = r.Known || binary.NativeEndian.Uint32(info)&^known == 0
	case name != "comment":
		r.Narrower = true
	}
}

// portsMatch adds the conditions of struct xt_tcp or xt_udp: ranges of source and of destination ports, an option and which
// flags are looked at, those that are set, and which of these are inverted; of UDP, what is inverted follows the ports.
func portsMatch(r *check.Rule, tcp bool, info []byte) {
	const destination = 1 << 1
	inverted := info[8]
	if tcp {
		r.Narrower = r.Narrower || info[8] != 0 || info[9] != 0
		inverted = info[11]
	}
	from, to := binary.NativeEndian.Uint16(info[4:]), binary.NativeEndian.Uint16(info[6:])
	r.Narrower = r.Narrower || binary.NativeEndian.Uint16(info) != 0 || binary.NativeEndian.Uint16(info[2:]) != 0xffff || inverted != 0 ||
		to == 0 // port 0, which stands for all
	if inverted&destination == 0 && (from != 0 || to != 0xffff) {
		r.Ports = [2]uint16{from, to}
	}
}

// The properties that struct xt_ipvs_mtinfo is about, as bits.
const (
	hasAddr = 1 << 2
	hasPort = 1 << 3
)

// ipvsMatch adds the conditions of the match ipvs: an address and its mask come first, then a port, a protocol and a method,
// the port of a controlling connection, and which of the properties are inverted and which are looked at.
func ipvsMatch(r *check.Rule, info []byte) {
	r.Narrower = true
	if len(info) < 40 || info[38] != 0 {
		return // it may be about all but IPVS
	}
	r.IPVS = true
	looked := info[39]
	if looked&hasAddr != 0 {
		r.Virtual = virtual(r, info)
	}
	if looked&hasPort != 0 {
		r.Port = binary.BigEndian.Uint16(info[32:])
	}
}

// virtual returns the network of virtual addresses that a match is about; it is not valid for all.
func virtual(r *check.Rule, info []byte) netip.Prefix {
	n := 4
	if r.Program == "ip6tables" || r.Family == "ip6" {
		n = 16
	}
	a, _ := netip.AddrFromSlice(info[:n])
	length, ok := prefixLength(info[16 : 16+n])
	if length == 0 || !ok {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, length)
}
