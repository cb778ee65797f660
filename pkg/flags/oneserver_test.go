// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A listing of one service can be of one of its real servers. Without a port, -r stands for all of an address,
// wherever it stands: the service's port is not that of a server to which packets are translated.
func TestParseOneServer(t *testing.T) {
	for words, want := range map[string]Command{
		"-L -t 1.2.3.4:80 -r 10.0.0.1:8080": {Service: tcp("1.2.3.4:80"), Server: addr("10.0.0.1:8080")},
		"-L -t 1.2.3.4:80 -r 10.0.0.1":      {Service: tcp("1.2.3.4:80"), Server: addr("10.0.0.1")},
		"-L -r 10.0.0.1 -t 1.2.3.4:80":      {Service: tcp("1.2.3.4:80"), Server: addr("10.0.0.1")},
		"-Ln -t [::1]:80 -r [::2]:80": {Service: tcp("[::1]:80"), Server: addr("[::2]:80"),
			Listing: Listing{Numeric: true}},
		"-L --stats --watch 1 -t 1.2.3.4:80 -r 10.0.0.1": {Service: tcp("1.2.3.4:80"), Server: addr("10.0.0.1"),
			Listing: Listing{Stats: true, Watch: 1}},
	} {
		want.Kind, want.OneService = List, true
		got, err := Parse(split(words), names{})
		require.NoError(t, err, words)
		require.Equal(t, want, got, words)
	}
	for words, text := range map[string]string{
		"-L -r 10.0.0.1 -4":                        "Illegal 'real-server' option with the 'list' command",
		"-L -r 10.0.0.1 --timeout":                 "Illegal 'real-server' option with the 'list' command",
		"-L -t 1.2.3.4:80 -r 10.0.0.1 --timeout":   "The option 'timeout' conflicts with the 'service-address' option in the 'list' command",
		"-L -t 1.2.3.4:80 --client 10.0.0.1":       "Illegal 'client' option with the 'list' command",
		"-S -t 1.2.3.4:80 -r 10.0.0.1":             "Illegal 'real-server' option with the 'save' command",
		"-L -t 1.2.3.4:80 -r 10.0.0.1:99999":       "illegal real server address[:port] specified",
		"-L -t 1.2.3.4:80 -r 10.0.0.1 --metrics":   "'--metrics' and '--real-server' exclude each other: metrics are those of whole services",
		"-L -t 1.2.3.4:80 -r 10.0.0.1 -r 10.0.0.2": "multiple 'real-server' options specified",
	} {
		checkError(t, words, &Error{Text: text, Exit: ExitFault, Ends: true})
	}
}

func TestLists(t *testing.T) {
	for _, tt := range []struct {
		server string
		want   []bool
	}{
		{"10.0.0.1:8080", []bool{true, false, false}},
		{"10.0.0.1", []bool{true, true, false}},
	} {
		c := Command{Server: addr(tt.server)}
		for i, d := range []string{"10.0.0.1:8080", "10.0.0.1:80", "10.0.0.2:8080"} {
			require.Equal(t, tt.want[i], c.Lists(addr(d)), "%s %s", tt.server, d)
			require.True(t, new(Command).Lists(addr(d)))
		}
	}
}
