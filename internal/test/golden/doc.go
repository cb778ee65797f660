// SPDX-License-Identifier: Apache-2.0

// Package golden replays testdata/golden: calls of ipvsadm whose every byte was
// recorded from the reference on a real kernel.
//
// A case is a text file that reads like a terminal. Its first line says what
// it shows, then come the calls, and its last file, want, is the transcript
// that the recorder wrote:
//
//	# A service that exists cannot be added again.
//	ipvsadm -A -t 192.0.2.1:80
//	ipvsadm -A -t 192.0.2.1:80
//	cmp transcript want
//	-- want --
//	$ ipvsadm -A -t 192.0.2.1:80
//	$ ipvsadm -A -t 192.0.2.1:80
//	2> Service already exists
//	[exit 255]
//
// In a transcript standard output stands as it is, each line of standard error
// after "2> ", the exit code in brackets if it is not 0. Output whose last line
// does not end says so: "[no newline]".
//
// Cases are scripts of testscript. Each runs in a network namespace of its own,
// so on an empty table, and with testdata/golden/etc for its /etc, so that
// names do not depend on the machine. Besides testscript's own commands they have:
//
//	ipvsadm WORD... [<FILE]
//		Run the program; FILE of the case is its standard input.
//	bind FILE TARGET
//		Put FILE of the case in the place of the existing file TARGET.
//	conntable FILE
//		Make FILE of the case the kernel's connection table,
//		/proc/net/ip_vs_conn, for the rest of the case.
//	listen ADDRESS:PORT
//		Take datagrams there, and drop them, for the rest of the case.
//	send N SIZE ADDRESS:PORT
//		Send N datagrams of SIZE bytes from one port, then wait until the
//		kernel's counters show them.
//
// A case whose call has --nosort lists a single service: several of them come in an
// order that differs from one namespace to the next.
//
// "make golden" records with Debian's ipvsadm; "go test" replays.
package golden
