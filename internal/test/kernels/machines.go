// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// A machine is a kernel on an emulated computer.
type machine struct {
	name   string
	arch   *arch
	suites []string // of Debian; the newest kernel in them is taken
	image  string   // the package that depends on the kernel's
	tier   tier
}

// A tier is what is run on a machine.
type tier int

const (
	full  tier = iota // all jobs
	short             // a table made, listed, saved and replaced
)

// machines are all there are.
var machines = []machine{
	{"5.10", amd64, []string{"bullseye", "bullseye-security"}, "linux-image-amd64", full},
	{"6.1", amd64, []string{"bookworm", "bookworm-security"}, "linux-image-amd64", full},
	{"6.12", amd64, []string{"trixie", "trixie-security"}, "linux-image-amd64", full},
	{"7", amd64, []string{"sid"}, "linux-image-amd64", full},
	{"next", amd64, []string{"experimental"}, "linux-image-amd64", full},
	{"arm64", arm64, []string{"trixie", "trixie-security"}, "linux-image-arm64", full},
	{"s390x", s390x, []string{"bookworm"}, "linux-image-s390x", full},
	{"ppc64el", ppc64el, []string{"bookworm"}, "linux-image-powerpc64le", short},
	{"riscv64", riscv64, []string{"trixie", "trixie-security"}, "linux-image-riscv64", short},
	{"armhf", armhf, []string{"bookworm", "bookworm-security"}, "linux-image-armmp", short},
}

// An arch is one of Debian's architectures, and how qemu emulates a machine of it.
type arch struct {
	name    string
	suite   string   // whose packages make the root
	goenv   []string // for the go command
	qemu    string   // the program
	pkg     string
	machine []string // the machine
	console string
	serial  []string // the console's words for qemu
	bus     string   // of virtio devices
}

var (
	amd64 = &arch{
		name: "amd64", suite: "bookworm", goenv: []string{"GOARCH=amd64"},
		qemu: "qemu-system-x86_64", pkg: "qemu-system-x86",
		machine: []string{"-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2G"},
		console: "ttyS0", serial: []string{"-serial", "chardev:console"}, bus: "pci",
	}
	arm64 = &arch{
		name: "arm64", suite: "bookworm", goenv: []string{"GOARCH=arm64"},
		qemu: "qemu-system-aarch64", pkg: "qemu-system-arm",
		machine: []string{"-M", "virt", "-accel", "tcg,thread=multi", "-cpu", "cortex-a72", "-smp", "2", "-m", "2G"},
		console: "ttyAMA0", serial: []string{"-serial", "chardev:console"}, bus: "pci",
	}
	s390x = &arch{
		name: "s390x", suite: "bookworm", goenv: []string{"GOARCH=s390x"},
		qemu: "qemu-system-s390x", pkg: "qemu-system-misc",
		machine: []string{"-M", "s390-ccw-virtio", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2G"},
		console: "ttysclp0", serial: []string{"-device", "sclpconsole,chardev=console"}, bus: "ccw",
	}
	ppc64el = &arch{
		name: "ppc64el", suite: "bookworm", goenv: []string{"GOARCH=ppc64le"},
		qemu: "qemu-system-ppc64", pkg: "qemu-system-ppc",
		machine: []string{"-M", "pseries", "-accel", "tcg,thread=multi", "-cpu", "power9", "-smp", "2", "-m", "2G"},
		console: "hvc0", serial: []string{"-serial", "chardev:console"}, bus: "pci",
	}
	riscv64 = &arch{
		name: "riscv64", suite: "trixie", goenv: []string{"GOARCH=riscv64"},
		qemu: "qemu-system-riscv64", pkg: "qemu-system-misc",
		machine: []string{"-M", "virt", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "2G"},
		console: "ttyS0", serial: []string{"-serial", "chardev:console"}, bus: "pci",
	}
	armhf = &arch{
		name: "armhf", suite: "bookworm", goenv: []string{"GOARCH=arm", "GOARM=7"},
		qemu: "qemu-system-arm", pkg: "qemu-system-arm",
		machine: []string{"-M", "virt,highmem=off", "-accel", "tcg,thread=multi", "-cpu", "cortex-a15", "-smp", "2", "-m", "2G"},
		console: "ttyAMA0", serial: []string{"-serial", "chardev:console"}, bus: "pci",
	}
)

// choose returns the machines of the names, with commas between, in the table's order.
func choose(names string) ([]machine, error) {
	wanted := make(map[string]bool)
	for name := range strings.SplitSeq(names, ",") {
		wanted[name] = true
	}
	var chosen []machine
	for _, m := range machines {
		if wanted[m.name] {
			chosen = append(chosen, m)
			delete(wanted, m.name)
		}
	}
	for name := range wanted {
		return nil, fmt.Errorf("there is no kernel %q; there are %s", name, strings.Join(listNames(machines), ", "))
	}
	return chosen, nil
}

// listNames returns the names of machines.
func listNames(of []machine) []string {
	var all []string
	for _, m := range of {
		all = append(all, m.name)
	}
	return all
}
