// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// manyServices returns rules for services of every kind, with real servers that no order of addresses has so.
func manyServices() (rules string, count int) {
	var b strings.Builder
	for i := range 40 {
		for service, server := range map[string]string{
			"-t 192.0.2.1:%d": "198.51.100.%d:80", "-u [2001:db8::1]:%d": "[2001:db8:1::%d]:80",
			"-f %d": "198.51.100.%d:80", "-f %d -6": "[2001:db8:1::%d]:80",
		} {
			service = fmt.Sprintf(service, i+1)
			fmt.Fprintf(&b, "-A %s -s rr\n", service)
			for _, host := range []int{5, 9, 1} {
				fmt.Fprintf(&b, "-a %s -r "+server+" -m\n", service, host)
			}
			count++
		}
	}
	return b.String(), count
}

// TestNoSort lists services of every kind in the kernel's order. It is the same for both programs in one namespace
// alone: the kernel hashes by numbers that each namespace has of its own, and Linux 7 by others after a table is resized.
func TestNoSort(t *testing.T) {
	n := kernel.NewNamespace(t)
	rules, count := manyServices()
	restore(t, n, program(), rules)
	service := regexp.MustCompile(`(?m)^(TCP|UDP|FWM) `)
	for _, line := range []string{"-L -n --nosort", "-L -n --stats --nosort", "-L -n --nosort --sort", "-L -n --tun-info --nosort"} {
		words := strings.Fields(line)
		want := n.Ipvsadm(t, kernel.Reference, words...)
		for {
			got := n.Ipvsadm(t, program(), words...)
			again := n.Ipvsadm(t, kernel.Reference, words...)
			if again == want {
				sameResult(t, got, want)
				break
			}
			want = again // the kernel has resized a table
		}
		require.Len(t, service.FindAllString(want.Stdout, -1), count, line)
	}
}
