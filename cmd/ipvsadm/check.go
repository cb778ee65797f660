// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/probe"
	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// exitFound is the exit code if something is broken or doubtful.
const exitFound = 1

// A checker runs --check. It changes nothing, not even by loading IPVS.
type checker struct {
	con    *console
	open   func(context.Context) (*ipvsnl.Client, error)
	tables func(*ipvsnl.Client) *tableReader
	lines  *lineParser
	around surroundings

	facts  check.Facts
	groups []probe.Group // of the daemons that run

	finWait time.Duration // the timeout of connections in FIN_WAIT; 0, as if they had just ended, if it is not known
}

// check runs --check.
func (r *runner) check(ctx context.Context, c *flags.Command) int {
	k := &checker{
		con: r.con, lines: r.lines, around: r.sys.surroundings(r.netns),
		open: func(ctx context.Context) (*ipvsnl.Client, error) { return r.sys.open(ctx, r.netns) },
		tables: func(client *ipvsnl.Client) *tableReader {
			return newTableReader(client, nil, &flags.Listing{Numeric: true})
		},
	}
	return k.check(ctx, c)
}

func (k *checker) check(ctx context.Context, c *flags.Command) int {
	checks := check.All
	if one := check.ByName(c.Checking.Name); one != nil {
		checks = []check.Check{*one, *check.ByName("unseen")}
	}
	if code := k.table(ctx, c); code != exitDone {
		return code
	}
	k.gather(check.NeedsOf(checks), c.Checking.Probe)
	found := check.Run(checks, &k.facts)
	if c.OneService {
		key := checkKey(c.Service)
		found = about(found, key)
		k.facts.Services = slices.DeleteFunc(k.facts.Services, func(s check.Service) bool { return s.Key != key })
	}
	write := format.AppendFindings
	if c.Listing.JSON {
		write = format.AppendFindingsJSON
	}
	b := write(nil, found)
	if !c.Listing.JSON {
		b = format.AppendChecked(b, &k.facts, found)
	}
	if code := k.con.print(b); code != exitDone || check.Passes(found) {
		return code
	}
	return exitFound
}

// table reads the rules on standard input or the kernel's table.
func (k *checker) table(ctx context.Context, c *flags.Command) (code int) {
	if isFile(k.con.in) {
		return k.rules()
	}
	client, err := k.open(ctx)
	if err == nil {
		defer client.Close()
		err = k.kernel(ctx, client, c)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return k.withoutRoot(c)
	case errors.Is(err, ipvsnl.ErrNoIPVS):
		k.con.complain("Can't initialize ipvs: " + message(unix.ENOPROTOOPT))
		return exitNoIPVS
	case err != nil:
		k.con.fails(err)
		return exitListing
	}
	return exitDone
}

// isFile reports whether rules come from a file. Nothing else is read, since whoever starts the command without thinking of
// its input may leave a pipe open, or have input in it that is meant for other commands; nor is a file of which others have
// read a part.
func isFile(in io.Reader) bool {
	f, _ := in.(*os.File)
	info, err := f.Stat() // of anything else, an error
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return err == nil && at == 0
}

// kernel reads the table of the kernel.
func (k *checker) kernel(ctx context.Context, client *ipvsnl.Client, c *flags.Command) error {
	info, err := client.Info(ctx)
	if err != nil {
		return err
	}
	k.facts.Buckets = int(info.ConnTableSize)
	if c.OneService {
		if _, err := client.Service(ctx, c.Service); err != nil {
			return err
		}
	}
	r := k.tables(client)
	services, err := r.services(ctx, &flags.Command{})
	if err == nil {
		err = r.each(ctx, services, func(s *ipvsnl.ServiceState, d []ipvsnl.DestinationState) error {
			found := serviceOf(&s.Service, d)
			found.Quiet = s.Stats.InPPS == 0
			k.facts.Services = append(k.facts.Services, found)
			return nil
		})
	}
	if err != nil {
		return err
	}
	timeouts, err := client.Timeouts(ctx)
	if err != nil {
		return err
	}
	k.finWait = timeouts.TCPFin
	daemons, err := client.Daemons(ctx)
	for i := range daemons {
		k.facts.Daemons = append(k.facts.Daemons, daemonOf(&daemons[i]))
		k.groups = append(k.groups, groupOf(&daemons[i]))
	}
	return err
}

