// SPDX-License-Identifier: Apache-2.0

package nearest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTo(t *testing.T) {
	all := strings.Fields("list rr wrr lc wlc persistent-conn persistent real-server add-server add-service")
	for word, want := range map[string]string{
		"list":            "list",
		"lst":             "list",
		"lits":            "list",
		"lisst":           "list",
		"fist":            "list",
		"lis":             "list",
		"li":              "", // list or lc
		"l":               "", // one letter is nothing to go by
		"":                "",
		"lisp-x":          "",
		"tsil":            "",
		"wrrr":            "wrr",
		"wr":              "", // rr or wrr
		"rrr":             "", // rr or wrr
		"wlcc":            "wlc",
		"persistent":      "persistent",
		"persistent-c":    "persistent-conn",
		"presistant":      "persistent",
		"add-s":           "",
		"add-serv":        "",
		"add-servre":      "add-server",
		"real-servers":    "real-server",
		"ral-sever":       "real-server",
		"quite different": "",
	} {
		require.Equal(t, want, To(word, all), word)
	}
}

func TestDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"", ""}: 0, {"", "ab"}: 2, {"ab", ""}: 2, {"ab", "ab"}: 0, {"ab", "ba"}: 1, {"abc", "bac"}: 1, {"abc", "cab"}: 2,
		{"kitten", "sitting"}: 3, {"abcd", "acbd"}: 1, {"aXb", "ab"}: 1,
	} {
		require.Equal(t, want, distance(pair[0], pair[1]), pair)
	}
}
