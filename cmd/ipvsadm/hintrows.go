// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A hintText returns a hint, or "" if it has nothing to say about a problem.
type hintText func(context.Context, *hinter, *problem) string

// A hintRow is what can be said after a message: that of an error, or of a fault in the words.
type hintRow struct {
	kind  string
	err   error
	fault flags.Fault
	texts []hintText // the first that has something to say counts
}

// hintRows returns the hints after messages. They are made when the first is needed, so that no command starts later
// for them.
func hintRows() []hintRow {
	return []hintRow{
		{kind: "no command", fault: flags.NoCommand, texts: []hintText{laterCommand, nearestOption, anyCommand}},
		{kind: "nested", fault: flags.Nested, texts: says("lines of rules cannot restore")},
		{kind: "unknown option", fault: flags.UnknownOption, texts: []hintText{nearestOption}},
		{kind: "missing value", fault: flags.MissingValue, texts: []hintText{missingValue}},
		{kind: "no value", fault: flags.NoValue, texts: []hintText{noValue}},
		{kind: "bad value", fault: flags.BadValue, texts: []hintText{badValue}},
		{kind: "missing option", fault: flags.MissingOption, texts: []hintText{missingOption}},
		{kind: "stray word", fault: flags.StrayWord, texts: []hintText{otherDash, strayValue}},
		{kind: "stray file", fault: flags.StrayFile, texts: []hintText{strayFile}},
		{kind: "no address", fault: flags.NoAddress, texts: []hintText{onlyNumber}},
		{kind: "no host", fault: flags.NoHost, texts: []hintText{noHost}},
		{kind: "no IPv6 address", fault: flags.NoIPv6, texts: []hintText{noIPv6}},
		{kind: "brackets", fault: flags.Brackets, texts: []hintText{brackets}},
		{kind: "no port", fault: flags.NoPort, texts: []hintText{noPort}},
		{kind: "port missing", fault: flags.PortMissing, texts: []hintText{noBrackets, portZero, portInAddress, portMissing}},
		{kind: "other family", fault: flags.OtherFamily, texts: says("only with -i may a real server be of the other family")},
		{kind: "no tunnel", fault: flags.NoTunnel, texts: says("these options go with -i")},
		{kind: "mark first", fault: flags.MarkFirst, texts: says("-6 comes after the mark, as in -f 1 -6; an address needs none")},
		{kind: "flag of other", fault: flags.FlagOfOther, texts: []hintText{flagOfOther}},

		{kind: "service exists", err: ipvsnl.ErrServiceExists, texts: says("-E changes it, and -A accepts it with --ensure")},
		{kind: "no service", err: ipvsnl.ErrServiceNotFound, texts: []hintText{inKernel(otherServices), addService, inKernel(listServices)}},
		{kind: "no scheduler", err: ipvsnl.ErrSchedulerNotFound, texts: []hintText{schedulerOrEngine}},
		{kind: "server exists", err: ipvsnl.ErrDestinationExists, texts: says("-e changes it, and -a accepts it with --ensure")},
		{kind: "no server", err: ipvsnl.ErrDestinationNotFound, texts: []hintText{inKernel(otherServers)}},
		{kind: "daemon runs", err: ipvsnl.ErrDaemonRunning, texts: []hintText{stopDaemon}},
		{kind: "no daemon", err: ipvsnl.ErrDaemonNotRunning, texts: []hintText{inKernel(otherDaemon)}},
		{kind: "no interface", err: ipvsnl.ErrInterfaceNotFound, texts: []hintText{otherInterfaces}},
		{kind: "out of range", err: syscall.ERANGE, texts: []hintText{thresholds}},
		{kind: "invalid", err: syscall.EINVAL, texts: []hintText{notUnicast}},
		{kind: "not allowed", err: syscall.EPERM, texts: says("this takes root or, in a container, the capability NET_ADMIN")},
		{kind: "no IPVS", err: syscall.ENOPROTOOPT, texts: says("\"modprobe ip_vs\" loads it, or says why not; for a container, run it on the host")},
	}
}

// says returns a hint that always says the same.
func says(text string) []hintText {
	return []hintText{func(context.Context, *hinter, *problem) string { return text }}
}

// inKernel returns a hint about the kernel's table, which has nothing to say about lines that are only checked.
func inKernel(text hintText) hintText {
	return func(ctx context.Context, h *hinter, p *problem) string {
		if p.checked {
			return ""
		}
		return text(ctx, h, p)
	}
}

// An oddRow is what can be said after a change that was accepted with an oddity.
type oddRow struct {
	oddity flags.Oddities
	text   func(*ipvsnl.Change) string
}

// oddRows returns the hints after changes. One change gets one of them.
func oddRows() []oddRow {
	always := func(text string) func(*ipvsnl.Change) string { return func(*ipvsnl.Change) string { return text } }
	return []oddRow{
		{flags.MaskIgnored, always("-M has no effect without -p")},
		{flags.EngineIgnored, always("--pe has no effect without -p")},
		{flags.MaskTooEarly, always("-M has no effect before an IPv6 service: write it after the service")},
		{flags.MaskIsLength, maskIsLength},
		{flags.PortUnknown, always("with -r before the service, the port of the real server is 0: write the service first")},
		{flags.PortIgnored, portIgnored},
		{flags.PortInAddress, portOfServer},
	}
}
