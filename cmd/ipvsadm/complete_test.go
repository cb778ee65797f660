// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// completed returns what --complete prints about a line.
func (s *testSystem) completed(t *testing.T, line string) string {
	t.Helper()
	got := s.words(append([]string{"ipvsadm", "--complete"}, strings.Split(line, " ")...)...)
	require.Equal(t, result{stdout: got.stdout}, got, line)
	return got.stdout
}

// hint returns the line of a hint for the value of an option.
func hint(long string) string {
	_, rows := flags.Rows()
	row := rows[slices.IndexFunc(rows, func(r flags.Row) bool { return r.Long == long })]
	return "hint\t" + row.Value + ": " + row.Help + "\n"
}

// Offers come from the table, the machine and the grammar.
func TestCompletion(t *testing.T) {
	s, _ := newSysctls(t)
	s.do(t,
		"ipvsadm -A -t 192.0.2.80:80 -s rr",
		"ipvsadm -a -t 192.0.2.80:80 -r 10.0.0.1:8080 -m -w 3",
		"ipvsadm -A -f 7",
	)
	s.hasLinks = []link{{name: "wan0", addrs: []netip.Addr{netip.MustParseAddr("192.0.2.80"), netip.MustParseAddr("fe80::1")}}, {name: "lo"}}
	s.hasSchedulers = []schedulers.Scheduler{{Name: "rr"}, {Name: "wlc"}}
	for line, want := range map[string]string{
		"ipvsadm -A --pe ":                "word\tsip\n",
		"ipvsadm -D -t ":                  "word\t192.0.2.80:80\trr\n",
		"ipvsadm -D -f ":                  "word\t7\twlc\n",
		"ipvsadm -d -t 192.0.2.80:80 -r ": "word\t10.0.0.1:8080\tMasq, weight 3\n",
		"ipvsadm -A -t ":                  "open\t192.0.2.80:\twan0\n",
		"ipvsadm -A -u x:":                "word\tx:domain\t53/udp\nword\tx:http\t80/udp\nword\tx:only-udp\t9/udp\n",
		"ipvsadm --start-daemon master --mcast-interface ": "word\twan0\nword\tlo\n",
		"ipvsadm -A -s ":       "word\trr\nword\twlc\n",
		"ipvsadm --netns ":     "word\tblue\n",
		"ipvsadm --sysctl est": "word\tconntrack\tkeep netfilter's connection tracking for connections of IPVS\nword\test_cpulist\tCPUs on which rates are estimated\nword\texpire_nodest_conn\tend connections to a deleted real server at their next packet\nword\tsync_threshold\tpackets before a connection is sent, and between two times that it is\n",
		"ipvsadm -a -w ":       hint("--weight"),
		"ipvsadm-restore ":     "files\n",
		"ipvsadm -L --nosuch ": "",
	} {
		require.Equal(t, want, s.completed(t, line), line)
	}
	require.Equal(t, result{}, s.words("ipvsadm", "--complete"))
	require.Equal(t, exitListing, s.run([]string{"ipvsadm", "--complete", "ipvsadm", "-"}, nil, &full{err: unix.ENOSPC}, io.Discard))
	require.Zero(t, s.opened.Load(), "sockets are open")
}

// Without all that is needed for it, a value is not offered, and nothing is said about it.
func TestCompletionWithout(t *testing.T) {
	const state = "ipvsadm --start-daemon master --mcast-interface "
	s, in := newSysctls(t)
	s.do(t, "ipvsadm -A -t 192.0.2.80:80")
	s.hasSchedulers, s.noModules = []schedulers.Scheduler{{Name: "rr"}}, errors.New("unreadable") // twos among them
	require.Contains(t, s.completed(t, "ipvsadm -A -s "), "word\ttwos\n")
	hint, server := hint("--tcp-service"), hint("--real-server")

	// In a network namespace that does not exist there is nothing.
	s.hasLinks = []link{{name: "wan0", addrs: []netip.Addr{netip.MustParseAddr("192.0.2.80")}}}
	entered := 0
	s.enter = func(word string) (*netns.Namespace, error) {
		entered++
		return nil, fs.ErrNotExist
	}
	require.Equal(t, server, s.completed(t, "ipvsadm -a -t 192.0.2.80:80 -r "))
	require.Equal(t, 1, entered)
	require.Equal(t, hint, s.completed(t, "ipvsadm -D -t "))
	require.Equal(t, hint, s.completed(t, "ipvsadm -A -t "))
	require.NotContains(t, s.completed(t, "ipvsadm --sysctl "), "conntrack")
	require.NotContains(t, s.completed(t, state), "wan0")
	s.enter = func(string) (*netns.Namespace, error) { return nil, nil }
	require.Contains(t, s.completed(t, state), "wan0")

	// The kernel breaks off.
	var reply error
	s.before = func(r request) error {
		if r.dump {
			return reply
		}
		return nil
	}
	require.Equal(t, "word\t192.0.2.80:80\twlc\n", s.completed(t, "ipvsadm -D -t "))
	reply = io.ErrUnexpectedEOF
	require.Equal(t, hint, s.completed(t, "ipvsadm -D -t "))
	m := &machine{ctx: t.Context(), sys: &s.system}
	require.Empty(t, m.Services(""))
	require.Empty(t, m.Destinations("", ipvsnl.ServiceKey{}))
	m.close()
	require.Zero(t, s.opened.Load())

	// No module is loaded: neither is IPVS asked for where it has no sysctls, nor is modprobe run.
	in.none = fs.ErrNotExist
	s.dial = func() (io.ReadWriteCloser, error) { panic("IPVS is asked for") }
	require.Equal(t, hint, s.completed(t, "ipvsadm -D -t "))
	require.Equal(t, server, s.completed(t, "ipvsadm -d -t 192.0.2.80:80 -r "))
	in.none = nil
	s.dial = func() (io.ReadWriteCloser, error) { return nil, fs.ErrPermission }
	require.Equal(t, hint, s.completed(t, "ipvsadm -D -t "))
	require.Zero(t, s.loads)
}

