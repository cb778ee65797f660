package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
	"github.com/stretchr/testify/require"
)

// changes returns the changes from one table to another.
func changes(t *testing.T, from, to string) []reconcile.Change {
	t.Helper()
	all, err := reconcile.Plan(table(t, from), table(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestApply(t *testing.T) {
	const before = "-A -f 1\n-a -f 1 -r 10.0.0.1\n-A -f 2\n" // of which the real server and mark 2 are deleted
	const after = "-A -f 1 -s rr\n-A -f 3\n-a -f 3 -r 10.0.0.1\n-a -f 3 -r 10.0.0.2\n-A -f 4\n"
	for _, c := range []struct {
		name    string
		refuses map[int]syscall.Errno
		same    bool // the tables
		sends   []int
		err     string
		is      []error
		isNot   []error
	}{
		{name: "all is well", sends: []int{5, 2}},
		{name: "nothing to do", same: true},
		{
			name:    "a service is refused, and so are its real servers",
			refuses: map[int]syscall.Errno{0: syscall.ENOENT, 1: syscall.ESRCH, 2: syscall.ESRCH},
			sends:   []int{5},
			err: "add service mark 3 IPv4: ipvs: add service: scheduler or persistence engine not found\n" +
				"nothing was drained or deleted, since other changes failed",
			is:    []error{ipvsnl.ErrSchedulerNotFound, syscall.ENOENT, reconcile.ErrKept},
			isNot: []error{ipvsnl.ErrServiceNotFound},
		},
		{
			name:    "others",
			refuses: map[int]syscall.Errno{2: syscall.EEXIST, 4: syscall.ESRCH},
			sends:   []int{5},
			err: "add destination 10.0.0.2:0 of mark 3 IPv4: ipvs: add destination: destination already exists\n" +
				"set service mark 1 IPv4: ipvs: set service: no such service\n" +
				"nothing was drained or deleted, since other changes failed",
			is: []error{ipvsnl.ErrServiceNotFound, ipvsnl.ErrDestinationExists, reconcile.ErrKept},
		},
		{
			name:    "a deletion",
			refuses: map[int]syscall.Errno{5: syscall.EPERM},
			sends:   []int{5, 2},
			err:     "delete destination 10.0.0.1:0 of mark 1 IPv4: ipvs: delete destination: operation not permitted",
			is:      []error{syscall.EPERM},
			isNot:   []error{reconcile.ErrKept},
		},
		{
			name:    "what is to be deleted is gone",
			refuses: map[int]syscall.Errno{5: syscall.ENOENT, 6: syscall.ESRCH},
			sends:   []int{5, 2},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fake{refuses: c.refuses}
			to := after
			if c.same {
				to = before
			}
			err := reconcile.Apply(t.Context(), f.open(t), changes(t, before, to))
			if text := fmt.Sprint(err); c.err != "" && text != c.err || c.err == "" && err != nil {
				t.Errorf("error %s\nwant %s", text, c.err)
			}
			for _, want := range c.is {
				if !errors.Is(err, want) {
					t.Errorf("%v is not %v", err, want)
				}
			}
			for _, other := range c.isNot {
				if errors.Is(err, other) {
					t.Errorf("%v is %v", err, other)
				}
			}
			var failures reconcile.Failures
			if errors.As(err, &failures) != (c.err != "") {
				t.Errorf("failures %v", failures)
			}
			if !slices.Equal(f.sends, c.sends) {
				t.Errorf("sent %d changes at a time, want %d", f.sends, c.sends)
			}
		})
	}
}

// A destination that is to get no new connections keeps them if what was to take its place is
// not there.
func TestApplyDrain(t *testing.T) {
	const before = "-A -f 1\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.2\n"
	const after = "-A -f 1\n-a -f 1 -r 10.0.0.1 -w 0\n-a -f 1 -r 10.0.0.3\n" // the second is deleted
	for _, c := range []struct {
		name    string
		refuses map[int]syscall.Errno
		sends   []int
		kept    bool
	}{
		{"all is well", nil, []int{1, 2}, false},
		{"the new destination is refused", map[int]syscall.Errno{0: syscall.EINVAL}, []int{1}, true},
		{"the drain is refused", map[int]syscall.Errno{1: syscall.ENOENT}, []int{1, 2}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fake{refuses: c.refuses}
			err := reconcile.Apply(t.Context(), f.open(t), changes(t, before, after))
			if (err != nil) != (c.refuses != nil) || errors.Is(err, reconcile.ErrKept) != c.kept {
				t.Errorf("error %v", err)
			}
			if !slices.Equal(f.sends, c.sends) {
				t.Errorf("sent %d changes at a time, want %d", f.sends, c.sends)
			}
		})
	}
}

// A service goes out in one datagram with its real servers, as long as they fit into one.
func TestApplyTogether(t *testing.T) {
	var rules strings.Builder
	for service, servers := range []int{100, 26, 0, 1, 126, 127, 130} {
		fmt.Fprintf(&rules, "-A -f %d\n", service+1)
		for i := range servers {
			fmt.Fprintf(&rules, "-a -f %d -r 10.0.0.%d\n", service+1, i+1)
		}
	}
	var f fake
	if err := reconcile.Apply(t.Context(), f.open(t), changes(t, "", rules.String())); err != nil {
		t.Fatal(err)
	}
	if want := []int{101 + 27, 1 + 2, 127, 128, 128, 3}; !slices.Equal(f.sends, want) {
		t.Errorf("sent %d changes at a time, want %d", f.sends, want)
	}
}

func TestApplyCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := fake{cancel: cancel, refuses: map[int]syscall.Errno{0: syscall.EPERM}}
	all := make([]reconcile.Change, 300)
	for i := range all {
		all[i] = changes(t, "", "-A -f 7")[0]
	}
	c := f.open(t)
	err := reconcile.Apply(ctx, c, all)
	var doubt *ipvsnl.InDoubtError
	if !errors.As(err, &doubt) || doubt.Index != 128 || !errors.Is(err, context.Canceled) || !errors.Is(err, syscall.EPERM) {
		t.Errorf("error %v", err)
	}
	f.sends = nil
	err = reconcile.Apply(ctx, c, all)
	if errors.As(err, &doubt) || !errors.Is(err, context.Canceled) || f.sends != nil {
		t.Errorf("cancelled before: %v, sent %d", err, f.sends)
	}
}

