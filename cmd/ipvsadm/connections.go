package main

import (
	"bytes"
	"errors"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/conntab"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// connectionsAhead is how many connections are read ahead of what is written, to have
// their names looked up.
const connectionsAhead = 256

// listConnections writes the connection table as it is read. Lines that are no
// entries are reported and make it fail in the end.
func (a *app) listConnections(l *flags.Listing) error {
	f, err := a.netns.openConnections()
	if err != nil {
		return errors.New("cannot open file " + conntab.Path)
	}
	defer f.Close()
	r := conntab.NewReader(f)
	if err := r.Head(); err != nil {
		return errors.New("unexpected input from " + conntab.Path)
	}
	w := &connectionWriter{app: a, table: format.ConnectionTable{Engines: l.PersistentConn, Names: a.formatNames(l)}}
	a.write(w.table.AppendHead(nil))
	if l.Numeric {
		w.copy(r)
	} else {
		w.copyNamed(r)
	}
	return w.err
}

// A connectionWriter writes connections. err is why the listing has failed.
type connectionWriter struct {
	*app
	table format.ConnectionTable
	err   error
}

// copy writes every connection that r has.
func (w *connectionWriter) copy(r *conntab.Reader) {
	var c format.Connection
	for w.take(&c, r.Read(&c)) {
		continue
	}
}

// copyNamed does what copy does, while names are looked up for what comes next.
func (w *connectionWriter) copyNamed(r *conntab.Reader) {
	type item struct {
		c   format.Connection
		err error
	}
	ahead := make(chan item, connectionsAhead)
	go func() {
		defer close(ahead)
		for {
			var c format.Connection
			err := r.Read(&c)
			if err == nil {
				w.prefetch(&c)
			}
			ahead <- item{c, err}
			if err != nil && !isBroken(err) {
				return
			}
		}
	}()
	for i := range ahead {
		w.take(&i.c, i.err)
	}
}

// prefetch makes a connection independent of its reader and has its names looked up.
func (w *connectionWriter) prefetch(c *format.Connection) {
	for _, field := range []*[]byte{&c.Protocol, &c.State, &c.Engine, &c.EngineData} {
		*field = bytes.Clone(*field)
	}
	w.names.Prefetch(c.Client.Addr())
	w.names.Prefetch(c.Virtual.Addr())
	w.names.Prefetch(c.Destination.Addr())
}

// take writes a connection, or deals with the error that there is instead of one. It
// returns whether there can be more.
func (w *connectionWriter) take(c *format.Connection, err error) bool {
	switch {
	case err == nil:
		w.write(w.table.AppendConnection(w.stdout.AvailableBuffer(), c))
	case errors.Is(err, io.EOF):
		return false
	case isBroken(err):
		if w.err != nil {
			w.complain(message(w.err))
		}
		w.err = errors.New(conntab.Path + ": " + err.Error())
	default:
		if w.err != nil {
			w.complain(message(w.err))
		}
		w.err = err
		return false
	}
	return true
}

// isBroken says whether err is that of one line only.
func isBroken(err error) bool {
	var e *conntab.LineError
	return errors.As(err, &e)
}
