// SPDX-License-Identifier: Apache-2.0

package sysctls

import (
	"flag"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/documents"
)

var update = flag.Bool("update", false, "write the table into the documents")

// TestDocuments looks for the table in the manual and in docs/kernel.md; with -update, it writes it there.
func TestDocuments(t *testing.T) {
	documents.Check(t, []documents.Table{
		{File: "../../man/ipvsadm.8", Begin: ".\\\" The list is that of internal/sysctls.\n", End: ".\\\" Its end.\n", Text: manual()},
		{File: "../../docs/kernel.md", Begin: "| sysctl | default | what it does |\n|---|---|---|\n", End: "\nFor some, the", Text: page()},
	}, *update)
}

// manual returns the table as a list of the manual.
func manual() string {
	text := ".Bl -tag -width Ds\n"
	for i := range All {
		s := &All[i]
		text += ".It Va " + s.Name + " Pq " + s.Default + s.Depends + "\n" + documents.Fill(documents.Capital(s.Meaning)+".") + "\n"
	}
	return text + ".El\n"
}

// page returns the table as rows of Markdown.
func page() (text string) {
	for i := range All {
		s := &All[i]
		text += "| `" + s.Name + "` | " + s.Default + s.Depends + " | " + s.Meaning + " |\n"
	}
	return text
}
