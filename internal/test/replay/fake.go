// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"io"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/genetlink/genltest"
	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
)

// controller is the number of the family that tells those of the others
// (GENL_ID_CTRL).
const controller = 16

// Answer returns a function that answers as a kernel does that has the IPVS family:
// it tells the family's number, and leaves what the family says to answer. The
// answers' sequence number, port id and type are filled in where they are 0.
func Answer(answer nltest.Func) nltest.Func {
	families := genltest.ServeFamily(genetlink.Family{ID: Family, Version: 1, Name: "IPVS"}, nil)
	return func(requests []netlink.Message) ([]netlink.Message, error) {
		if len(requests) == 0 {
			return nil, io.EOF // nobody speaks unless spoken to
		}
		var replies []netlink.Message
		var err error
		if requests[0].Header.Type == controller {
			replies, err = adapt(families, requests[0])
		} else {
			replies, err = answer(requests)
		}
		for i := range replies {
			address(&replies[i].Header, requests[0].Header)
		}
		return replies, err
	}
}

// adapt has fn, which speaks generic netlink, answer a netlink message.
func adapt(fn genltest.Func, request netlink.Message) ([]netlink.Message, error) {
	var gen genetlink.Message
	if err := gen.UnmarshalBinary(request.Data); err != nil {
		return nil, err
	}
	answers, err := fn(gen, request)
	if err != nil {
		return nil, err
	}
	var replies []netlink.Message
	for _, answer := range answers {
		b, err := answer.MarshalBinary()
		if err != nil {
			return nil, err
		}
		replies = append(replies, netlink.Message{Data: b})
	}
	return replies, nil
}

// address makes a reply one to that request.
func address(reply *netlink.Header, request netlink.Header) {
	if reply.Type == 0 {
		reply.Type = request.Type
	}
	if reply.Sequence == 0 {
		reply.Sequence = request.Sequence
	}
	if reply.PID == 0 {
		reply.PID = request.PID
	}
}
