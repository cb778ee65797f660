// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestParseDrain(t *testing.T) {
	mark := ipvsnl.ServiceKey{Mark: 7}
	addr := server("10.0.0.1:80", nil).Addr
	for words, want := range map[string]Command{
		"-D -f 7 --drain":                            {Change: ipvsnl.DeleteService(mark)},
		"-D --drain -f 7":                            {Change: ipvsnl.DeleteService(mark)},
		"-D -f 7 --drain --ensure":                   {Change: ipvsnl.DeleteServiceIfExists(mark)},
		"-D -f 7 --drain 0":                          {Change: ipvsnl.DeleteService(mark), Draining: Draining{Limited: true}},
		"-d -f 7 -r 10.0.0.1:80 --drain=2678400":     {Change: ipvsnl.DeleteDestination(mark, addr), Draining: Draining{Limited: true, Limit: 2678400}},
		"-d --force --drain 5 -f 7 -r 10.0.0.1:80":   {Change: ipvsnl.DeleteDestination(mark, addr), Draining: Draining{Limited: true, Limit: 5, Force: true}},
		"-d -f 7 -r 10.0.0.1:80 --ensure --drain":    {Change: ipvsnl.DeleteDestinationIfExists(mark, addr)},
		"-d -f 7 -r 10.0.0.1:80 --drain --netns red": {Change: ipvsnl.DeleteDestination(mark, addr), NetNS: "red"},
	} {
		t.Run(words, func(t *testing.T) {
			got, err := Parse(split(words), names{})
			require.NoError(t, err)
			want.Kind = Drain
			require.Equal(t, want, got)
		})
	}
}

func TestParseDrainErrors(t *testing.T) {
	for words, text := range map[string]string{
		"-D -f 7 --drain=":                    "invalid drain time `' specified",
		"-D -f 7 --drain 5s":                  "invalid drain time `5s' specified",
		"-D -f 7 --drain=-1":                  "invalid drain time `-1' specified",
		"-D -f 7 --drain 2678401":             "invalid drain time `2678401' specified",
		"-D -f 7 --drain --drain":             "multiple 'drain' options specified",
		"-D -f 7 --force":                     "The option 'force' requires the 'drain' option in the 'delete-service' command",
		"-d -f 7 -r 10.0.0.1 --force":         "The option 'force' requires the 'drain' option in the 'delete-server' command",
		"-D -f 7 --force --drain":             "The option 'force' requires the seconds of the 'drain' option",
		"-d -f 7 -r 10.0.0.1 --force --drain": "The option 'force' requires the seconds of the 'drain' option",
		"-A -f 7 --drain":                     "Illegal 'drain' option with the 'add-service' command",
		"-C --drain":                          "Illegal 'drain' option with the 'flush' command",
		"-L --force":                          "Illegal 'force' option with the 'list' command",
	} {
		t.Run(words, func(t *testing.T) {
			checkError(t, words, &Error{Text: text, Exit: ExitFault, Ends: true})
		})
	}
}
