// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"flag"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// cases is the folder of the cases.
const cases = "../../../testdata/golden"

var record = flag.Bool("record", false, "write what the reference does into the cases")

func TestMain(m *testing.M) {
	flag.Parse()
	// One case at a time, whatever the number of processors: see kernel.Flush.
	if err := flag.Set("test.parallel", "1"); err != nil {
		panic(err)
	}
	if *record {
		kernel.Main(m)
	}
	kernel.Main(m, "./cmd/ipvsadm")
}

// program is the one that the cases run: ours, or the reference to record.
func program() string {
	if *record {
		return kernel.Reference
	}
	return kernel.Program("ipvsadm")
}
