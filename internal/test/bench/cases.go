// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
)

// A benchCase is something that both programs are timed at.
type benchCase struct {
	name, title string
	runs        int // of each program, unless told otherwise
	needs       size
	commands    [][]string
	ours        [][]string // what ours runs instead, if the reference can only do something like it
	restores    bool       // the commands read the table that it needs
	conns       int        // entries of the connection table; 0 for the kernel's own
}

// A size is a table's: services, and real servers of each.
type size struct{ services, servers int }

var (
	empty = size{}
	small = size{1_000, 10}
	large = size{10_000, 10}
	named = size{100, 9} // 1,000 addresses
)

func (s size) String() string { return fmt.Sprintf("%s × %d", thousands(s.services), s.servers) }

// cases are in the order that changes the table least.
var cases = []benchCase{
	{name: "oneshot", title: "30 one-shot commands", runs: 7, commands: oneShots()},
	{name: "restore1k", title: "`-R`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-R"}}, restores: true},
	{name: "ln1k", title: "`-Ln`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-Ln"}}},
	{name: "sn1k", title: "`-Sn`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-Sn"}}},
	{name: "stats1k", title: "`-Ln --stats`, 1,000 × 10", runs: 5, needs: small, commands: [][]string{{"-Ln", "--stats"}}},
	{name: "restore10k", title: "`-R`, 10,000 × 10", runs: 2, needs: large, commands: [][]string{{"-R"}}, restores: true},
	{name: "ln10k", title: "`-Ln`, 10,000 × 10", runs: 3, needs: large, commands: [][]string{{"-Ln"}}},
	{name: "sn10k", title: "`-Sn`, 10,000 × 10", runs: 3, needs: large, commands: [][]string{{"-Sn"}}},
	{name: "stats10k", title: "`-Ln --stats`, 10,000 × 10", runs: 3, needs: large, commands: [][]string{{"-Ln", "--stats"}}},
	{name: "conns", title: "`-Lnc`, 1,000,000 connections", runs: 3, commands: [][]string{{"-Lnc"}}, conns: 1_000_000},
	{name: "count", title: "`-Lnc --count` of these, against `-Lnc`", runs: 3, needs: small, commands: [][]string{{"-Lnc"}},
		ours: [][]string{{"-Lnc", "--count"}}, conns: 1_000_000},
	{name: "filter", title: "`-Lnc -t 10.0.0.1:443` of these, against `-Lnc`", runs: 3, needs: small, commands: [][]string{{"-Lnc"}},
		ours: [][]string{{"-Lnc", "-t", "10.0.0.1:443"}}, conns: 1_000_000},
	{name: "names", title: "`-L`, 1,000 names, 10 ms each", runs: 3, needs: named, commands: [][]string{{"-L"}}},
}

// oneShots returns commands as scripts run them, one process each.
func oneShots() [][]string {
	var commands [][]string
	for n := range 5 {
		service := []string{"-t", ipv4(10, n) + ":80"}
		for _, words := range [][]string{
			{"-A", "-s", "wrr"},
			{"-a", "-r", "20.0.0.1:8080", "-m"},
			{"-a", "-r", "20.0.0.2:8080", "-m", "-w", "2"},
			{"-Ln"},
			{"-e", "-r", "20.0.0.2:8080", "-m", "-w", "0"},
			{"-D"},
		} {
			if words[0] != "-Ln" {
				words = slices.Insert(words, 1, service...)
			}
			commands = append(commands, words)
		}
	}
	return commands
}

// chooseCases returns the cases that a comma-separated list names; all if it is empty.
func chooseCases(list string) ([]benchCase, error) {
	if list == "" {
		return cases, nil
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
