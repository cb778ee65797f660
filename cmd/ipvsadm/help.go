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
	a.writeVersion()
	code, _ := a.printed(nil)
	return code
}

// writeVersion writes what -v says. As with all that goes to it, an error stays with stdout.
func (a *app) writeVersion() {
	_, _ = a.stdout.WriteString("ipvsadm v" + compatible + " " + released +
		" (compiled with " + runtime.Version() + " and IPVS v" + ipvsVersion + ")\n")
}

func (a *app) help() int {
	a.writeVersion()
	_, _ = a.stdout.WriteString(flags.Usage())
	code, _ := a.printed(nil)
	return code
}
