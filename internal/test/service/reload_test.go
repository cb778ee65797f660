// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// TestReload reloads rules, of a full and an empty table, and what is left of them when all of them are lost.
func TestReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules")
	service := install(t, "AUTO=true\nRULES="+file+"\n")
	n := kernel.NewNamespace(t)
	act := actions(t, n, service)
	for _, saved := range []string{before, ""} {
		restore(t, n, saved)
		require.Zero(t, act("save"))
		restore(t, n, services(3, "10.1"))
		require.Zero(t, act("reload"))
		require.Equal(t, saved, table(t, n))
		require.Zero(t, act("load"))
		require.Equal(t, saved, table(t, n))
	}
	restore(t, n, before)
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for _, action := range []string{"reload", "load"} {
		require.Equal(t, 1, act(action), "%s of an empty file", action)
		require.Equal(t, before, table(t, n), "%s of an empty file", action)
	}
}
