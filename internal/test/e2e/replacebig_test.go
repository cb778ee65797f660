// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

var bigServices = flag.Int("services", 500, "how many services, of 10 real servers each, TestReplaceBig replaces")

// bigRules returns rules for many services of 10 real servers, of which some depend on the version.
func bigRules(version int) string {
	var b strings.Builder
	for i := range *bigServices {
		service := fmt.Sprintf("-t 192.0.%d.%d:80", i/250, 1+i%250)
		if i%10 == 0 {
			service = fmt.Sprintf("-f %d", 1+i+100000*version)
		}
		fmt.Fprintf(&b, "-A %s -s wlc\n", service)
		for j := range 10 {
			weight, host := 1, 1+j
			if j == 3 {
				weight += version
			}
			if j == 4 {
				host += 100 * version
			}
			fmt.Fprintf(&b, "-a %s -r 10.%d.%d.%d:8080 -m -w %d\n", service, i/250, i%250, host, weight)
		}
	}
	return b.String()
}

// TestReplaceBig replaces nothing by a big table, that by one in which every service differs a little, and that by
// itself.
func TestReplaceBig(t *testing.T) {
	n := kernel.NewNamespace(t)
	for _, step := range []struct {
		name, rules string
		want        int // rules of the table
	}{
		{"all is new", bigRules(0), 11 * *bigServices},
		{"each service differs", bigRules(1), 11 * *bigServices},
		{"all is the same", bigRules(1), 11 * *bigServices},
		{"all is gone", "-C\n", 0},
	} {
		begin := time.Now()
		replace(t, n, step.rules)
		t.Logf("%s: %.2f s", step.name, time.Since(begin).Seconds())
		if got := dryRun(t, n, step.rules); got != "" {
			t.Errorf("%s: left to change: %.200s...", step.name, got)
		}
		if got := strings.Count(n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout, "\n"); got != step.want {
			t.Errorf("%s: %d rules, want %d", step.name, got, step.want)
		}
	}
}