// A line of rules cannot be one.
func TestCompletionInRules(t *testing.T) {
	s := newTestSystem(t)
	require.Equal(t, result{stderr: "Illegal 'complete' option in a line of rules\n", code: 2}, s.input("--complete ipvsadm -\n", "ipvsadm -R"))
}

func TestAppendOffer(t *testing.T) {
	for _, word := range []string{"a\nb", "a\x1fb"} {
		require.Equal(t, "x\n", string(appendOffer([]byte("x\n"), &flags.Offer{Kind: flags.OfferWord, Word: word})))
	}
	require.Equal(t, "x\nword\ta b\n", string(appendOffer([]byte("x\n"), &flags.Offer{Kind: flags.OfferWord, Word: "a b"})))
}

// Files are those that the path begins; what is hidden only by its name.
func TestMachineFiles(t *testing.T) {
	dir := t.TempDir() + "/"
	for _, name := range []string{"one", "other", ".hidden"} {
		require.NoError(t, os.WriteFile(dir+name, nil, 0o600))
	}
	require.NoError(t, os.Mkdir(dir+"only", 0o700))
	require.NoError(t, os.Symlink(dir, dir+"link"))
	require.NoError(t, os.Symlink(dir+"none", dir+"broken"))
	m := &machine{}
	for prefix, want := range map[string][]string{
		"":     {"broken", "link/", "one", "only/", "other"},
		"on":   {"one", "only/"},
		".":    {".hidden"},
		"no/x": nil,
	} {
		for i := range want {
			want[i] = dir + want[i]
		}
		require.Equal(t, want, m.Files(dir+prefix), prefix)
	}
	t.Chdir(dir)
	require.Equal(t, []string{"./one", "./only/"}, m.Files("./on"))
	require.NotContains(t, m.Files("./"), filepath.Base(".hidden"))
}

// An address is that of the interface with its index, whatever the order. What belongs to none is left out.
func TestLinksOf(t *testing.T) {
	entry := func(index byte, attributes map[uint16][]byte) rtnetlink.Entry {
		header := make([]byte, 16)
		binary.NativeEndian.PutUint32(header[4:], uint32(index))
		return rtnetlink.Entry{Header: header, Attributes: attributes}
	}
	named := func(index byte, name string) rtnetlink.Entry {
		return entry(index, map[uint16][]byte{unix.IFLA_IFNAME: []byte(name + "\x00")})
	}
	addr := func(index byte, addr ...byte) rtnetlink.Entry {
		return entry(index, map[uint16][]byte{unix.IFA_ADDRESS: addr})
	}
	got := linksOf([]rtnetlink.Entry{named(7, "wan0"), named(3, "lan0"), named(5, "dmz0")},
		[]rtnetlink.Entry{addr(3, 192, 0, 2, 3), addr(7, 192, 0, 2, 7), addr(9, 192, 0, 2, 9), addr(7, 1), addr(3, 192, 0, 2, 4)})
	require.Equal(t, []link{
		{name: "wan0", index: 7, addrs: []netip.Addr{netip.MustParseAddr("192.0.2.7")}},
		{name: "lan0", index: 3, addrs: []netip.Addr{netip.MustParseAddr("192.0.2.3"), netip.MustParseAddr("192.0.2.4")}},
		{name: "dmz0", index: 5},
	}, got)
}

// The machine's own interfaces have at least that which every machine has.
func TestPlaceLinks(t *testing.T) {
	require.Empty(t, links(new(netns.Namespace)), "which cannot be entered")
	all := links(nil)
	require.NotEmpty(t, all)
	require.Contains(t, all[0].addrs, netip.MustParseAddr("127.0.0.1"))
	require.Equal(t, "lo", all[0].name)
}
