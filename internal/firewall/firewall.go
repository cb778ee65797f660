// SPDX-License-Identifier: Apache-2.0

// Package firewall reads rules of nftables and of iptables, as far as they matter to IPVS: which mark packets, translate
// sources, or drop what the director sends. It loads no modules. It reads netlink's messages itself, since the library for
// nftables would make the program larger by a twentieth.
package firewall

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

// A Place is where the firewall of a network namespace is.
type Place struct {
	Read    func(name string) ([]byte, error) // reads a file
	Release string                            // of the kernel
}

// Rules reads the rules of the thread's network namespace. What could not be read is returned as well.
func (p *Place) Rules() (all check.Rulesets, missing map[string]error) {
	return p.rules(dump, getsockopt)
}

func (p *Place) rules(dump dumper, ask asker) (all check.Rulesets, missing map[string]error) {
	missing = map[string]error{}
	if p.has("nf_tables") {
		if err := nft(dump, &all); err != nil {
			missing["the rules of nftables"] = err
		}
	}
	for _, f := range []*family{&ipv4, &ipv6} {
		if !p.has(f.module) {
			continue
		}
		if err := p.iptables(f, ask, &all); err != nil {
			missing["the rules of "+f.program] = err
		}
	}
	all.Read = len(missing) == 0
	return all, missing
}

// has reports whether the kernel has a module. Asking it for rules would load one that it has not.
func (p *Place) has(module string) bool {
	text, err := p.Read("/proc/modules")
	if err == nil && strings.Contains("\n"+string(text), "\n"+module+" ") {
		return true
	}
	text, err = p.Read("/lib/modules/" + p.Release + "/modules.builtin")
	return err == nil && strings.Contains(string(text), "/"+module+".ko\n")
}
