package ipvsnl_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/genetlink/genltest"
	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestOpenFails(t *testing.T) {
	controller := func(answer genltest.Func) func() (*netlink.Conn, error) {
		return func() (*netlink.Conn, error) {
			return nltest.Dial(func(requests []netlink.Message) ([]netlink.Message, error) {
				replies, err := answer(genetlink.Message{}, requests[0])
				var all []netlink.Message
				for _, reply := range replies {
					b, err := reply.MarshalBinary()
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, netlink.Message{Header: requests[0].Header, Data: b})
				}
				return all, err
			}), nil
		}
	}
	family := func(id uint16) genetlink.Message {
		b, err := netlink.MarshalAttributes([]netlink.Attribute{{Type: 1, Data: []byte{byte(id), byte(id)}}})
		if err != nil {
			t.Fatal(err)
		}
		return genetlink.Message{Data: b}
	}
	for _, test := range []struct {
		name string
		dial func() (*netlink.Conn, error)
		want string
		is   error
	}{
		{"no module",
			func() (*netlink.Conn, error) {
				return nltest.Dial(func(requests []netlink.Message) ([]netlink.Message, error) {
					return nltest.Error(int(syscall.ENOENT), requests)
				}), nil
			},
			"the kernel has no IPVS", ipvsnl.ErrNoIPVS},
		{"no generic netlink",
			func() (*netlink.Conn, error) { return nil, os.NewSyscallError("socket", syscall.EPROTONOSUPPORT) },
			"the kernel has no IPVS", ipvsnl.ErrNoIPVS},
		{"no sockets left",
			func() (*netlink.Conn, error) { return nil, os.NewSyscallError("socket", syscall.EMFILE) },
			"open netlink socket: socket: too many open files", syscall.EMFILE},
		{"two families",
			controller(func(genetlink.Message, netlink.Message) ([]genetlink.Message, error) {
				return []genetlink.Message{family(1), family(2)}, nil
			}),
			`look up netlink family: netlink returned multiple families for name: "IPVS"`, nil},
		{"a number that is no family's",
			controller(func(genetlink.Message, netlink.Message) ([]genetlink.Message, error) {
				return []genetlink.Message{family(0)}, nil
			}),
			"the kernel gave no number for the netlink family", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(test.dial))
			if want := "ipvs: open: " + test.want; err == nil || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %v is not %v", err, test.is)
			}
			var e *ipvsnl.Error
			if !errors.As(err, &e) || e.Op != ipvsnl.OpOpen {
				t.Errorf("error %#v", err)
			}
		})
	}
}

// TestOpenCancelled checks that a context ends the look-up of the family.
func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{mute: true}
	for range 2 { // meanwhile, and before
		_, err := ipvsnl.Open(ctx, ipvsnl.WithDial(func() (*netlink.Conn, error) {
			cancel()
			return f.dial()
		}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	wantSockets(t, f, 0, 1)
}

// TestOpenLate checks that a socket whose deadline is over is taken for a context that
// ended, as that is who sets deadlines.
func TestOpenLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := ipvsnl.Open(ctx, ipvsnl.WithDial(func() (*netlink.Conn, error) {
		conn, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		return conn, conn.SetDeadline(time.Unix(1, 0))
	}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestOpenHere opens the kernel this runs on, which may have IPVS or not.
func TestOpenHere(t *testing.T) {
	c, err := ipvsnl.Open(t.Context())
	switch {
	case err == nil:
		c.Close()
	case !errors.Is(err, ipvsnl.ErrNoIPVS):
		t.Error(err)
	}
}

func TestOpenNetNS(t *testing.T) {
	if _, err := ipvsnl.Open(t.Context(), ipvsnl.WithNetNS(-1)); !errors.Is(err, syscall.EBADF) {
		t.Errorf("with no file: error %v", err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if _, err := ipvsnl.Open(t.Context(), ipvsnl.WithNetNS(int(null.Fd()))); err == nil {
		t.Error("a file that is no namespace was taken for one")
	}
}