func TestApplyUnknown(t *testing.T) {
	var f fake
	all := append(changes(t, "", "-A -f 7"), reconcile.Change{Op: ipvsnl.OpFlush})
	err := reconcile.Apply(t.Context(), f.open(t), all)
	if !errors.Is(err, errors.ErrUnsupported) || f.sends != nil {
		t.Errorf("error %v, sent %d", err, f.sends)
	}
}

func TestChangeString(t *testing.T) {
	master := ipvsnl.Daemon{State: ipvsnl.Master}
	for _, c := range []struct {
		change reconcile.Change
		want   string
	}{
		{changes(t, "", "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1")[1], "add destination 10.0.0.1:80 of TCP 192.0.2.1:80"},
		{changes(t, "-A -f 1", "")[0], "delete service mark 1 IPv4"},
		{reconcile.Change{Op: ipvsnl.OpStopDaemon, Daemon: master}, "stop daemon master"},
		{reconcile.Change{Op: ipvsnl.OpSetTimeouts}, "set timeouts"},
	} {
		if got := c.change.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Changes that are not to be sent any more are not in doubt, and what failed before is still told.
func TestApplyBefore(t *testing.T) {
	const before = "-A -f 1\n-A -f 2\n-A -f 3\n"
	f := fake{refuses: map[int]syscall.Errno{0: syscall.ENOENT}}
	all := changes(t, before, "-A -f 1 -s rr\n-A -f 2 -s rr\n"+marks(10, 300)) // and mark 3 is deleted
	stop := errors.New("stop")
	var indices []int
	err := reconcile.Apply(context.Background(), f.open(t), all, reconcile.Before(func(index int) error {
		if indices = append(indices, index); len(indices) == 3 {
			return stop
		}
		return nil
	}))
	require.ErrorIs(t, err, stop)
	require.ErrorIs(t, err, syscall.ENOENT)
	var doubt *ipvsnl.InDoubtError
	require.NotErrorAs(t, err, &doubt)
	require.Len(t, f.sends, 2)
	require.Equal(t, []int{0, f.sends[0], f.sends[0] + f.sends[1]}, indices)
}

// marks are rules for so many services.
func marks(first, count int) string {
	var b strings.Builder
	for mark := range count {
		fmt.Fprintf(&b, "-A -f %d\n", first+mark)
	}
	return b.String()
}
