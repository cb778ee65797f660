// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// maxBlocks is the maximum number of blocks of the connection table in use at a time, from
// being read to being written.
const maxBlocks = 4

// maxBroken is how many malformed lines are reported individually after a listing. The others are
// only counted: there may be millions.
const maxBroken = 10

// listConnections writes the connection table as it is read. Malformed
// lines are reported, and make the listing fail at its end.
func (l *lister) listConnections(ctx context.Context, c *flags.Command) error {
	how := &c.Listing
	file := conns.Path
	if how.Origin {
		file = conns.SyncPath
	}
	f, err := l.connections(file)
	if err != nil {
		return errors.New("cannot open file " + file)
	}
	defer f.Close()
	r := conns.NewReader(f)
	if err := r.Head(); err != nil {
		return errors.New("unexpected input from " + file)
	}
	w := &connectionWriter{
		con:    l.con,
		file:   file,
		names:  l.names,
		layout: &format.ConnectionTable{Engines: how.PersistentConn, Origins: how.Origin, Names: formatNames(l.names, how)},
	}
	if c.Filter != (flags.Filter{}) {
		w.filter = &c.Filter
	}
	if how.JSON {
		w.layout, w.surplus, w.whole = format.JSONConnections{Time: lineTime(how)}, len(format.JSONSeparator), true
	}
	begin, write := w.startText, w.writeText
	if !how.Numeric {
		begin, write = w.prefetch, w.writeLines
	}
	if l.rows != nil {
		w.layout, write = l.rows.connections, w.writeLines
		if how.Numeric {
			begin = func(*connectionBlock, conns.Block) {}
		}
	}
	if how.Count {
		if err := l.countConnections(ctx, w, how); err != nil {
			return err
		}
		begin, write = func(*connectionBlock, conns.Block) {}, w.writeLines
	}
	err = w.copy(r, begin, write)
	w.reportBroken()
	switch {
	case err != nil:
		w.fail(err)
	case !l.con.write(nil):
		w.fail(nil) // the listing fails because its output is lost
	}
	return w.err
}

// A connectionLayout formats a connection table. Connections may be appended in any
// order, and concurrently.
type connectionLayout interface {
	AppendHead(b []byte) []byte
	AppendConnection(b []byte, c *conns.Connection) []byte
	AppendEnd(b []byte) []byte
}

// A columnLayout can also format connections in the kernel's columns, which is quicker.
type columnLayout interface {
	AppendColumns(b []byte, c *conns.Columns) []byte
}

// A connectionWriter writes connections. err is the reason why the listing has failed.
type connectionWriter struct {
	con     *console
	file    string // of the connection table
	names   names
	layout  connectionLayout
	filter  *flags.Filter // nil for all connections
	surplus int           // how many bytes to drop from the text of the first connection
	whole   bool          // malformed lines are reported after the listing, which must not be interrupted
	broken  []int         // the numbers of the first of them
	more    int           // how many others follow
	err     error
}

// A connectionBlock is a block of the connection table and its text. Blocks
// are reused.
type connectionBlock struct {
	conns.Block
	err error // why the block could not be read

	text   []byte
	broken []brokenLine
	done   chan struct{} // receives a value when text and broken are complete
}

// A brokenLine is a malformed line: its number, and where in the text its connection would be.
type brokenLine struct {
	at, line int
}

// copy writes all connections of r up to an error, or until output is lost. It passes each block to begin once it is read,
// together with a copy of its lines, while earlier blocks are being written. The lines are valid until
// both begin and write have returned.
func (w *connectionWriter) copy(r *conns.Reader, begin func(b *connectionBlock, lines conns.Block), write func(*connectionBlock) (more bool)) error {
	w.con.write(w.layout.AppendHead(nil))
	unused := make(chan *connectionBlock, maxBlocks)
	defer close(unused)
	for range maxBlocks {
		unused <- &connectionBlock{done: make(chan struct{}, 1)}
	}
	inOrder := make(chan *connectionBlock, maxBlocks)
	go func() {
		for b := range unused {
			b.err = r.Next(&b.Block)
			lines := b.Block
			inOrder <- b
			if b.err != nil {
				return
			}
			begin(b, lines)
		}
	}()
	for {
		b := <-inOrder
		switch {
		case errors.Is(b.err, io.EOF):
			w.con.write(w.layout.AppendEnd(nil))
			return nil
		case b.err != nil:
			return b.err
		case !write(b):
			return nil
		}
		unused <- b
	}
}

