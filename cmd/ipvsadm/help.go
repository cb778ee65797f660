// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"runtime/debug"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// What -v prints. Tools parse it, so the version is that of the ipvsadm whose behaviour
// this program reproduces; the date is that of our release.
const (
	compatible  = "1.31"
	released    = "2026/11/27"
	ipvsVersion = "1.2.1"
)

// What --build prints, set by the linker where it is known.
var (
	release  = "1.31.0"
	revision = "unknown"
)

// inform prints help or version.
func (c *console) inform(kind flags.Kind) int {
	text := "ipvsadm v" + compatible + " " + released +
		" (compiled with " + runtime.Version() + " and IPVS v" + ipvsVersion + ")\n"
	if kind == flags.Help {
		text += flags.Usage()
	}
	return c.print([]byte(text))
}

// build prints what the program was built from.
func (c *console) build() int {
	text := "version " + release + "\nrevision " + revision + "\ngo " + runtime.Version() + "\n"
	if info, ok := debug.ReadBuildInfo(); ok {
		text += modules(info)
	}
	return c.print([]byte(text))
}

func modules(info *debug.BuildInfo) (lines string) {
	for _, m := range info.Deps {
		lines += "module " + m.Path + " " + m.Version + "\n"
	}
	return lines
}
