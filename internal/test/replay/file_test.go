// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// files are the recordings there are.
func files(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("../../../pkg/ipvsnl/testdata/*.txt")
	if err != nil || len(all) == 0 {
		t.Fatal("no recordings: ", err)
	}
	return all
}

// TestSave checks that a recording is saved as it was loaded.
func TestSave(t *testing.T) {
	for _, file := range files(t) {
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		x, err := Load(file)
		require.NoError(t, err)
		about, _, _ := strings.Cut(strings.TrimPrefix(string(want), "# "), "\n")
		again := filepath.Join(t.TempDir(), "again.txt")
		require.NoError(t, x.Save(again, about))
		if got, err := os.ReadFile(again); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: saved as\n%s%v", file, got, err)
		}
	}
}

// TestTurn checks that the bytes of numbers, and no others, change places.
func TestTurn(t *testing.T) {
	x, err := parse(`
> request
68000000 20000500 0100000000000000 # an IPv4 service
 01010000
 54000180
  06000100 0200 0000  06000200 0600 0000
  14000300 c0000201000000000000000000000000
  06000400 0050 0000  08000600 776c6300
  0c000700 01000000ffffffff  08000800 68010000  08000900 ffffff00
< reply
24000000 02000001 0100000000000000 efffffff 68000000 20000500 0100000000000000
2c000000 20000200 0100000000000000 01010000 18000100 06000100 0a00 0000  08000900 40000000 04000b00
14000000 03000200 0100000000000000 00000000
`)
	require.NoError(t, err)
	little := x.clone()
	x.turn(binary.LittleEndian)
	big, err := parse(`
> request
00000068 00200005 0000000100000000
 01010000
 00548001
  00060001 0002 0000  00060002 0006 0000
  00140003 c0000201000000000000000000000000
  00060004 0050 0000  00080006 776c6300
  000c0007 00000001ffffffff  00080008 00000168  00080009 ffffff00
< reply
00000024 00020100 0000000100000000 ffffffef 00000068 00200005 0000000100000000
0000002c 00200002 0000000100000000 01010000 00180001 00060001 000a 0000  00080009 00000040 0004000b
00000014 00030002 0000000100000000 00000000
`)
	require.NoError(t, err)
	equal(t, x, big)
	x.turn(binary.BigEndian)
	equal(t, x, little)
}

func equal(t *testing.T, got, want Exchange) {
	t.Helper()
	require.Equal(t, want.Request, got.Request)
	if got, want := bytes.Join(got.Replies, nil), bytes.Join(want.Replies, nil); !bytes.Equal(got, want) {
		t.Errorf("replies\n%x\nwant\n%x", got, want)
	}
}

func TestParseFails(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "0 messages, want a request and its replies",
		"> request\n01":     "1 messages, want a request and its replies",
		"01":                "line 1: bytes of no message",
		"> request\n0g # x": "line 2: encoding/hex: invalid byte: U+0067 'g'",
	} {
		if _, err := parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	if _, err := Load("nosuch"); err == nil {
		t.Error("a missing file was loaded")
	}
}
