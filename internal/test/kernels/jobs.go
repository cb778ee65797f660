// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernels/frame"
)

// Where a machine finds the module's files, and what is built from them.
const (
	sources  = "src"
	tests    = "bed/tests"
	programs = "bed/bin"
	recorded = "bed/golden" // the golden cases as they are in the sources
)

// A job is one that the bed has machines do.
type job struct {
	name    string // a column of the table
	tiers   tier   // the last of those that do it
	core    bool   // done if only the golden cases are asked for
	pkg     string // of the tests, below internal/test
	args    []string
	env     []string
	timeout time.Duration
}

// cases is how many cases are generated.
const cases = "300"

// jobs are done in this order. The reference records the golden cases before ours replays them.
var jobs = []job{
	{name: "features", tiers: short, core: true, pkg: "e2e", args: []string{"-test.run=^TestFeatures$"}, timeout: 5 * time.Minute},
	{name: "table", tiers: short, pkg: "e2e", args: []string{"-test.run=^TestTable$"}, timeout: 10 * time.Minute},
	{name: "record", core: true, pkg: "golden", args: []string{"-test.run=^TestGolden$", "-record"}, timeout: 30 * time.Minute},
	{name: "golden", core: true, pkg: "golden", args: []string{"-test.run=^TestGolden$"}, timeout: 30 * time.Minute},
	{name: "end to end", pkg: "e2e", args: []string{"-test.skip=^(TestFeatures|TestTable|" + strings.Join(elsewhere, "|") + ")$"}, timeout: time.Hour},
	{name: "generated", pkg: "parity", args: []string{"-test.run=^TestParity$", "-cases=" + cases},
		env: []string{"IPVSADM_KERNEL_SHARE=0/1", "IPVSADM_PARITY_SERVER=/" + programs + "/ipvsadm-server"}, timeout: time.Hour},
}

// elsewhere are the end-to-end tests that the bed leaves to user-mode Linux. They show what the program does with
// descriptors, signals, locks, limits and its words, which is the same on every kernel and would take most of the time,
// compare with bytes that were recorded there, or need a program that is not in the machines' root.
var elsewhere = []string{
	"TestTwoRestores", "TestRestoreAndClear", "TestLocked", "TestKilledRestore", "TestIdleRestore",
	"TestSurroundings", "TestReaderGone", "TestListingEnds", "TestLimits", "TestFewDescriptors", "TestFewForLock",
	"TestLittleMemory", "TestPeakMemory", "TestAddressSpace", "TestStopped", "TestStoppedIgnored", "TestSlowWriter", "TestRestoreInDoubt",
	"TestReplaceInDoubt", "TestRestoreInterrupts", "TestWaitingForNames", "TestOddWords", "TestLongLine", "TestEndlessLine",
	"TestWrapperWords", "TestRestoreHelp", "TestRestoreNUL", "TestJSONManyConnections", "TestUnstableTable", "TestReplaceBig", "TestStartUp", "TestStableSave",
	"TestReplaceAmongOthers", "TestRestoreFile",
	"TestRecorded", "TestMetricsNodeExporter",
}

// toDo are the jobs of a machine: those of its tier or, if core is set, the golden cases alone.
func toDo(t tier, core bool) []job {
	var chosen []job
	for _, j := range jobs {
		if t <= j.tiers && (!core || j.core) {
			chosen = append(chosen, j)
		}
	}
	return chosen
}

// framed returns the job in the form in which a machine receives it.
func (j *job) framed() frame.Job {
	return frame.Job{
		Dir:     "/" + sources + "/internal/test/" + j.pkg,
		Args:    append([]string{"/" + tests + "/" + j.pkg + ".test", "-test.v", "-test.timeout=0"}, j.args...),
		Env:     j.env,
		Timeout: j.timeout,
	}
}
