// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"os"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// spread runs this test program in so many kernels at once, each with its share of the cases, and returns
// the exit code for all of them.
func spread(kernels int) int {
	dir, remove, err := kernel.TempDir("ipvsadm-parity-")
	if err == nil {
		defer remove()
		err = buildServers(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot build what the tests need:", err)
		return 1
	}
	return kernel.Spread(kernels)
}
