// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every option is in the help, except second names for one that is.
func TestUsage(t *testing.T) {
	usage := Usage()
	for _, o := range options {
		if o.heading != "" {
			require.Contains(t, usage, "\n\n"+o.heading+":\n")
		}
		if o.long != "" {
			require.Contains(t, usage, "--"+o.long+" ")
			require.NotEmpty(t, o.help, "--%s has no help", o.long)
		}
	}
	for line := range strings.Lines(usage) {
		require.LessOrEqual(t, len(line), 128, line)
	}
}

// The texts of options begin in one column, unless the words before are too long.
func TestUsageColumns(t *testing.T) {
	for o, want := range map[*option]string{
		{short: 'x', long: "name", value: "N", help: "help"}: "  -x, --name N                  help\n",
		{long: "name", help: "help"}:                         "      --name                    help\n",
		{long: strings.Repeat("x", 23), help: "help"}:        "      --" + strings.Repeat("x", 23) + " help\n",
		{long: strings.Repeat("x", 24), help: "help"}:        "      --" + strings.Repeat("x", 24) + " help\n",
	} {
		require.Equal(t, want, o.usage())
	}
	require.True(t, strings.HasPrefix(Usage(), usageHead+"\nCommands:\n  -A, --add-service             add a service\n"))
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
		if o.heading != "" || o.long == "" || commands[o.verb].words != nil { // whose values are not the option's
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
