// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

func TestUnwrap(t *testing.T) {
	for _, c := range []struct {
		name  string
		words []string
		want  Wrapped
	}{
		{"save", nil, Wrapped{Words: []string{"--save"}}},
		{"save", []string{"-n"}, Wrapped{Words: []string{"--save", "-n"}}},
		{"save", []string{"-n", "-n"}, Wrapped{Words: []string{"--save", "-n"}}},
		{"save", []string{"-n", "FILE"}, Wrapped{Words: []string{"--save", "-n"}, Ignored: []string{"FILE"}}},
		{"save", []string{"", "a b", "–n", "-n", "+n", "\xff"},
			Wrapped{Words: []string{"--save", "-n"}, Ignored: []string{"", "a b", "–n", "+n", "\xff"}}},
		{"save", []string{">", "/etc/rules"}, Wrapped{Words: []string{"--save"}, Ignored: []string{">", "/etc/rules"}}},
		{"save", []string{"--all", "x", "--netns", "-n", "-n", "--netns=b"},
			Wrapped{Words: []string{"--save", "--all", "--netns", "-n", "-n", "--netns=b"}, Ignored: []string{"x"}}},
		{"save", []string{"-t", "-h", "--thresholds", "--timeout", "--daemon"},
			Wrapped{Words: []string{"--save", "-t", "-h", "--thresholds", "--timeout", "--daemon"}}},
		{"save", []string{"-t192.0.2.1:80", "--udp-service=192.0.2.1:53"},
			Wrapped{Words: []string{"--save", "-t192.0.2.1:80", "--udp-service=192.0.2.1:53"}}},
		{"save", []string{"-f", "7", "-6"}, Wrapped{Words: []string{"--save", "-f", "7", "-6"}}},
		{"save", []string{"-6f", "7", "x"}, Wrapped{Words: []string{"--save", "-6f", "7"}, Ignored: []string{"x"}}},
		// Parse finds what is wrong with them.
		{"save", []string{"-t"}, Wrapped{Words: []string{"--save", "-t"}}},
		{"save", []string{"--all=1", "x"}, Wrapped{Words: []string{"--save", "--all=1"}, Ignored: []string{"x"}}},

		{"restore", nil, Wrapped{Words: []string{"--restore"}}},
		{"restore", []string{"-n"}, Wrapped{Words: []string{"--restore"}, Ignored: []string{"-n"}}},
		{"restore", []string{"-p", "-f"}, Wrapped{Words: []string{"--restore"}, Ignored: []string{"-p", "-f"}}},
		{"restore", []string{"-v", "--version", "-hn", "-6", "--sort", "--numeric", "-R", "--", "-"},
			Wrapped{Words: []string{"--restore"}, Ignored: []string{"-v", "--version", "-hn", "-6", "--sort", "--numeric", "-R", "--", "-"}}},
		{"restore", []string{"--replace", "--dry-run", "--netns", "x"},
			Wrapped{Words: []string{"--restore", "--replace", "--dry-run", "--netns", "x"}}},
		{"restore", []string{"--netns"}, Wrapped{Words: []string{"--restore", "--netns"}}},
		{"restore", []string{"--replace=yes"}, Wrapped{Words: []string{"--restore", "--replace=yes"}}},
		{"restore", []string{"FILE"}, Wrapped{Words: []string{"--restore"}, File: "FILE"}},
		{"restore", []string{"–n"}, Wrapped{Words: []string{"--restore"}, File: "–n"}},
		{"restore", []string{"-n", "FILE", "-f"}, Wrapped{Words: []string{"--restore"}, File: "FILE", Ignored: []string{"-n", "-f"}}},
		{"restore", []string{"--netns", "x", "FILE", "--replace"},
			Wrapped{Words: []string{"--restore", "--netns", "x", "--replace"}, File: "FILE"}},
		{"restore", []string{"<", "FILE"}, Wrapped{Words: []string{"--restore"}, File: "FILE"}},
		{"restore", []string{"<FILE"}, Wrapped{Words: []string{"--restore"}, File: "FILE"}},
		{"restore", []string{"-n", "<", "--replace", "FILE"},
			Wrapped{Words: []string{"--restore", "--replace"}, File: "FILE", Ignored: []string{"-n"}}},
		// Which of two would be the file is not known, and an empty name is none.
		{"restore", []string{"a", "-n", "b"}, Wrapped{Words: []string{"--restore"}, Ignored: []string{"a", "-n", "b"}}},
		{"restore", []string{"<", "a", "b"}, Wrapped{Words: []string{"--restore"}, Ignored: []string{"<", "a", "b"}}},
		{"restore", []string{"a", "<"}, Wrapped{Words: []string{"--restore"}, Ignored: []string{"a", "<"}}},
		{"restore", []string{"<"}, Wrapped{Words: []string{"--restore"}, Ignored: []string{"<"}}},
		{"restore", []string{""}, Wrapped{Words: []string{"--restore"}, Ignored: []string{""}}},
	} {
		got, err := WrapperOf("ipvsadm-" + c.name).Unwrap(c.words)
		require.NoError(t, err, "%s %q", c.name, c.words)
		require.Empty(t, cmp.Diff(c.want, got, cmpopts.EquateEmpty()), "%s %q", c.name, c.words)
	}
}

