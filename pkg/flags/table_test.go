// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rows are those of the help, and the options of each command are those that it takes.
func TestRows(t *testing.T) {
	commandRows, optionRows := Rows()
	require.Len(t, commandRows, 22) // -l has a row of its own
	require.Contains(t, optionRows, Row{Short: "-w", Long: "--weight", Value: "N", Help: "share of the connections, 0 for no new ones (default 1)"})
	require.Contains(t, optionRows, Row{Short: "-6", Long: "--ipv6", Help: "the mark is for IPv6 packets; must follow -f"})
	require.NotContains(t, optionRows, Row{Short: "-h", Long: "--help", Help: "print this help"})
	for words, want := range map[string]string{
		"-A --add-service":    "-t -u --sctp-service -f -s -p -M --pe -b -o --keep --ensure --netns",
		"-D --delete-service": "-t -u --sctp-service -f --ensure --drain --force --netns",
		"-C --clear":          "-4 --vip --marks --dry-run --wait --netns",
		"-L --list": "-t -u --sctp-service -f -r -c --timeout --daemon --stats --rate --thresholds --persistent-conn " +
			"--tun-info --nosort --sort-by --watch -X --wide --total --color -n -j --metrics --client --count --origin -4 --vip --marks --syncid --netns",
		" --schedulers":      "-j --netns",
		" --check":           "-t -u --sctp-service -f -n -j --probe --netns",
		"-h --help":          "",
		"-v --version":       "",
		" --set":             "--netns",
		" --stop-daemon":     "--syncid --netns",
		"-R --restore":       "--replace --only --dry-run --wait --netns",
		"-d --delete-server": "-t -u --sctp-service -f -r --ensure --drain --force --netns",
	} {
		var got []string
		found := false
		for _, row := range commandRows {
			if row.Short+" "+row.Long != words && strings.TrimSpace(row.Short+" "+row.Long) != words {
				continue
			}
			found = true
			for _, o := range row.Options {
				if o.Short == "" {
					o.Short = o.Long
				}
				got = append(got, o.Short)
			}
		}
		require.True(t, found, words)
		require.Equal(t, want, strings.Join(got, " "), words)
	}
}
