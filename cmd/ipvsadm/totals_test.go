// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Sums follow each service and all of them, in the order of the kernel too. The kernel's own are among those of the
// whole table.
func TestTotals(t *testing.T) {
	s := newListed(t)
	s.total = ipvsnl.Stats{Conns: 777, CPS: 7}
	const counted = "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
		"  -> RemoteAddress:Port\n" +
		"FWM  1                                 100        0        0        0        0\n" +
		"  -> 10.0.0.1:0                         20        0        0        0        0\n" +
		"  -> 10.0.0.2:0                         50        0        0        0        0\n" +
		"  -> 10.0.0.3:0                         30        0        0        0        0\n" +
		"  =  3 real servers                    100        0        0        0        0\n"
	const first = "IP Virtual Server version 1.2.1 (size=4096)\n"
	for words, want := range map[string]string{
		"--stats": first + counted +
			"FWM  2                                 200        0        0        0        0\n" +
			"  -> 10.0.0.9:0                        200        0        0        0        0\n" +
			"  =  1 real server                     200        0        0        0        0\n" +
			"Sum  2 services                        300        0        0        0        0\n" +
			"  =  4 real servers                    300        0        0        0        0\n" +
			"All  deleted ones included             777        0        0        0        0\n",
		"--stats -f 1": counted +
			"Sum  1 service                         100        0        0        0        0\n" +
			"  =  3 real servers                    100        0        0        0        0\n",
		"-f 2": "Prot LocalAddress:Port Scheduler Flags\n" +
			"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n" +
			"FWM  2 wlc\n" +
			"  -> 10.0.0.9:0                   Route   1      3          11        \n" +
			"  =  1 real server                        1      3          11        \n" +
			"Sum  1 service\n" +
			"  =  1 real server                        1      3          11        \n",
	} {
		require.Equal(t, result{stdout: want}, s.input("", "ipvsadm -L -n --total "+words), words)
	}
	for words, end := range map[string]string{
		"--rate":                   "\nAll  deleted ones included               7        0        0        0        0\n",
		"--stats -4":               "\n  =  4 real servers                    300        0        0        0        0\n",
		"--stats --nosort":         "\nAll  deleted ones included             777        0        0        0        0\n",
		"":                         "\n  =  4 real servers                       6      6          44        \n",
		"--nosort":                 "\n  =  4 real servers                       6      6          44        \n",
		"--sort-by active --wide":  "\n  =  4 real servers             6      6          44\n",
		"--wide --stats":           "\nAll  deleted ones included   777      0       0       0        0\n",
		"--stats -f 1 -r 10.0.0.2": "\n  =  1 real server                      50        0        0        0        0\n",
		"--json -f 1 -r 10.0.0.2":  `"packets_out":0,"bytes_in":0,"bytes_out":0}}}}` + "\n",
	} {
		got := s.input("", "ipvsadm -L -n --total "+words)
		require.Zero(t, got.code, words)
		require.True(t, strings.HasSuffix(got.stdout, end), "%s\n%s", words, got.stdout)
	}
	require.Contains(t, s.input("", "ipvsadm -L --total --json").stdout, `"kernel":{"counters":{"connections":777,`)
	require.NotContains(t, s.input("", "ipvsadm -L --total --json -f 1").stdout, `"kernel"`)
}

// Where the kernel's totals cannot be read, nothing is written. They are only read for what shows them.
func TestTotalsFail(t *testing.T) {
	s := newListed(t)
	s.noTotal = errors.New("no totals")
	for _, words := range []string{"--stats", "--rate", "--json", "--wide --stats"} {
		require.Equal(t, result{stderr: "no totals\n", code: 1}, s.input("", "ipvsadm -L --total "+words), words)
	}
	for _, words := range []string{"", "--thresholds", "--stats -f 1", "--json -4", "--wide"} {
		require.Zero(t, s.input("", "ipvsadm -L --total "+words).code, words)
	}
	require.Zero(t, s.input("", "ipvsadm -L --stats").code)
	require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm -L --total -f 9"))
}

// A watch as JSON has the totals on each line.
func TestTotalsWatched(t *testing.T) {
	for _, v := range newListed(t).watched(t, "--total") {
		require.Len(t, v, 3)
		require.NotEmpty(t, v["time"])
		require.NotEmpty(t, v["totals"])
	}
}
