// SPDX-License-Identifier: Apache-2.0

package kernel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestReference checks that the reference is Debian's program, and that ours is not taken for it.
func TestReference(t *testing.T) {
	require.NoError(t, kernel.CheckReference(kernel.Reference))
	require.ErrorContains(t, kernel.CheckReference(kernel.Program("ipvsadm")), "is not Debian's ipvsadm 1.31")
	require.ErrorContains(t, kernel.CheckReference("/run/absent"), "no such file")
}

// TestReferenceWrappers checks that the wrappers of the reference run the reference, which alone prints a mark so.
func TestReferenceWrappers(t *testing.T) {
	n := kernel.NewNamespace(t)
	restored := n.Run(t, kernel.Command{Path: kernel.ReferenceRestore, Args: []string{"ipvsadm-restore"},
		Stdin: "# a comment\n-A -f 4294967295\n"})
	require.Equal(t, kernel.Result{}, restored)
	saved := n.Run(t, kernel.Command{Path: kernel.ReferenceSave, Args: []string{"ipvsadm-save", "-n"}})
	require.Equal(t, kernel.Result{Stdout: "-A -f -1 -s wlc\n"}, saved)
}
