// SPDX-License-Identifier: Apache-2.0

package check

import (
	"flag"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/documents"
)

var update = flag.Bool("update", false, "write the table into the documents")

// TestDocuments looks for the table in the manual and in docs/check.md; with -update, it writes it there.
func TestDocuments(t *testing.T) {
	documents.Check(t, []documents.Table{
		{File: "../../man/ipvsadm.8", Begin: ".\\\" The list is that of internal/check.\n", End: ".\\\" Its end.\n", Text: manual()},
		{File: "../../docs/check.md", Begin: "| check | worst | what is wrong | what the command does |\n|---|---|---|---|\n", End: "\nWhat cannot", Text: page()},
	}, *update)
}

// manual returns the table as a list of the manual.
func manual() string {
	text := ".Bl -tag -width Ds\n"
	for i := range All {
		c := &All[i]
		text += ".It Cm " + c.Name + " Pq " + c.Worst.String() + "\n" + documents.Fill(documents.Capital(c.Meaning)+".") + "\n"
		if c.Mend != "" {
			text += documents.Fill("The command "+c.Mend+".") + "\n"
		}
	}
	return text + ".El\n"
}

// page returns the table as rows of Markdown.
func page() (text string) {
	for i := range All {
		c := &All[i]
		text += "| `" + c.Name + "` | " + c.Worst.String() + " | " + c.Meaning + " | " + c.Mend + " |\n"
	}
	return text
}
