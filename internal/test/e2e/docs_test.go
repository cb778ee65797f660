// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// docSection returns a section of a document of the project.
func docSection(t *testing.T, file, title string) string {
	t.Helper()
	_, section, ok := strings.Cut(docText(t, file), "\n## "+title+"\n")
	require.True(t, ok, "%s has no section %q", file, title)
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// docText returns a document.
func docText(t *testing.T, file string) string {
	t.Helper()
	root, err := kernel.Root()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	return string(text)
}

// docCommands returns the commands of a section, by the comments before them.
func docCommands(t *testing.T, file, title string) map[string]string {
	t.Helper()
	_, block, _ := strings.Cut(docSection(t, file, title), "\n```sh\n")
	block, _, _ = strings.Cut(block, "\n```\n")
	commands := map[string]string{}
	comment := ""
	for line := range strings.Lines(block + "\n") {
		if text, ok := strings.CutPrefix(line, "# "); ok {
			comment, _, _ = strings.Cut(strings.TrimSpace(text), ";")
			continue
		}
		commands[comment] += line
	}
	return commands
}

// TestQuestions runs the commands of docs/json.md that answer questions with jq.
func TestQuestions(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "-p 600", ":8080")
	n.set(t, `-e -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 0
-A -t [fd00:1::100]:80 -s rr
-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m
-A -f 7 -s rr
-a -f 7 -r 10.2.0.12 -m -w 0
-A -f 8 -6 -s rr`)
	for _, from := range []string{client1, client1, client2} {
		defer n.dial(t, from, vip, 80).Close()
	}
	defer n.dial(t, client6, vip6, 80).Close()
	want := map[string]string{
		"Real servers that receive no new connections":            "10.2.0.12:8080\n10.2.0.12:0\n",
		"Active connections of all services":                      "4\n",
		"The busiest service":                                     `{"protocol":"TCP","address":"10.1.0.100","port":80,"mark":null}` + "\n",
		"Services without a real server that accepts connections": `{"protocol":null,"address":null,"port":null,"mark":7}` + "\n" + `{"protocol":null,"address":null,"port":null,"mark":8}` + "\n",
		"What keeps traffic from servers, and the commands that would mend it": "the service has no server: no command is known\n" +
			"all servers have weight 0: ipvsadm -e --keep -f 7 -r 10.2.0.12:0 -w 1\n",
		"Connections of each client, the busiest first": `[2,"10.1.0.2"]` + "\n" + `[1,"fd00:1::2"]` + "\n" + `[1,"10.1.0.3"]` + "\n",
	}
	commands := docCommands(t, "docs/json.md", "Examples")
	for question := range want {
		require.NotEmpty(t, commands[question], "docs/json.md does not answer %q", question)
	}
	for question, command := range commands {
		t.Run(question, func(t *testing.T) { n.answers(t, command, want[question]) })
	}
}

// answers runs a command of the shell until it prints what is wanted: the kernel takes seconds to work its rates out.
func (n *network) answers(t *testing.T, command, want string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		got := n.director.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-ec", command},
			Env: []string{"PATH=" + filepath.Dir(program()) + ":" + os.Getenv("PATH")}})
		if got == (kernel.Result{Stdout: want}) {
			return
		}
		if got.Stderr != "" || time.Now().After(end) {
			t.Fatalf("%s printed %+v, want\n%s", command, got, want)
		}
	}
}
