// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// What -v says. Tools parse it, so the version is that of the ipvsadm whose
// behaviour this is; the date is the release's own.
const (
	compatible  = "1.31"
	released    = "2026/11/21"
	ipvsVersion = "1.2.1"
)

func (a *app) version() int {
	_, _ = a.stdout.WriteString("ipvsadm v" + compatible + " " + released +
		" (compiled with " + runtime.Version() + " and IPVS v" + ipvsVersion + ")\n")
	return exitDone
}

func (a *app) help() int {
	a.version()
	_, _ = a.stdout.WriteString(flags.Usage())
	return exitDone
}
