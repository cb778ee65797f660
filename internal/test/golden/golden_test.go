// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestGolden replays every case, or records it if -record is given.
func TestGolden(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                cases,
		Setup:              isolate,
		Cmds:               commands(program()),
		UpdateScripts:      *record,
		RequireUniqueNames: true,
	})
}
