// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A benchCase is something that both programs are timed at.
type benchCase struct {
	name, title string
	runs        int // of each program, unless told otherwise
	needs       size
	commands    [][]string
	ours        [][]string // what ours runs instead, if the reference can only do something like it
	restores    bool       // the commands read the table that it needs
	conns       int        // entries of a file that is laid over the kernel's connection table
	real        int        // connections that the kernel has
	surrounded  bool       // the director has routes to all addresses of the table
	floors      []floor    // what the commands ask the kernel for at least, unless it is clear from what else is here
	onDemand    bool       // only if it is named
}

// A size is a table's: services, and real servers of each.
type size struct{ services, servers int }

var (
	empty = size{}
	small = size{1_000, 10}
	large = size{10_000, 10}
	named = size{100, 9} // 1,000 addresses

	connected = size{-1, 0} // a service with real connections
)

func (s size) String() string { return fmt.Sprintf("%s × %d", thousands(s.services), s.servers) }

// cases are in the order that changes the table least.
var cases = []benchCase{
	{name: "oneshot", title: "30 one-shot commands", runs: 7, commands: commandsOf(oneShots()), floors: floorsOf(oneShots())},
	{name: "restore1k", title: "`-R`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-R"}}, restores: true},
	{name: "ln1k", title: "`-Ln`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-Ln"}}, floors: list},
	{name: "sn1k", title: "`-Sn`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-Sn"}}, floors: list},
	{name: "stats1k", title: "`-Ln --stats`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-Ln", "--stats"}}, floors: list},
	{name: "check1k", title: "`--check`, 1,000 × 10, against `-Ln`", runs: 5, needs: small, commands: [][]string{{"-Ln"}},
		ours: [][]string{{"--check"}}, surrounded: true, floors: list},
	{name: "restore10k", title: "`-R`, 10,000 × 10", runs: 2, needs: large, commands: [][]string{{"-R"}}, restores: true},
	{name: "ln10k", title: "`-Ln`, 10,000 × 10", runs: 3, needs: large, commands: [][]string{{"-Ln"}}, floors: list},
	{name: "sn10k", title: "`-Sn`, 10,000 × 10", runs: 3, needs: large, commands: [][]string{{"-Sn"}}, floors: list},
	{name: "stats10k", title: "`-Ln --stats`, 10,000 × 10", runs: 3, needs: large, commands: [][]string{{"-Ln", "--stats"}}, floors: list},
	{name: "names", title: "`-L`, 1,000 names, 10 ms each", runs: 3, needs: named, commands: [][]string{{"-L"}}, floors: list},
	{name: "conns20k", title: "`-Lnc`, 20,000 connections", runs: 3, commands: [][]string{{"-Lnc"}}, real: 20_000},
	{name: "conns100k", title: "`-Lnc`, 100,000 connections", runs: 1, commands: [][]string{{"-Lnc"}}, real: 100_000},
	{name: "conns500k", title: "`-Lnc`, 500,000 connections", runs: 1, commands: [][]string{{"-Lnc"}}, real: 500_000, onDemand: true},
	{name: "conns", title: "`-Lnc`, 1,000,000 connections in a file over `/proc`", runs: 3, commands: [][]string{{"-Lnc"}}, conns: 1_000_000},
	{name: "count", title: "`-Lnc --count` of these, against `-Lnc`", runs: 3, needs: small, commands: [][]string{{"-Lnc"}},
		ours: [][]string{{"-Lnc", "--count"}}, conns: 1_000_000},
	{name: "filter", title: "`-Lnc -t 10.0.0.1:443` of these, against `-Lnc`", runs: 3, needs: small, commands: [][]string{{"-Lnc"}},
		ours: [][]string{{"-Lnc", "-t", "10.0.0.1:443"}}, conns: 1_000_000},
}

// list is the floor of a single listing.
var list = []floor{listing}

// A oneShot is a command as scripts run it, in a process of its own.
type oneShot struct {
	words []string
	floor floor
}

func oneShots() []oneShot {
	var all []oneShot
	for n := range 5 {
		service := ipv4(10, n) + ":80"
		key := serviceKey(service)
		one, two, gone := server("20.0.0.1:8080", 1), server("20.0.0.2:8080", 2), server("20.0.0.2:8080", 0)
		for _, c := range []oneShot{
			{[]string{"-A", "-s", "wrr"}, making(ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "wrr"}))},
			{[]string{"-a", "-r", "20.0.0.1:8080", "-m"}, making(ipvsnl.AddDestination(key, one))},
			{[]string{"-a", "-r", "20.0.0.2:8080", "-m", "-w", "2"}, making(ipvsnl.AddDestination(key, two))},
			{[]string{"-Ln"}, listing},
			{[]string{"-e", "-r", "20.0.0.2:8080", "-m", "-w", "0"}, making(ipvsnl.SetDestination(key, gone))},
			{[]string{"-D"}, making(ipvsnl.DeleteService(key))},
		} {
			if c.words[0] != "-Ln" {
				c.words = slices.Insert(c.words, 1, "-t", service)
			}
			all = append(all, c)
		}
	}
	return all
}

func commandsOf(shots []oneShot) (commands [][]string) {
	for _, s := range shots {
		commands = append(commands, s.words)
	}
	return commands
}

func floorsOf(shots []oneShot) (floors []floor) {
	for _, s := range shots {
		floors = append(floors, s.floor)
	}
	return floors
}

// chooseCases returns the cases that a comma-separated list names. If it is empty, these are all but those on demand.
func chooseCases(list string) ([]benchCase, error) {
	if list == "" {
		return slices.DeleteFunc(slices.Clone(cases), func(c benchCase) bool { return c.onDemand }), nil
	}
	names := strings.Split(list, ",")
	var chosen []benchCase
	for _, c := range cases {
		if slices.Contains(names, c.name) {
			chosen = append(chosen, c)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(cases, func(c benchCase) bool { return c.name == name }) {
			return nil, fmt.Errorf("no case %q", name)
		}
	}
	return chosen, nil
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
