// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every option is in the help once, in its group, with the commands that the group is about.
func TestUsage(t *testing.T) {
	usage := Usage()
	grouped := map[verb]int{}
	for i := range options {
		o := &options[i]
		if o.heading != "" {
			first := ""
			for _, v := range o.verbs {
				grouped[v]++
				first += linesOf(v)
			}
			require.Contains(t, usage, "\n\n"+o.heading+":\n"+first)
			continue
		}
		require.NotEmpty(t, o.help, "--%s has no help", o.long)
		require.Equal(t, 1, strings.Count(usage, "\n"+o.usage()), "%s%s", string(o.short), o.long)
	}
	for v := noVerb + 1; int(v) < len(commands); v++ {
		require.Equal(t, 1, grouped[v], "command %d is in so many groups of the help", v)
	}
}

func linesOf(v verb) string {
	var b strings.Builder
	writeVerb(&b, v)
	return b.String()
}

// The help fits into a terminal, and ends with three examples and the name of the manual.
func TestUsageForm(t *testing.T) {
	for name, text := range map[string]string{
		"ipvsadm":         Usage(),
		"ipvsadm-save":    WrapperOf("ipvsadm-save").refusal("").(*Error).Text + "\n",
		"ipvsadm-restore": WrapperOf("ipvsadm-restore").refusal("").(*Error).Text + "\n",
		"refusal":         WrapperOf("ipvsadm-save").refusal("-x").(*Error).Text + "\n",
	} {
		for line := range strings.Lines(text) {
			require.LessOrEqual(t, len(line), usageWidth+1, line)
			require.Equal(t, strings.TrimRight(line, " \n")+"\n", line)
		}
		if name == "refusal" {
			continue
		}
		_, end, found := strings.Cut(text, "\nExamples:\n")
		require.True(t, found, name)
		require.Len(t, regexp.MustCompile(`(?m)^  [A-Z].*:\n    ipvsadm`).FindAllString(end, -1), 3, end)
		require.True(t, strings.HasSuffix(end, "\n\nThe manual is "+name+"(8).\n"), end)
	}
	require.True(t, strings.HasPrefix(Usage(), "Usage:\n"))
}

// Descriptions begin in one column, unless the words before are too long, and take as many lines as they need.
func TestUsageColumns(t *testing.T) {
	const margin = "                               "
	fits := strings.Repeat("y", 49)
	for o, want := range map[*option]string{
		{short: 'x', long: "name", value: "N", help: "help"}:     "  -x, --name N                 help\n",
		{long: "name", help: "help"}:                             "      --name                   help\n",
		{short: 'x', help: "help"}:                               "  -x                           help\n",
		{long: strings.Repeat("x", 22), help: "help"}:            "      --" + strings.Repeat("x", 22) + " help\n",
		{long: strings.Repeat("x", 23), help: "help"}:            "      --" + strings.Repeat("x", 23) + " help\n",
		{long: "name", help: "a " + fits}:                        "      --name                   a\n" + margin + fits + "\n",
		{long: "name", help: "a " + fits[2:] + " b"}:             "      --name                   a " + fits[2:] + "\n" + margin + "b\n",
		{long: "name", help: "a " + fits[2:] + " b " + fits[2:]}: "      --name                   a " + fits[2:] + "\n" + margin + "b " + fits[2:] + "\n",
	} {
		require.Equal(t, want, o.usage())
	}
}

// Every option can be read by both of its words, and no word is there twice.
func TestOptionTable(t *testing.T) {
	seen := map[string]bool{}
	for i := range options {
		o := &options[i]
		if o.heading != "" {
			continue
		}
		if o.long != "" {
			require.Same(t, o, longOption(o.long))
			require.False(t, seen[o.long], "--%s is there twice", o.long)
			seen[o.long] = true
		}
		if o.short != 0 {
			require.Same(t, o, shortOption(o.short))
		}
		require.True(t, o.verb != noVerb || o.set != nil, "--%s does nothing", o.long)
	}
	for id, name := range optionNames[noOption+1:] {
		require.NotEmpty(t, name, "option %d", id)
	}
}

// An option needs a value if the help names one, which is optional in brackets.
func TestOptionValues(t *testing.T) {
	for i := range options {
		o := &options[i]
		if o.heading != "" || o.long == "" || commands[o.verb].words != nil || commands[o.verb].raw { // whose values are not the option's
			continue
		}
		value := func(next ...string) (string, bool) {
			w, ok, _ := (&scanner{words: append([]string{"--" + o.long}, next...)}).next()
			return w.value, ok
		}
		_, alone := value()
		beforeDash, _ := value("-x")
		before, _ := value("x")
		got := []any{alone, beforeDash, before}
		switch {
		case o.value == "":
			require.Equal(t, []any{true, "", ""}, got, o.long)
		case o.value[0] == '[':
			require.Equal(t, []any{true, "", "x"}, got, o.long)
		default:
			require.Equal(t, []any{false, "-x", "x"}, got, o.long)
		}
	}
}
