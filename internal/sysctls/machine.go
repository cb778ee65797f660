// SPDX-License-Identifier: Apache-2.0

package sysctls

import "strconv"

// A Machine is what defaults depend on.
type Machine struct {
	Pages uint64 // of memory
	CPUs  string // as a list: "0-3"
	First bool   // whether the network namespace is the one that the system starts with
}

// maxConns reports whether conn_max is what a kernel allows at most, with 64 bits or with 32.
func maxConns(value string, _ Machine) bool { return value == "1073741824" || value == "16777216" }

// connFactor and svcFactor report whether a load factor is the default. The tables of the first namespace have more buckets.
func connFactor(value string, m Machine) bool {
	return m.First && value == "-4" || !m.First && value == "-2"
}
func svcFactor(value string, m Machine) bool {
	return m.First && value == "-3" || !m.First && value == "-2"
}

func allCPUs(value string, m Machine) bool { return value == m.CPUs }

// partOfMemory reports whether a value is 1/32 of the memory. The kernel does not count all of it: some is
// set aside, more or less of it at different times.
func partOfMemory(value string, m Machine) bool {
	n, err := strconv.ParseUint(value, 10, 64)
	most := m.Pages / 32
	return err == nil && n <= most && n >= most-most/8
}
