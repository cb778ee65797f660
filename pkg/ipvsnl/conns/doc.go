// SPDX-License-Identifier: Apache-2.0

// Package conns reads the connection table of the IP Virtual Server (IPVS), which the
// kernel presents as text with a line for each connection.
//
//	r, err := conns.Open("")
//	if err != nil {
//		return err
//	}
//	defer r.Close()
//	for c, err := range r.All() {
//		if err != nil {
//			return err
//		}
//		fmt.Println(c.Client, c.Destination, c.State)
//	}
//
// The table is read during iteration, in constant memory. The
// kernel takes no snapshot: connections that are created or end meanwhile may be missing, and
// kernels that resize the table may list some twice.
//
// Most programs use [Reader.All]. [Reader.Next] returns a block of lines at a time,
// so that a program can parse blocks on several goroutines.
//
// The package builds on every system. On systems other than Linux, opening a table fails
// with errors.ErrUnsupported, and a table from elsewhere can be read by [NewReader].
package conns
