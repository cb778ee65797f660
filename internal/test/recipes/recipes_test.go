// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

var show = flag.Bool("show", false, "show what is done, as a terminal would")

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
			t.Run(filepath.Join(page.Name, way), func(t *testing.T) { page.Start(t, way, out).Steps(t) })
		}
	}
	require.NotZero(t, done)
}
