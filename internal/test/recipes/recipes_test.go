// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

var (
	show   = flag.Bool("show", false, "show what is done, as a terminal would")
	record = flag.Bool("record", false, "write what commands print into the pages")
)

const pagesDir = "../../../docs/recipes"

func TestMain(m *testing.M) {
	pages, err := ReadPages(pagesDir)
	if err == nil {
		err = Fetch(pages)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	kernel.Main(m, "./cmd/ipvsadm")
}

// TestRecipes does what the pages say, in each of their ways. Those of another kernel are done where KERNEL names it.
func TestRecipes(t *testing.T) {
	pages, err := ReadPages(pagesDir)
	require.NoError(t, err)
	var out io.Writer
	if *show {
		out = os.Stdout
	}
	done := 0
	for _, page := range pages {
		if !page.isHere() {
			continue
		}
		done++
		for _, way := range page.Ways {
			t.Run(filepath.Join(page.Name, way), func(t *testing.T) {
				if *record { // for the run before this may have written it
					page, err = readPage(pagesDir, page.Name)
					require.NoError(t, err)
				}
				run := page.Start(t, way, out)
				run.record = *record
				run.Steps(t)
				run.save(t)
			})
		}
	}
	require.NotZero(t, done)
}

// save writes what was recorded. In an emulated machine, that is shown.
func (r *Run) save(t *testing.T) {
	t.Helper()
	if len(r.printed) == 0 {
		return
	}
	file := filepath.Join(pagesDir, r.page.Name+".md")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := r.recorded(string(text))
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o644))
	if r.page.Kernel != "" {
		fmt.Print(changed)
	}
}

// TestIndex looks for each page in the index.
func TestIndex(t *testing.T) {
	pages, err := ReadPages(pagesDir)
	require.NoError(t, err)
	index, err := os.ReadFile(filepath.Join(pagesDir, "README.md"))
	require.NoError(t, err)
	for _, page := range pages {
		require.Contains(t, string(index), "]("+page.Name+".md) |")
	}
}

// TestNames finds a page by a short name, which only it may have.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"direct-routing": "/^direct-routing$/",
		"dr":             "/^direct-routing$/",
		"dra":            "/^draining$/",
		"ftp":            "/^ftp$/",
		"schedulers-":    "/^schedulers-twos$/",
		"t":              "t may be tunnels two-directors\n",
		"nosuch":         "there is no recipe nosuch in docs/recipes; there are: boot changing-over ",
	} {
		cmd := exec.Command("../../../scripts/recipes", name)
		cmd.Env = append(os.Environ(), "GO=echo")
		out, err := cmd.CombinedOutput()
		require.Contains(t, string(out), want, name)
		require.Equal(t, strings.HasPrefix(want, "/"), err == nil, name)
	}
}
