// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/conntab"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// maxBlocks is how many blocks of the connection table there are at a time, between being
// read and being written.
const maxBlocks = 4

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
	w := &connectionWriter{app: a, layout: &format.ConnectionTable{Engines: l.PersistentConn, Names: a.formatNames(l)}}
	if l.JSON {
		w.layout, w.surplus = format.JSONConnections{}, len(format.JSONSeparator)
	}
	a.write(w.layout.AppendHead(nil))
	if l.Numeric {
		w.copy(r, w.startText, w.writeText)
	} else {
		w.copy(r, w.prefetch, w.writeLines)
	}
	return w.err
}

// A connectionLayout is what a connection table looks like. Connections are appended in any
// order, and side by side.
type connectionLayout interface {
	AppendHead(b []byte) []byte
	AppendConnection(b []byte, c *format.Connection) []byte
	AppendEnd(b []byte) []byte
}

// A connectionWriter writes connections. err is why the listing has failed.
type connectionWriter struct {
	*app
	layout  connectionLayout
	surplus int // how many bytes the text of the first connection has too many
	err     error
}

// A connectionBlock is a block of the connection table, and what becomes of it. Blocks
// are used again.
type connectionBlock struct {
	conntab.Block
	err error // why there is no block

	text   []byte
	broken []brokenLine
	done   chan struct{} // has a value when text and broken are complete
}

// A brokenLine is a line that is no connection, and where in the text it would stand.
type brokenLine struct {
	at  int
	err error
}

// copy writes every connection that r has. Each block, once it is read, is given to begin, together with a
// copy of its lines, while the blocks before it are being written. The lines are good until both begin
// and write are done with them.
func (w *connectionWriter) copy(r *conntab.Reader, begin func(b *connectionBlock, lines conntab.Block), write func(*connectionBlock)) {
	unused := make(chan *connectionBlock, maxBlocks)
	for range maxBlocks {
		unused <- &connectionBlock{done: make(chan struct{}, 1)}
	}
	inOrder := make(chan *connectionBlock, maxBlocks)
	go func() {
		defer close(inOrder)
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
	for b := range inOrder {
		switch {
		case b.err == nil:
			write(b)
			unused <- b
		case errors.Is(b.err, io.EOF):
			w.write(w.layout.AppendEnd(nil))
		default:
			w.fail(b.err)
		}
	}
}

// startText has the text of a block made, beside those of other blocks.
func (w *connectionWriter) startText(b *connectionBlock, lines conntab.Block) {
	go func() {
		w.makeText(b, lines)
		b.done <- struct{}{}
	}()
}

func (w *connectionWriter) makeText(b *connectionBlock, lines conntab.Block) {
	b.text, b.broken = b.text[:0], b.broken[:0]
	var c format.Connection
	for {
		err := lines.Read(&c)
		switch {
		case err == nil:
			b.text = w.layout.AppendConnection(b.text, &c)
		case errors.Is(err, io.EOF):
			return
		default:
			b.broken = append(b.broken, brokenLine{len(b.text), brokenError(err)})
		}
	}
}

// writeText writes the text of a block.
func (w *connectionWriter) writeText(b *connectionBlock) {
	<-b.done
	start := 0
	for _, line := range b.broken {
		w.writeConnections(b.text[start:line.at])
		start = line.at
		w.fail(line.err)
	}
	w.writeConnections(b.text[start:])
}

// writeConnections writes the text of connections.
func (w *connectionWriter) writeConnections(text []byte) {
	if len(text) > 0 {
		w.write(text[w.surplus:])
		w.surplus = 0
	}
}

// prefetch has the names of a block's addresses looked up.
func (w *connectionWriter) prefetch(_ *connectionBlock, lines conntab.Block) {
	var c format.Connection
	for err := lines.Read(&c); !errors.Is(err, io.EOF); err = lines.Read(&c) {
		if err == nil {
			w.names.Prefetch(c.Client.Addr())
			w.names.Prefetch(c.Virtual.Addr())
			w.names.Prefetch(c.Destination.Addr())
		}
	}
}

// writeLines writes the lines of a block one by one, as soon as the names for each are known.
func (w *connectionWriter) writeLines(b *connectionBlock) {
	var c format.Connection
	for err := b.Read(&c); !errors.Is(err, io.EOF); err = b.Read(&c) {
		if err != nil {
			w.fail(brokenError(err))
			continue
		}
		w.write(w.layout.AppendConnection(w.stdout.AvailableBuffer(), &c))
	}
}

func brokenError(err error) error { return errors.New(conntab.Path + ": " + err.Error()) }

// fail makes the listing fail because of err, and reports what it failed because of
// before.
func (w *connectionWriter) fail(err error) {
	if w.err != nil {
		w.complain(message(w.err))
	}
	w.err = err
}
