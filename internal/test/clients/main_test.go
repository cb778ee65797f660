// SPDX-License-Identifier: Apache-2.0

// Package clients_test runs programs of others, which call ipvsadm, parse what it prints, or read the kernel's table,
// once with the reference and once with our program, and compares what they see and do.
package clients_test

import (
	"flag"
	"os"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// rootVar has the directory of the clients' root.
const rootVar = "IPVSADM_CLIENTS"

// kernels is how many run the clients, each its share of them: most need the processor for most of their time.
const kernels = 2

func TestMain(m *testing.M) {
	kernel.Fetch(rootVar, "scripts/clients")
	if !kernel.HasShare() {
		os.Exit(kernel.Spread(kernels))
	}
	if err := flag.Set("test.parallel", "3"); err != nil { // its default is the number of processors
		panic(err)
	}
	kernel.Main(m, "./cmd/ipvsadm", "./internal/test/clients/between")
}
