// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/top"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// watchRows are layouts of which one takes what a listing has.
type watchRows struct {
	sample      *top.Sample
	table       *tableRows
	connections *connectionRows
}

// A sampler reads samples of what is listed.
type sampler struct {
	command *flags.Command
	place   *watchPlace
	names   names
	con     *console // where listings would write
	rows    watchRows
}

func newSampler(r *runner, c *flags.Command, p *watchPlace) *sampler {
	how, names := &c.Listing, formatNames(r.names, &c.Listing)
	return &sampler{command: c, place: p, names: r.names, con: newConsole(r.con.name, nil, io.Discard, io.Discard),
		rows: watchRows{table: newTableRows(view(how), how.SortBy, names), connections: newConnectionRows(how, names)}}
}

// A reading is what a sampler has read. With an error, the sample may be nil: nothing is known, and what was read last
// may still be there.
type reading struct {
	sample *top.Sample
	err    error
}

// read reads a sample, into the memory of another one if there is one.
func (s *sampler) read(ctx context.Context, into *top.Sample) reading {
	if into == nil {
		into = new(top.Sample)
	}
	into.Time = time.Now()
	s.rows.sample = into
	if s.command.Listing.Subject == flags.Connections {
		s.rows.connections.fill(into)
	} else {
		s.rows.table.fill(into)
	}
	err := s.place.follow(ctx)
	if err == nil {
		l := s.place.lister(s.con, s.names)
		l.rows = &s.rows
		err = l.list(ctx, s.command)
	}
	var gone *placeError
	var line *conns.LineError
	switch {
	case err == nil || errors.As(err, &line):
	case errors.As(err, &gone) || errors.Is(err, ipvsnl.ErrServiceNotFound): // there are no rows
	default:
		into = nil
	}
	return reading{into, err}
}
