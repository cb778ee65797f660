// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// plantVar holds the path of our program, which this one stands in for: it runs it and alters a message.
const plantVar = "IPVSADM_PARITY_PLANT"

func planted() int {
	if plant, ok := plants[os.Getenv(plantKindVar)]; ok {
		return plant(os.Args[1:])
	}
	var stderr bytes.Buffer
	cmd := &exec.Cmd{Path: os.Getenv(plantVar), Args: os.Args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: &stderr}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	fmt.Fprint(os.Stderr, strings.ReplaceAll(stderr.String(), "No such service", "no such service"))
	return cmd.ProcessState.ExitCode()
}

// TestFindsPlanted checks that a difference is found, and shown in no more words than it takes.
func TestFindsPlanted(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	program := ours(t)
	lab := NewLab(t, reference(), &Program{Path: inGuest(t, self), Env: []string{plantVar + "=" + program.Path}})
	for number := range uint64(1000) {
		c := Make(1, number, map[string]bool{"grammar": true, "restore": true})
		d, err := lab.Try(t.Context(), c)
		require.NoError(t, err)
		if d == nil {
			continue
		}
		small, d, err := lab.Shrink(t.Context(), c, d, time.Minute)
		require.NoError(t, err)
		t.Logf("case %d:\n%s%s", number, small.Shell(), d)
		require.Equal(t, "stderr", d.What, "what was found is not what was planted")
		require.Contains(t, d.Got.Stderr, "no such service", "what was found is not what was planted")
		if len(small.Calls) != 1 || len(strings.Fields(small.Calls[0].Stdin))+len(small.Calls[0].Words) > 4 {
			t.Errorf("the case is longer than it need be")
		}
		return
	}
	t.Error("the planted difference was not found")
}
