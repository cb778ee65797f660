// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// byChance returns the calls of a transcript that show several services in the kernel's order. That is the order of a hash,
// into which each namespace puts numbers of its own, so a record of it would hold by chance. A case lists the services one
// by one; TestNoSort compares whole listings, in one namespace.
func byChance(transcript string) []string {
	var all []string
	for _, call := range strings.Split("\n"+transcript, "\n$ ipvsadm ")[1:] {
		line, output, _ := strings.Cut(call, "\n")
		if strings.Contains(" "+line+" ", " --nosort ") && servicesIn(output) > 1 {
			all = append(all, line)
		}
	}
	return all
}

// servicesIn counts the services in the output of a listing.
func servicesIn(output string) int {
	_, body, _ := strings.Cut(output, "  -> RemoteAddress:Port")
	count := 0
	for _, line := range strings.Split(body, "\n")[1:] {
		if word, _, _ := strings.Cut(line, " "); word != "" && word != "2>" && word != "[exit" {
			count++
		}
	}
	return count
}

// TestByChance finds the calls whose services come by chance, and no others.
func TestByChance(t *testing.T) {
	const head = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
	const one = "TCP  192.0.2.1:80 rr\n  -> 10.0.0.1:80                  Masq    1      0          0         \n" +
		"  -> 10.0.0.2:80                  Masq    1      0          0         \n"
	const two = one + "FWM  7 IPv6 rr\n"
	require.Equal(t, []string{"-Ln --nosort", "-L --nosort --stats"}, byChance("$ ipvsadm -Ln\n"+head+two+
		"$ ipvsadm -Ln --nosort\n"+head+two+
		"$ ipvsadm -Ln --nosort -t 192.0.2.1:80\n"+head+one+
		"$ ipvsadm -L --nosort --stats\n"+head+two+"2> warning\n"+
		"$ ipvsadm -L --nosort --exact\n"+head+one+"2> warning\n[exit 1]\n"+
		"$ ipvsadm -S --nosort\n2> Illegal\n2> options\n[exit 2]\n"))
}
