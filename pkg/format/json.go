// SPDX-License-Identifier: Apache-2.0

package format

import (
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
	elements     int
	inService    bool // the last element is a service, and open
	destinations int  // of that service
}

// AppendHead appends what precedes the elements.
func (j *JSON) AppendHead(b []byte) []byte { return append(b, arrayHead...) }

// AppendEnd appends what follows the elements.
func (j *JSON) AppendEnd(b []byte) []byte { return append(j.closeService(b), arrayEnd...) }

// AppendService appends a service. The destinations that are appended next are its
// own.
func (j *JSON) AppendService(b []byte, s *ipvsnl.ServiceState) []byte {
	b = appendFields(append(j.next(b), '{'), serviceFields, s)
	j.inService, j.destinations = true, 0
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

// JSONConnections writes connections as JSON.
type JSONConnections struct{}

// AppendHead appends what precedes the connections.
func (JSONConnections) AppendHead(b []byte) []byte { return append(b, arrayHead...) }

// AppendConnection appends a connection with [JSONSeparator] before it. The caller
// drops the one before the first: connections can be appended in any order.
func (JSONConnections) AppendConnection(b []byte, c *conns.Connection) []byte {
	return appendObject(append(b, JSONSeparator+"\n"...), connectionFields, c)
}

// AppendEnd appends what follows the connections.
func (JSONConnections) AppendEnd(b []byte) []byte { return append(b, arrayEnd...) }

// AppendDaemonsJSON appends sync daemons as an array.
func AppendDaemonsJSON(b []byte, daemons []ipvsnl.Daemon) []byte {
	return appendArray(b, daemonFields, daemons)
}

// appendArray appends objects as an array.
func appendArray[T any](b []byte, fields []field[T], all []T) []byte {
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
	b = j.closeService(b)
	if j.elements > 0 {
		b = append(b, JSONSeparator...)
	}
	j.elements++
	return append(b, '\n')
}

func (j *JSON) closeService(b []byte) []byte {
	if j.inService {
		b = append(b, "]}"...)
	}
	return b
}

// A field is one row of the table of an object's fields. A field whose value appends
// nothing does not apply and is left out.
type field[T any] struct {
	name  string
	value func(b []byte, v *T) []byte
}

func appendObject[T any](b []byte, fields []field[T], v *T) []byte {
	return append(appendFields(append(b, '{'), fields, v), '}')
}

func appendFields[T any](b []byte, fields []field[T], v *T) []byte {
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
