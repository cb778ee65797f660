// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// One real server is listed under the head of its service, in every form.
func TestOneServer(t *testing.T) {
	s := newListed(t)
	const plain = "Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n" +
		"FWM  1 rr\n" +
		"  -> 10.0.0.2:0                   Route   1      1          11        \n"
	for words, want := range map[string]string{
		"-f 1 -r 10.0.0.2":          plain,
		"-f 1 -r 10.0.0.2 --nosort": plain,
		"-r 10.0.0.2:0 -f 1":        plain,
		"--stats -f 1 -r 10.0.0.3": "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
			"  -> RemoteAddress:Port\n" +
			"FWM  1                                 100        0        0        0        0\n" +
			"  -> 10.0.0.3:0                         30        0        0        0        0\n",
	} {
		require.Equal(t, result{stdout: want}, s.input("", "ipvsadm -L -n "+words), words)
	}
	var all []struct{ Destinations []struct{ Address string } }
	require.NoError(t, json.Unmarshal([]byte(s.input("", "ipvsadm -L --json -f 1 -r 10.0.0.1").stdout), &all))
	require.Len(t, all, 1)
	require.Len(t, all[0].Destinations, 1)
	require.Equal(t, "10.0.0.1", all[0].Destinations[0].Address)
	out := &raising{}
	require.Zero(t, s.run(strings.Fields("ipvsadm -L -n -f 1 -r 10.0.0.2 --watch 1"), nil, out, out))
	require.Equal(t, plain+"\n", out.String())
}

// Without a port, all real servers of an address are listed; with one, just that.
func TestOneServerPort(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m\n-a -t 192.0.2.1:80 -r 10.0.0.1:8081 -m\n-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m\n")
	for server, want := range map[string]int{"10.0.0.1": 2, "10.0.0.1:8081": 1, "10.0.0.2": 1} {
		require.Equal(t, want, strings.Count(s.input("", "ipvsadm -L -n -t 192.0.2.1:80 -r "+server).stdout, "Masq"), server)
	}
}

// What is missing is said before anything is written, with the exit code of a missing service.
func TestOneServerMissing(t *testing.T) {
	s := newListed(t)
	for line, want := range map[string]string{
		"ipvsadm -L -f 1 -r 10.0.0.9":             "No such destination\n",
		"ipvsadm -L -f 1 -r 10.0.0.1:80":          "No such destination\n",
		"ipvsadm -L --json -f 1 -r 10.0.0.9":      "No such destination\n",
		"ipvsadm -L -f 1 -r 10.0.0.9 --watch":     "No such destination\n",
		"ipvsadm -L -f 9 -r 10.0.0.9":             "No such service\n",
		"ipvsadm -L --wide -f 1 -r 10.0.0.9:1 -n": "No such destination\n",
	} {
		require.Equal(t, result{stderr: want, code: 1}, s.input("", line), line)
	}
	s.breakReading(getDest)
	require.Equal(t, result{stderr: "Cannot list destinations: netlink send: broken\n", code: 1}, s.input("", "ipvsadm -L -f 1 -r 10.0.0.1"))
}

// The error names what is missing, for the hint.
func TestOneServerError(t *testing.T) {
	s := newListed(t)
	r := newRunner(&s.system, newConsole("ipvsadm", nil, io.Discard, io.Discard))
	require.Zero(t, r.open(t.Context(), ""))
	defer r.close()
	c, err := flags.Parse(strings.Fields("-L -f 1 -r 10.0.0.9:80"), testNames{})
	require.NoError(t, err)
	_, err = newTableReader(r.client, r.names, &c.Listing).list(t.Context(), &c)
	require.Equal(t, &ipvsnl.Error{Op: ipvsnl.OpDestinations, Service: ipvsnl.ServiceKey{Mark: 1},
		Destination: netip.MustParseAddrPort("10.0.0.9:80"), Err: ipvsnl.ErrDestinationNotFound}, err)
}
