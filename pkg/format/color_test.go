// SPDX-License-Identifier: Apache-2.0

package format

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestColors(t *testing.T) {
	for _, tt := range []struct {
		weight, upper, lower, active, inactive uint32
		want                                   Color
	}{
		{1, 0, 0, 9, 9, ""},
		{0, 0, 0, 0, 0, yellow},
		{0, 5, 0, 9, 0, yellow},
		{1, 5, 2, 2, 2, ""},
		{1, 5, 2, 2, 3, red},
		{1, 5, 2, 5, 0, red},
		{1, 5, 2, 0, 6, red},
		{1, 1, 0, 1, 0, red},
		{1, 1 << 31, 0, 1<<32 - 1, 1<<32 - 1, red},
	} {
		d := destination("10.0.0.1:80", ipvsnl.Route)
		d.Destination.Weight, d.Destination.UpperThreshold, d.Destination.LowerThreshold = tt.weight, tt.upper, tt.lower
		d.ActiveConns, d.InactiveConns = tt.active, tt.inactive
		require.Equal(t, tt.want, DestinationColor(d), tt)
	}
	require.Equal(t, magenta, ServiceColor(0))
	require.Empty(t, ServiceColor(1))
}

// A colour ends before the line does.
func TestPaint(t *testing.T) {
	require.Equal(t, "\x1b[31ma line \x1b[0m\n", string(red.Paint([]byte("a line \n"))))
	require.Equal(t, "a line \n", string(Color("").Paint([]byte("a line \n"))))
}
