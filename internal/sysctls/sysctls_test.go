// SPDX-License-Identifier: Apache-2.0

package sysctls

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every row is complete, and found by its name.
func TestTable(t *testing.T) {
	require.True(t, slices.IsSortedFunc(All, func(a, b Sysctl) int { return strings.Compare(a.Name, b.Name) }))
	for i := range All {
		s := &All[i]
		require.Same(t, s, ByName(s.Name))
		require.NotEmpty(t, s.Meaning, s.Name)
		require.Less(t, len(s.Meaning), 95, s.Name)
		require.Equal(t, s.Default == "", s.Depends != "", s.Name)
		require.Equal(t, s.Default == "", s.IsDefault != nil, s.Name)
		require.Equal(t, Clean(s.Default), s.Default)
	}
	for _, name := range []string{"", "conn", "conntrackx", "zzz", "aaa"} {
		require.Nil(t, ByName(name))
	}
}

func TestNewValue(t *testing.T) {
	m := Machine{Pages: 32 * 800, CPUs: "0-3"}
	for _, c := range []struct {
		name, value    string
		known, changed bool
	}{
		{"conntrack", "0", true, false},
		{"conntrack", "1", true, true},
		{"sync_threshold", "3 50", true, false},
		{"sync_threshold", "3 51", true, true},
		{"nosuch", "0", false, false},
		{"conn_max", "1073741824", true, false},
		{"conn_max", "16777216", true, false},
		{"conn_max", "1000", true, true},
		{"conn_lfactor", "-2", true, false},
		{"conn_lfactor", "-4", true, true},
		{"svc_lfactor", "-2", true, false},
		{"svc_lfactor", "-3", true, true},
		{"est_cpulist", "0-3", true, false},
		{"est_cpulist", "", true, true},
		{"sync_qlen_max", "800", true, false},
		{"sync_qlen_max", "700", true, false},
		{"sync_qlen_max", "801", true, true},
		{"sync_qlen_max", "699", true, true},
		{"sync_qlen_max", "x", true, true},
	} {
		v := NewValue(c.name, c.value, m)
		require.Equal(t, c.known, v.Known, "%+v", c)
		require.Equal(t, c.changed, v.Changed, "%+v", c)
		require.Equal(t, c.name, v.Name)
		require.Equal(t, c.value, v.Value)
		require.Equal(t, c.known, v.Meaning != "")
	}
	m.First = true
	for name, value := range map[string]string{"conn_lfactor": "-4", "svc_lfactor": "-3"} {
		require.False(t, NewValue(name, value, m).Changed, name)
		require.True(t, NewValue(name, "-2", m).Changed, name)
	}
}

func TestIs(t *testing.T) {
	for _, c := range []struct {
		name, given, printed string
		want                 bool
	}{
		{"conntrack", "1", "1", true},
		{"conntrack", " 1 ", "1", true},
		{"conntrack", "0x10", "16", true},
		{"conntrack", "010", "8", true},
		{"conntrack", "-1", "-1", true},
		{"conntrack", "1", "0", false},
		{"conntrack", "x", "x", false},
		{"conntrack", "7 7", "7", false},
		{"sync_threshold", "3 50", "3 50", true},
		{"sync_threshold", "7", "7 50", true},
		{"sync_threshold", "7 9", "7 50", false},
		{"est_cpulist", "0,1", "0-1", true},
		{"drop_entry", "1", "2", true},
		{"drop_packet", "2", "1", true},
		{"secure_tcp", "1", "2", true},
		{"secure_tcp", "1", "0", false},
		{"secure_tcp", "3", "2", false},
		{"sync_ports", "1", "2", false},
	} {
		require.Equal(t, c.want, Is(c.name, c.given, c.printed), "%+v", c)
	}
}

func TestClean(t *testing.T) {
	require.Equal(t, "3 50", Clean("3\t50\n"))
	require.Equal(t, "", Clean("\n"))
}
