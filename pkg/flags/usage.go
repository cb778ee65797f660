// SPDX-License-Identifier: Apache-2.0

package flags

import "strings"

// usageHead is the beginning of the help, before the options.
const usageHead = `Usage:
  ipvsadm -A|-E SERVICE [OPTIONS]
  ipvsadm -D SERVICE
  ipvsadm -a|-e SERVICE -r ADDRESS [OPTIONS]
  ipvsadm -d SERVICE -r ADDRESS
  ipvsadm [-L [SERVICE|PART] [OPTIONS]]
  ipvsadm -Z [SERVICE|PART]
  ipvsadm -S [SERVICE|PART] [-n] [--thresholds] [--timeout] [--daemon] [--all] [--stable]
  ipvsadm -R [--replace [--only]] [--dry-run] [--wait SECONDS] <RULES
  ipvsadm -C [PART] [--dry-run] [--wait SECONDS]
  ipvsadm --set TCP FIN UDP
  ipvsadm --start-daemon STATE [OPTIONS]
  ipvsadm --stop-daemon STATE
  ipvsadm --sysctl [NAME[=VALUE]...] [-j]
  ipvsadm -S --sysctl
  ipvsadm --schedulers [-j]

The command comes first; --netns NAME goes with all of these, also before the command. SERVICE is one of the options
under Services; ADDRESS is HOST, HOST:PORT, [IPV6]:PORT or a bare IPv6 address.
`

// usageColumn is the column of the descriptions of options.
const usageColumn = 32

// Usage returns the help: the forms of command lines, and all options.
func Usage() string {
	var b strings.Builder
	b.WriteString(usageHead)
	for i := range options {
		o := &options[i]
		switch {
		case o.heading != "":
			b.WriteString("\n" + o.heading + ":\n")
		case o.help != "":
			b.WriteString(o.usage())
		}
	}
	return b.String()
}

// usage returns an option's line of the help.
func (o *option) usage() string {
	words := "  "
	if o.short != 0 {
		words += "-" + string(rune(o.short)) + ", "
	} else {
		words += "    "
	}
	words += "--" + o.long
	if o.value != "" {
		words += " " + o.value
	}
	return words + strings.Repeat(" ", max(1, usageColumn-len(words))) + o.help + "\n"
}
