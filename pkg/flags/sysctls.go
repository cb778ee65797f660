// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
)

// sysctlWords reads the words of --sysctl: NAME or NAME=VALUE.
func (p *parser) sysctlWords(words []string) ([]string, error) {
	for _, w := range words {
		given, value, set := strings.Cut(w, "=")
		name := strings.TrimPrefix(strings.TrimSpace(given), sysctls.Prefix)
		if !isSysctl(name) {
			return nil, fault("illegal sysctl `" + visible.Text(given) + "' specified")
		}
		if set {
			p.cmd.Sysctls.Set = append(p.cmd.Sysctls.Set, SysctlValue{name, strings.TrimSpace(value)})
		} else {
			p.cmd.Sysctls.List = append(p.cmd.Sysctls.List, name)
		}
	}
	return nil, nil
}

// isSysctl reports whether a kernel may have a sysctl with this name.
func isSysctl(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
