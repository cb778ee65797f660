// SPDX-License-Identifier: Apache-2.0

package flags

import "strings"

// usageHead is the beginning of the help, before the options.
const usageHead = `Usage:
  ipvsadm -A|-E SERVICE [OPTIONS]
  ipvsadm -D SERVICE [OPTIONS]
  ipvsadm -a|-e SERVICE -r ADDRESS [OPTIONS]
  ipvsadm -d SERVICE -r ADDRESS [OPTIONS]
  ipvsadm [-L [SERVICE|PART] [OPTIONS]]
  ipvsadm -Z [SERVICE|PART]
  ipvsadm -S [SERVICE|PART] [-n] [OPTIONS]
  ipvsadm -R [--replace [--only]] [--dry-run] [--wait SECONDS] <RULES
  ipvsadm -C [PART] [--dry-run] [--wait SECONDS]
  ipvsadm --start-daemon|--stop-daemon master|backup [OPTIONS]
  ipvsadm --set TCP FIN UDP
  ipvsadm --sysctl [NAME[=VALUE]...]
  ipvsadm --schedulers
  ipvsadm --check [NAME] [SERVICE] [--probe] [OPTIONS] [<RULES]

The command comes first; only --netns NAME may precede it. SERVICE is -t, -u or
--sctp-service with an address, or -f with a mark. ADDRESS is HOST, HOST:PORT,
[IPV6]:PORT, or an IPv6 address without brackets.
`

// usageTail is the end of the help, after the options.
const usageTail = `
Examples:
  Share port 80 of 192.0.2.1 between two servers, by NAT:
    ipvsadm -A -t 192.0.2.1:80 -s rr
    ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.11:8080 -m
    ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.12:8080 -m
  Show what they get, with numeric addresses:
    ipvsadm -Ln --stats
  Save the table, and restore it without interrupting clients:
    ipvsadm-save -n --all >rules
    ipvsadm-restore --replace <rules

The manual is ipvsadm(8).
`

// saveExamples are in the help of ipvsadm-save.
const saveExamples = `  Save everything, and keep the old rules if that fails:
    ipvsadm-save -n --all --stable >rules.new && mv rules.new rules
  Save one service:
    ipvsadm-save -n -t 192.0.2.1:80 >web
  Copy the table to the network namespace blue:
    ipvsadm-save -n --all | ipvsadm-restore --replace --netns blue
`

// restoreExamples are in the help of ipvsadm-restore.
const restoreExamples = `  Show what would change:
    ipvsadm-restore --replace --dry-run rules
  Change it, without interrupting clients:
    ipvsadm-restore --replace rules
  Clear the table first, then restore the rules:
    ipvsadm-restore rules
`

const (
	usageColumn = 31 // of the descriptions of options
	usageWidth  = 80 // of a terminal
)

// Usage returns the help: the forms of command lines, all options by what they are for, and examples.
func Usage() string {
	var b strings.Builder
	b.WriteString(usageHead)
	for i := range options {
		o := &options[i]
		switch {
		case o.heading != "":
			b.WriteString("\n" + o.heading + ":\n")
			for _, v := range o.verbs {
				writeVerb(&b, v)
			}
		case o.verb == noVerb:
			b.WriteString(o.usage())
		}
	}
	b.WriteString(usageTail)
	return b.String()
}

// writeVerb writes the lines of a command.
func writeVerb(b *strings.Builder, v verb) {
	for i := range options {
		if o := &options[i]; o.verb == v {
			b.WriteString(o.usage())
		}
	}
}

// usage returns an option's lines of the help.
func (o *option) usage() string {
	words := "  "
	if o.short == 0 {
		words += "    "
	}
	words += strings.Join(o.names(), ", ")
	if o.value != "" {
		words += " " + o.value
	}
	return describe(words, o.help)
}

// describe returns words and, from a column on, what they mean, in as many lines as that takes.
func describe(words, meaning string) string {
	return hang(words+strings.Repeat(" ", max(1, usageColumn-len(words))), strings.Fields(meaning))
}

// hang returns a label, and after it words, in as many lines of the usage's width as they take.
func hang(label string, words []string) string {
	text, length := label, len(label)
	for i, word := range words {
		switch {
		case i == 0:
		case length+1+len(word) > usageWidth:
			text += "\n" + strings.Repeat(" ", len(label))
			length = len(label)
		default:
			text += " "
			length++
		}
		text += word
		length += len(word)
	}
	return text + "\n"
}