// TestWrapperRefuses checks the words that are answered with the usage.
func TestWrapperRefuses(t *testing.T) {
	const save = "ipvsadm-save: Script to save the IPVS table to stdout.\n" +
		"Usage: ipvsadm-save [-n] [--sysctl] [SERVICE] [--timeout] [--daemon]\n" +
		"                    [--thresholds] [--ipv4] [--vip ADDRESS[/LEN]] [--marks]\n" +
		"                    [--all] [--stable] [--netns NAME]\n"
	const restore = "ipvsadm-restore: Replace the IPVS table with the rules in FILE or on stdin.\n" +
		"Usage: ipvsadm-restore [--replace] [--only] [--dry-run] [--wait SECONDS]\n" +
		"                       [--netns NAME] [FILE]\n"
	const manual = "The manual is ipvsadm-save(8)."
	saveHelp := save + WrapperOf("ipvsadm-save").help() + manual
	restoreHelp := restore + WrapperOf("ipvsadm-restore").help() + "The manual is ipvsadm-restore(8)."
	for _, c := range []struct{ name, words, want string }{
		{"save", "-h", saveHelp},
		{"save", "-n FILE --help", saveHelp},
		{"restore", "-h", restoreHelp},
		{"restore", "-n FILE --help", restoreHelp},
		{"save", "-c", save + manual + "\nipvsadm-save: unknown option \"-c\""},
		{"save", "-v", save + manual + "\nipvsadm-save: unknown option \"-v\""},
		{"save", "--version", save + manual + "\nipvsadm-save: unknown option \"--version\""},
		{"save", "-S", save + manual + "\nipvsadm-save: unknown option \"-S\""},
		{"save", "--numeric", save + manual + "\nipvsadm-save: unknown option \"--numeric\""},
		{"save", "--stats", save + manual + "\nipvsadm-save: unknown option \"--stats\""},
		{"save", "--sort", save + manual + "\nipvsadm-save: unknown option \"--sort\""},
		{"save", "-n -nn", save + manual + "\nipvsadm-save: unknown option \"-nn\""},
		{"save", "-n=1", save + manual + "\nipvsadm-save: unknown option \"-n=1\""},
		{"save", "-n\u200b", save + manual + "\nipvsadm-save: unknown option \"-n\\u200b\""},
		{"save", "-6n", save + manual + "\nipvsadm-save: unknown option \"-6n\""},
		{"save", "FILE -q", save + manual + "\nipvsadm-save: unknown option \"-q\""},
		{"save", "-", save + manual + "\nipvsadm-save: unknown option \"-\""},
		{"save", "--", save + manual + "\nipvsadm-save: unknown option \"--\""},
		{"save", "-- --all", save + manual + "\nipvsadm-save: unknown option \"--\""},
		{"save", "- --all", save + manual + "\nipvsadm-save: unknown option \"-\""},
	} {
		_, err := WrapperOf("ipvsadm-" + c.name).Unwrap(strings.Fields(c.words))
		require.Equal(t, &Error{Text: c.want, Exit: ExitUsage, Ends: true}, err, "%s %s", c.name, c.words)
	}
}

