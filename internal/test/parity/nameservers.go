// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The name servers of a place.
const (
	answering = "127.0.0.1" // has nameRecords, denies what else is in their zones, refuses the rest
	silent    = "127.0.0.2" // takes questions and says nothing
	closed    = "127.0.0.3" // does not exist, and the kernel says so
)

// nameRecords are what the name server knows, as options of dnsmasq.
var nameRecords = []string{
	"local=/test/", "local=/2.0.192.in-addr.arpa/", "local=/8.b.d.0.1.0.0.2.ip6.arpa/",
	"host-record=web.test,192.0.2.1,2001:db8::1",
	"host-record=db.test,10.0.0.1,2001:db8::a",
	"host-record=www.sub.test,198.51.100.7",
	"host-record=six.test,2001:db8::6",
	"host-record=twice.test,192.0.2.31", "host-record=twice.test,192.0.2.7",
	"host-record=short,192.0.2.3",
	"host-record=a-long-name-that-goes-on-and-on.in-a-long-domain.of-many-words.test,192.0.2.4,2001:db8::4",
	"cname=alias.test,web.test",
	"cname=broken.test,nothing.test",
	"address=/wild.test/192.0.2.44",
	"host-record=inner.test,192.0.2.46", // not in any hosts file, as it is part of IPv6 addresses
	"ptr-record=8.2.0.192.in-addr.arpa,Upper.Case.Test",
	"ptr-record=9.2.0.192.in-addr.arpa,under_score.test",
	"ptr-record=10.2.0.192.in-addr.arpa,first.test", "ptr-record=10.2.0.192.in-addr.arpa,second.test",
	"ptr-record=12.2.0.192.in-addr.arpa,x",
	"ptr-record=13.2.0.192.in-addr.arpa,1.2.3.4", // of no generated case
}

// manyAddresses is a name with more addresses than a datagram has room for.
const manyAddresses = "many.test"

// startNameServers starts the name servers of the place, which run until the test ends.
func (p *place) startNameServers(t testing.TB) {
	t.Helper()
	pidFile := p.files.root + "/dnsmasq.pid"
	args := []string{"dnsmasq", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--group=root",
		"--bind-interfaces", "--listen-address=" + answering, "--log-facility=/dev/null", "--no-round-robin", "--pid-file=" + pidFile}
	for _, record := range nameRecords {
		args = append(args, "--"+record)
	}
	for i := range 60 {
		args = append(args, fmt.Sprintf("--host-record=%s,10.9.0.%d", manyAddresses, i+1))
	}
	var errs [2]error
	p.Do(func() {
		// It goes into the background once it listens.
		var stderr bytes.Buffer
		cmd := &exec.Cmd{Path: "/usr/sbin/dnsmasq", Args: args, Stderr: &stderr}
		if err := cmd.Run(); err != nil {
			errs[0] = fmt.Errorf("dnsmasq: %w: %s", err, stderr.String())
		}
		errs[1] = p.listenInSilence()
	})
	for _, err := range errs {
		if err != nil {
			t.Fatal("starting a name server: ", err)
		}
	}
	t.Cleanup(func() {
		text, err := os.ReadFile(pidFile)
		if err != nil {
			t.Error(err)
			return
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil {
			err = unix.Kill(pid, unix.SIGTERM)
		}
		if err != nil {
			t.Error("stopping dnsmasq:", err)
		}
	})
}

// listenInSilence opens the socket of the silent name server, which lasts as long as this process.
func (p *place) listenInSilence() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrInet4{Port: 53, Addr: [4]byte{127, 0, 0, 2}}))
}
