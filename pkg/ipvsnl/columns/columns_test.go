// SPDX-License-Identifier: Apache-2.0

package columns

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// statsFrom returns counters that count on from n.
func statsFrom(n uint64) ipvsnl.Stats {
	return ipvsnl.Stats{Conns: n + 1, InPkts: n + 2, OutPkts: n + 3, InBytes: n + 4, OutBytes: n + 5,
		CPS: n + 6, InPPS: n + 7, OutPPS: n + 8, InBPS: n + 9, OutBPS: n + 10}
}

// Each column is the figure of its name.
func TestColumns(t *testing.T) {
	service := ipvsnl.ServiceState{Stats: statsFrom(100)}
	destinations := []ipvsnl.DestinationState{
		{Stats: statsFrom(0), ActiveConns: 11, InactiveConns: 12, Destination: ipvsnl.Destination{Weight: 13}},
		{ActiveConns: 1000, InactiveConns: 2000, Destination: ipvsnl.Destination{Weight: 1<<31 - 1}},
	}
	tests := []struct {
		name    string
		service uint64
	}{
		{"conns", 101}, {"inpkts", 102}, {"outpkts", 103}, {"inbytes", 104}, {"outbytes", 105},
		{"cps", 106}, {"inpps", 107}, {"outpps", 108}, {"inbps", 109}, {"outbps", 110},
		{"active", 1011}, {"inactive", 2012}, {"WEIGHT", 1<<31 + 12},
	}
	require.Len(t, All, len(tests))
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			column := ByName(tt.name)
			require.Same(t, &All[i], column)
			require.EqualValues(t, i+1, column.Destination(&destinations[0]))
			require.Equal(t, tt.service, column.Service(&service, destinations))
		})
	}
}

// A service without destinations has none of their figures.
func TestNoDestinations(t *testing.T) {
	require.Zero(t, ByName("active").Service(&ipvsnl.ServiceState{Stats: statsFrom(100)}, nil))
}

func TestNoColumn(t *testing.T) {
	for _, name := range []string{"", "con", "conns ", "port"} {
		require.Nil(t, ByName(name), name)
	}
}