// startText starts formatting the text of a block, concurrently with other blocks.
func (w *connectionWriter) startText(b *connectionBlock, lines conns.Block) {
	go func() {
		w.makeText(b, lines)
		b.done <- struct{}{}
	}()
}

func (w *connectionWriter) makeText(b *connectionBlock, lines conns.Block) {
	b.text, b.broken = b.text[:0], b.broken[:0]
	var c conns.Connection
	var columns conns.Columns
	quick, _ := w.layout.(columnLayout)
	if w.filter != nil {
		quick = nil
	}
	for {
		for quick != nil && lines.ReadColumns(&columns) {
			b.text = quick.AppendColumns(b.text, &columns)
		}
		switch err := lines.Read(&c).(type) {
		case nil:
			if w.filter == nil || w.filter.Selects(&c) {
				b.text = w.layout.AppendConnection(b.text, &c)
			}
		case *conns.LineError:
			b.broken = append(b.broken, brokenLine{len(b.text), err.Line})
		default: // io.EOF
			return
		}
	}
}

// writeText writes the text of a block, and reports whether to go on.
func (w *connectionWriter) writeText(b *connectionBlock) (more bool) {
	<-b.done
	start := 0
	for _, line := range b.broken {
		if !w.writeConnections(b.text[start:line.at]) {
			return false
		}
		start = line.at
		w.failAt(line.line)
	}
	return w.writeConnections(b.text[start:])
}

// writeConnections writes the text of connections, and reports whether to go on.
func (w *connectionWriter) writeConnections(text []byte) (more bool) {
	if len(text) == 0 {
		return true
	}
	text = text[w.surplus:]
	w.surplus = 0
	return w.con.write(text)
}

// prefetch starts looking up the names of the addresses in a block.
func (w *connectionWriter) prefetch(_ *connectionBlock, lines conns.Block) {
	var c conns.Connection
	for err := lines.Read(&c); !errors.Is(err, io.EOF); err = lines.Read(&c) {
		if err == nil && (w.filter == nil || w.filter.Selects(&c)) {
			w.names.Prefetch(c.Client.Addr())
			w.names.Prefetch(c.Virtual.Addr())
			w.names.Prefetch(c.Destination.Addr())
		}
	}
}

// writeLines writes the lines of a block one by one, as soon as the names for each are known, and reports whether to go on.
func (w *connectionWriter) writeLines(b *connectionBlock) (more bool) {
	var c conns.Connection
	for {
		switch err := b.Read(&c).(type) {
		case nil:
			if w.filter != nil && !w.filter.Selects(&c) {
				continue
			}
			if !w.con.write(w.layout.AppendConnection(w.con.room(), &c)) {
				return false
			}
		case *conns.LineError:
			w.failAt(err.Line)
		default: // io.EOF
			return true
		}
	}
}

// failAt makes the listing fail because of a malformed line.
func (w *connectionWriter) failAt(line int) {
	switch {
	case !w.whole:
		w.fail(w.broke(line))
	case len(w.broken) < maxBroken:
		w.broken = append(w.broken, line)
	default:
		w.more++
	}
}

// reportBroken reports the lines that failAt has kept until the end of the listing.
func (w *connectionWriter) reportBroken() {
	for _, line := range w.broken {
		w.fail(w.broke(line))
	}
	if w.more > 0 {
		w.fail(fmt.Errorf("%s: more malformed entries: %d", w.file, w.more))
	}
}

// broke returns the error of a malformed line.
func (w *connectionWriter) broke(line int) error {
	return fmt.Errorf("%s: %w", w.file, &conns.LineError{Line: line})
}

// fail makes the listing fail because of err, if that is not nil, and reports the previous
// reason, if any.
func (w *connectionWriter) fail(err error) {
	if w.err != nil {
		w.con.complain(message(w.err))
	}
	w.err = err
}
