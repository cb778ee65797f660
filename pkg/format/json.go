// SPDX-License-Identifier: Apache-2.0

package format

import (
	"cmp"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// A listing as JSON is one array, with an element on each line. Schema.json describes
// the elements.
const (
	arrayHead = "["
	arrayEnd  = "\n]\n"

	// JSONSeparator precedes each element except the first.
	JSONSeparator = ","
)

// JSON writes services and destinations as JSON. Each listing needs a new one, since
// what it appends depends on what it has appended before.
type JSON struct {
	// Time makes the listing an object with this time and the array, on one line, if it is set.
	Time time.Time

	name         string // of the array in that object; empty for services
	totals       bool   // makes it an object, too, with totals after the array
	elements     int
	destinations int // of the last service
}

// AppendHead appends what precedes the elements.
func (j *JSON) AppendHead(b []byte) []byte {
	if j.totals && j.Time.IsZero() {
		return append(b, `{"services":[`...)
	}
	return appendHead(b, j.Time, cmp.Or(j.name, "services"))
}

// AppendEnd appends what follows the elements, or the totals.
func (j *JSON) AppendEnd(b []byte) []byte {
	if j.totals {
		return append(b, "}\n"...)
	}
	return appendEnd(b, j.Time)
}

// AppendService appends a service. The destinations that are appended next are its own, up to its end.
func (j *JSON) AppendService(b []byte, s *ipvsnl.ServiceState) []byte {
	b = appendFields(append(j.next(b), '{'), serviceFields, s)
	j.destinations = 0
	return append(b, `,"destinations":[`...)
}

// AppendDestination appends a destination of the last service.
func (j *JSON) AppendDestination(b []byte, _ *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	if j.destinations > 0 {
		b = append(b, JSONSeparator...)
	}
	j.destinations++
	return appendObject(b, destinationFields, d)
}

// AppendServiceEnd appends the end of a service.
func (j *JSON) AppendServiceEnd(b []byte) []byte {
	if !j.totals {
		b = append(b, ']')
	}
	return append(b, '}')
}

// JSONConnections writes connections as JSON.
type JSONConnections struct {
	Time time.Time // as in JSON
}

// AppendHead appends what precedes the connections.
func (j JSONConnections) AppendHead(b []byte) []byte { return appendHead(b, j.Time, "connections") }

// AppendConnection appends a connection with [JSONSeparator] before it. The caller
// drops the one before the first: connections can be appended in any order.
func (j JSONConnections) AppendConnection(b []byte, c *conns.Connection) []byte {
	return appendObject(appendBreak(append(b, JSONSeparator...), j.Time), connectionFields, c)
}

// AppendEnd appends what follows the connections.
func (j JSONConnections) AppendEnd(b []byte) []byte { return appendEnd(b, j.Time) }

// AppendDaemonsJSON appends sync daemons as an array.
func AppendDaemonsJSON(b []byte, daemons []ipvsnl.Daemon) []byte {
	return appendArray(b, daemonFields, daemons)
}

// appendArray appends objects as an array.
func appendArray[T any](b []byte, fields []field[*T], all []T) []byte {
	var j JSON
	b = j.AppendHead(b)
	for i := range all {
		b = appendObject(j.next(b), fields, &all[i])
	}
	return j.AppendEnd(b)
}

// AppendTimeoutsJSON appends timeouts as an object.
func AppendTimeoutsJSON(b []byte, t *ipvsnl.Timeouts) []byte {
	return append(appendObject(b, timeoutFields, t), '\n')
}

// next appends the separator before an element.
func (j *JSON) next(b []byte) []byte {
	if j.elements > 0 {
		b = append(b, JSONSeparator...)
	}
	j.elements++
	return appendBreak(b, j.Time)
}

// appendHead appends what precedes the elements of an array, which has a name in an object with a time.
func appendHead(b []byte, at time.Time, name string) []byte {
	if at.IsZero() {
		return append(b, arrayHead...)
	}
	b = at.UTC().AppendFormat(append(b, `{"time":"`...), "2006-01-02T15:04:05.000Z07:00")
	b = append(append(append(b, `","`...), name...), `":`...)
	return append(b, arrayHead...)
}

// appendBreak appends what separates an element from what precedes it.
func appendBreak(b []byte, at time.Time) []byte {
	if at.IsZero() {
		b = append(b, '\n')
	}
	return b
}

// appendEnd appends what follows the elements.
func appendEnd(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(b, arrayEnd...)
	}
	return append(b, "]}\n"...)
}

// A field is one row of the table of an object's fields. A field whose value appends
// nothing does not apply and is left out. Each object is a pointer: the compiled code of a generic function is the
// same for all pointers.
type field[P any] struct {
	name  string
	value func(b []byte, v P) []byte
}

func appendObject[P any](b []byte, fields []field[P], v P) []byte {
	return append(appendFields(append(b, '{'), fields, v), '}')
}

func appendFields[P any](b []byte, fields []field[P], v P) []byte {
	first := len(b)
	for i := range fields {
		start := len(b)
		if start > first {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), fields[i].name...), `":`...)
		named := len(b)
		if b = fields[i].value(b, v); len(b) == named {
			b = b[:start]
		}
	}
	return b
}
