// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// emptyTable is the connection table of a kernel without connections.
const emptyTable = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"

// notInMemory are the golden cases that need more than a table in memory.
var notInMemory = []string{
	"names-*", "*-names", "conns-engine", "list-one-service", "list-options-without-effect", // names of the case's own /etc
	"server-addresses", "service-bracketed-ipv4",
	"conns-kernel", "traffic-*", // packets
	"conns-none", "restore-carriage-returns", "restore-no-final-newline", // other programs
	"daemon-interface*", "server-ports", "server-thresholds", "service-netmask", // the kernel's own checks and defaults
	"list-order-servers-families", // and order
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../testdata/golden/*.txt")
	require.NoError(t, err)
	played := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if slices.ContainsFunc(notInMemory, func(p string) bool {
			ok, err := path.Match(p, name)
			require.NoError(t, err)
			return ok
		}) {
			continue
		}
		played++
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			playGolden(t, archive)
		})
	}
	require.Greater(t, played, 100)
}

func playGolden(t *testing.T, archive *txtar.Archive) {
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	s := newTestSystem(t)
	s.connTable = emptyTable
	var got strings.Builder
	for line := range strings.Lines(string(archive.Comment)) {
		words := unquote(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "conntable":
			s.connTable = files[words[1]]
		case "ipvsadm":
			input := ""
			last := words[len(words)-1]
			fmt.Fprint(&got, "$ ", line)
			if name, ok := strings.CutPrefix(last, "<"); ok {
				words, input = words[:len(words)-1], files[name]
			}
			var stdout, stderr bytes.Buffer
			code := s.run(words, strings.NewReader(input), &stdout, &stderr)
			got.Write(stdout.Bytes())
			for line := range strings.Lines(stderr.String()) {
				got.WriteString("2> " + line)
			}
			if code != 0 {
				fmt.Fprintf(&got, "[exit %d]\n", code)
			}
		}
	}
	require.Equal(t, files["want"], got.String())
}

// unquote returns the words of a line of a case. A word may have a part in quotes, and in
// that a quote is written twice.
func unquote(line string) (words []string) {
	var word strings.Builder
	started, quoted := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'' && quoted && i+1 < len(line) && line[i+1] == '\'':
			word.WriteByte(c)
			i++
		case c == '\'':
			started, quoted = true, !quoted
		case !quoted && c == '#' && !started:
			return words
		case !quoted && strings.IndexByte(" \t\n", c) >= 0:
			if started {
				words = append(words, word.String())
				word.Reset()
			}
			started = false
		default:
			started = true
			word.WriteByte(c)
		}
	}
	return words
}
