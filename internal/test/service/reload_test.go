// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestReload reloads rules, of a full and an empty table, and what is left of them when all of them are lost.
func TestReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules")
	service := install(t, "AUTO=true\nRULES="+file+"\n")
	n := kernel.NewNamespace(t)
	act := actions(t, n, service)
	for _, saved := range []string{before, ""} {
		restore(t, n, saved)
		if code := act("save"); code != 0 {
			t.Fatalf("save: exit code %d", code)
		}
		restore(t, n, services(3, "10.1"))
		if code := act("reload"); code != 0 || table(t, n) != saved {
			t.Errorf("reload: exit code %d, the table is\n%s, want\n%s", code, table(t, n), saved)
		}
		if code := act("load"); code != 0 || table(t, n) != saved {
			t.Errorf("load: exit code %d, the table is\n%s, want\n%s", code, table(t, n), saved)
		}
	}
	restore(t, n, before)
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"reload", "load"} {
		if code := act(action); code != 1 || table(t, n) != before {
			t.Errorf("%s of an empty file: exit code %d, the table is\n%s", action, code, table(t, n))
		}
	}
}
