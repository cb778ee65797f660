// SPDX-License-Identifier: Apache-2.0

package flags

import "testing"

func TestTotalErrors(t *testing.T) {
	for words, want := range map[string]string{
		"-L --total --total":   "multiple 'total' options specified",
		"-S --total":           "Illegal 'total' option with the 'save' command",
		"-L --total -c":        "'--total' and '--connection' exclude each other: only services have sums",
		"-L --total --daemon":  "'--total' and '--daemon' exclude each other: only services have sums",
		"-L --total --metrics": "'--total' and '--metrics' exclude each other: metrics always have the kernel's totals, and Prometheus adds up",
	} {
		checkError(t, words, &Error{Text: want, Exit: ExitFault, Ends: true})
	}
}
