package vocab

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Column is a figure by which a listing can be sorted.
type Column struct {
	Name        string
	Destination func(*ipvsnl.Destination) uint64

	// ofService is nil for what services have no figure of their own for.
	ofService func(*ipvsnl.Service) uint64
}

// Columns are all the columns.
var Columns = []Column{
	counter("conns", func(s *ipvsnl.Stats) uint64 { return s.Conns }),
	counter("inpkts", func(s *ipvsnl.Stats) uint64 { return s.InPkts }),
	counter("outpkts", func(s *ipvsnl.Stats) uint64 { return s.OutPkts }),
	counter("inbytes", func(s *ipvsnl.Stats) uint64 { return s.InBytes }),
	counter("outbytes", func(s *ipvsnl.Stats) uint64 { return s.OutBytes }),
	counter("cps", func(s *ipvsnl.Stats) uint64 { return s.CPS }),
	counter("inpps", func(s *ipvsnl.Stats) uint64 { return s.InPPS }),
	counter("outpps", func(s *ipvsnl.Stats) uint64 { return s.OutPPS }),
	counter("inbps", func(s *ipvsnl.Stats) uint64 { return s.InBPS }),
	counter("outbps", func(s *ipvsnl.Stats) uint64 { return s.OutBPS }),
	{Name: "active", Destination: func(d *ipvsnl.Destination) uint64 { return uint64(d.ActiveConns) }},
	{Name: "inactive", Destination: func(d *ipvsnl.Destination) uint64 { return uint64(d.InactConns) }},
	{Name: "weight", Destination: func(d *ipvsnl.Destination) uint64 { return uint64(d.Weight) }},
}

// counter returns the column of a counter or rate, which services and destinations have.
func counter(name string, of func(*ipvsnl.Stats) uint64) Column {
	return Column{
		Name:        name,
		Destination: func(d *ipvsnl.Destination) uint64 { return of(&d.Stats) },
		ofService:   func(s *ipvsnl.Service) uint64 { return of(&s.Stats) },
	}
}

// Service returns a service's figure: its own or, if it has none, the sum of those of its
// destinations.
func (c *Column) Service(s *ipvsnl.Service, destinations []ipvsnl.Destination) (figure uint64) {
	if c.ofService != nil {
		return c.ofService(s)
	}
	for i := range destinations {
		figure += c.Destination(&destinations[i])
	}
	return figure
}

// ColumnOf returns the column of a name, in small letters or capitals, or nil if there is none.
func ColumnOf(name string) *Column {
	for i := range Columns {
		if strings.EqualFold(Columns[i].Name, name) {
			return &Columns[i]
		}
	}
	return nil
}
