// SPDX-License-Identifier: Apache-2.0

package main

// Exit codes in addition to those of errors of package flags.
const (
	exitDone    = 0
	exitListing = 1   // a listing failed, or could not be written
	exitNoIPVS  = 2   // IPVS cannot be opened
	exitChange  = 255 // the kernel refused a change

	// exitSignal plus the number of a signal is the exit code after it, as in a shell.
	exitSignal = 128
)
