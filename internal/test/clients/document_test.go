// SPDX-License-Identifier: Apache-2.0

package clients_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docs/clients.md has all clients and no other, with the versions that they have here.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/clients.md")
	require.NoError(t, err)
	var rows []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) > 2 && !strings.HasPrefix(line, "| client ") {
			rows = append(rows, strings.Join(cells[:len(cells)-1], " | "))
		}
	}
	versions := upstreamVersions(t)
	var want []string
	for _, c := range clients {
		cells := []string{"| " + c.name}
		if c.deb != "" {
			require.Contains(t, versions, c.deb)
			cells = append(cells, c.deb, versions[c.deb])
		}
		want = append(want, strings.Join(append(cells, "`"+c.by+"`"), " | "))
	}
	require.Equal(t, want, rows)
}

// upstreamVersions are those of the packages in the clients' root, without what Debian adds.
func upstreamVersions(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv(rootVar), "versions"))
	require.NoError(t, err)
	versions := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^(\S+) (?:\d+:)?([^-+~\s]+)`).FindAllStringSubmatch(string(text), -1) {
		versions[m[1]] = m[2]
	}
	return versions
}