// TestWrapperHelp compares the options in the help of a wrapper with those that it takes, and shows what some of them do.
func TestWrapperHelp(t *testing.T) {
	for name, want := range map[string][]string{
		"ipvsadm-save": {
			"  -n                           with numeric addresses and ports\n",
			"      --sysctl                 save sysctls that are not at their defaults\n",
			"      --thresholds             save thresholds\n",
			"  -h, --help                   print this help\n\nExamples:\n  Save everything",
		},
		"ipvsadm-restore": {"      --wait SECONDS           with -R and -C: maximum wait", "Examples:\n  Show what would change:\n"},
	} {
		w := WrapperOf(name)
		help := w.help()
		require.True(t, strings.HasPrefix(help, "\nOptions:\n"))
		for _, text := range want {
			require.Contains(t, help, text)
		}
		list, _, _ := strings.Cut(help, "\nExamples:\n")
		listed := helpWords(list)
		delete(listed, "-n")
		delete(listed, "-h")
		delete(listed, "--help")
		taken := map[string]bool{}
		_, rows := Rows()
		for _, r := range rows {
			value := []string{"7"}[:min(1, len(r.Value))]
			for _, word := range []string{r.Short, r.Long} {
				c, err := w.Unwrap(append([]string{word}, value...))
				if word != "" && err == nil && len(c.Words) > 1 && word != "-n" {
					taken[word] = r.Value != ""
				}
			}
		}
		require.Equal(t, taken, listed, name)
	}
}

// TestWrapperOptions compares what a wrapper takes with what its command takes.
func TestWrapperOptions(t *testing.T) {
	commandRows, _ := Rows()
	for _, c := range []struct{ name, command string }{
		{"ipvsadm-save", "--save"},
		{"ipvsadm-restore", "--restore"},
	} {
		w := WrapperOf(c.name)
		i := slices.IndexFunc(commandRows, func(r Row) bool { return r.Long == c.command })
		for _, o := range commandRows[i].Options {
			if o.Long == "--numeric" {
				continue
			}
			words := []string{o.Long}
			if o.Value != "" {
				words = append(words, "7")
			}
			got, err := w.Unwrap(words)
			require.NoError(t, err)
			require.Equal(t, Wrapped{Words: append([]string{c.command}, words...)}, got)
		}
	}
	require.Nil(t, WrapperOf("ipvsadm"))
}

// Whatever the words are, each is passed on, ignored, or the file, and an option is never the file.
func FuzzUnwrap(f *testing.F) {
	f.Add("ipvsadm-save", "-n\n-n\n–n\nFILE")
	f.Add("ipvsadm-restore", "-p\n-f\n<\n/etc/rules")
	f.Add("ipvsadm-restore", "--netns\nx\n--replace\n<y")
	f.Fuzz(func(t *testing.T, name, lines string) {
		w := WrapperOf(name)
		if w == nil {
			return
		}
		words := strings.Split(lines, "\n")
		c, err := w.Unwrap(words)
		if err != nil {
			require.IsType(t, &Error{}, err)
			return
		}
		for _, word := range slices.Concat(c.Words[1:], c.Ignored) {
			require.Contains(t, words, word)
		}
		require.False(t, isOption(c.File) && !slices.Contains(words, "<"+c.File))
		require.Equal(t, w.command, c.Words[0])
	})
}
