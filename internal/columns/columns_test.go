package vocab

import (
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// TestColumns checks that each column is the figure of its name.
func TestColumns(t *testing.T) {
	stats := func(n uint64) ipvsnl.Stats {
		return ipvsnl.Stats{Conns: n + 1, InPkts: n + 2, OutPkts: n + 3, InBytes: n + 4, OutBytes: n + 5,
			CPS: n + 6, InPPS: n + 7, OutPPS: n + 8, InBPS: n + 9, OutBPS: n + 10}
	}
	service := ipvsnl.Service{Stats: stats(100)}
	destinations := []ipvsnl.Destination{
		{Stats: stats(0), ActiveConns: 11, InactConns: 12, Weight: 13},
		{ActiveConns: 1000, InactConns: 2000, Weight: 1<<31 - 1},
	}
	for i, c := range []struct {
		name    string
		service uint64
	}{
		{"conns", 101}, {"inpkts", 102}, {"outpkts", 103}, {"inbytes", 104}, {"outbytes", 105},
		{"cps", 106}, {"inpps", 107}, {"outpps", 108}, {"inbps", 109}, {"outbps", 110},
		{"active", 1011}, {"inactive", 2012}, {"WEIGHT", 1<<31 + 12},
	} {
		column := ColumnOf(c.name)
		if column == nil || column != &Columns[i] {
			t.Errorf("%s: got column %v", c.name, column)
			continue
		}
		if got := column.Destination(&destinations[0]); got != uint64(i+1) {
			t.Errorf("%s of a destination: got %d, want %d", c.name, got, i+1)
		}
		if got := column.Service(&service, destinations); got != c.service {
			t.Errorf("%s of a service: got %d, want %d", c.name, got, c.service)
		}
	}
	for _, name := range []string{"", "con", "conns ", "port"} {
		if c := ColumnOf(name); c != nil {
			t.Errorf("%q: got %v", name, c)
		}
	}
}
