// SPDX-License-Identifier: Apache-2.0

package hints

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is written is read again.
func TestRead(t *testing.T) {
	const text = "# x\n\n```\n-A -f 1\n```\n\n| command | message | hint |\n|---|---|---|\n| `ipvsadm a` |\n| `ipvsadm b` | `x` |  |\n"
	file := filepath.Join(t.TempDir(), "x.md")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	d := Read(t, file)
	require.Equal(t, "-A -f 1\n", d.Rules)
	require.Equal(t, []Example{{Line: "ipvsadm a"}, {Line: "ipvsadm b", Message: "x"}}, d.Examples)
	d.Examples[0].Message, d.Examples[0].Hint, d.Examples[1].Hint = "`m'", "h `i'", "only"
	require.NoError(t, os.WriteFile(file, []byte(d.With(d.Examples)), 0o600))
	again := Read(t, file)
	require.Equal(t, d.Examples, again.Examples)
	require.Equal(t, "`m'\nhint: h `i'\n", again.Examples[0].Stderr())
	require.Equal(t, again.text, again.With(again.Examples))
	require.Empty(t, (&Example{}).Stderr())
}
