package ipvsnl

import (
	"errors"
	"io/fs"
)

// What is wrong with a request that is not sent, since the kernel would take it
// for another. They match fs.ErrInvalid.
var (
	errServiceAddr error = &meaning{"a service needs a firewall mark or an address without a zone", fs.ErrInvalid}
	errProtocol    error = &meaning{"a service of an address needs a protocol", fs.ErrInvalid}
	errDestAddr    error = &meaning{"a destination needs an address without a zone", fs.ErrInvalid}
	errScheduler   error = &meaning{"a scheduler's name has at most 15 bytes and no NUL", fs.ErrInvalid}
	errEngine      error = &meaning{"a persistence engine's name has at most 16 bytes and no NUL", fs.ErrInvalid}
	errForwarding  error = &meaning{"no such forwarding method", fs.ErrInvalid}
	errInterface   error = &meaning{"an interface's name has at most 15 bytes and no NUL", fs.ErrInvalid}
	errSyncID      error = &meaning{"a sync id is 0 to 255", fs.ErrInvalid}
	errGroup       error = &meaning{"a multicast group has no zone", fs.ErrInvalid}
)

// What is wrong with a reply.
var (
	errAttrs     = errors.New("malformed attributes")
	errFamily    = errors.New("unknown address family")
	errShort     = errors.New("reply shorter than its header")
	errStray     = errors.New("reply to another request")
	errType      = errors.New("reply of another netlink family")
	errOverrun   = errors.New("replies were lost")
	errNoReply   = errors.New("no reply")
	errNamespace = errors.New("the thread is in another network namespace than the client")
	errFamilyID  = errors.New("the kernel gave no number for the netlink family")
)
