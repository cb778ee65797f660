// SPDX-License-Identifier: Apache-2.0

// Package clients_test runs programs of others, which call ipvsadm, parse what it prints, or read the kernel's table,
// once with the reference and once with our program, and compares what they see and do.
package clients_test

import (
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// rootVar has the directory of the clients' root.
const rootVar = "IPVSADM_CLIENTS"

func TestMain(m *testing.M) {
	kernel.Fetch(rootVar, "scripts/clients")
	kernel.Main(m, "./cmd/ipvsadm", "./internal/test/clients/between")
}