// withoutRoot reads what the kernel shows to everybody.
func (k *checker) withoutRoot(c *flags.Command) (code int) {
	text, err := k.read("ip_vs")
	if errors.Is(err, fs.ErrNotExist) {
		err = unix.ENOPROTOOPT
	}
	if err != nil {
		k.con.complain("Can't initialize ipvs: " + message(err))
		return exitNoIPVS
	}
	k.facts.Services = servicesOf(text)
	k.facts.Buckets = bucketsOf(text)
	if c.OneService && !slices.ContainsFunc(k.facts.Services, func(s check.Service) bool { return s.Key == checkKey(c.Service) }) {
		k.con.fails(ipvsnl.ErrServiceNotFound)
		return exitListing
	}
	k.unseen("thresholds, counters, types of tunnels and sync daemons", unix.EPERM)
	return exitDone
}

// rules reads rules. A line that a kernel would refuse is a finding; one that is none is a fault.
func (k *checker) rules() (code int) {
	k.facts.Rules = true
	var wanted wantedLines
	lines := rulefile.NewReader(k.con.in)
	for {
		line, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			k.wanted(wanted.table())
			return code
		case err != nil:
			k.con.complain("cannot read: " + err.Error())
			return exitChange
		}
		err = k.lines.check(line, func(c *flags.Command) error {
			err := wanted.add(c)
			var refused *ipvsnl.Error
			if errors.As(err, &refused) {
				k.refused(line, &c.Change, refused)
				return nil
			}
			return err
		})
		if err != nil {
			k.con.complain(numbered(line, message(err)))
			code = flags.ExitFault
		}
	}
}

// refused notes a line that a kernel would refuse.
func (k *checker) refused(line rulefile.Line, c *ipvsnl.Change, err error) {
	d := &c.Destination
	refusal := check.Refusal{
		Subject: check.Subject{Service: checkKey(c.Service.Key), Server: d.Addr},
		Line:    line.Number, Text: line.Text, Reason: message(err),
	}
	if errors.Is(err, unix.ERANGE) {
		refusal.Upper, refusal.Lower = d.UpperThreshold, d.LowerThreshold
	}
	k.facts.Refused = append(k.facts.Refused, refusal)
}

// wanted takes what rules create.
func (k *checker) wanted(t *wantedTable) {
	for i := range t.entries {
		e := &t.entries[i]
		states := make([]ipvsnl.DestinationState, len(e.Destinations))
		for j := range e.Destinations {
			states[j].Destination = e.Destinations[j]
		}
		k.facts.Services = append(k.facts.Services, serviceOf(&e.Service, states))
	}
	for _, state := range []ipvsnl.DaemonState{ipvsnl.Master, ipvsnl.Backup} {
		if d := t.daemons[state]; d != nil {
			k.facts.Daemons = append(k.facts.Daemons, daemonOf(d))
		}
	}
}

// unseen notes what could not be looked at, and why: the first time.
func (k *checker) unseen(what string, err error) {
	if slices.ContainsFunc(k.facts.Unseen, func(u check.Unseen) bool { return u.What == what }) {
		return
	}
	k.facts.Unseen = append(k.facts.Unseen, check.Unseen{What: what, Why: message(err)})
}

// about returns the findings about a service, and those about none.
func about(all []check.Finding, key check.Key) (some []check.Finding) {
	for _, f := range all {
		whole := len(f.Subjects) == 0
		f.Subjects = slices.DeleteFunc(f.Subjects, func(s check.Subject) bool { return s.Service != key })
		if whole || len(f.Subjects) > 0 {
			some = append(some, f)
		}
	}
	return some
}
