// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// parseFault returns the error of words at fault.
func parseFault(t *testing.T, words string) *Error {
	t.Helper()
	_, err := Parse(split(words), names{})
	var e *Error
	require.ErrorAs(t, err, &e, words)
	return e
}

// An error has what is wrong, the word at fault and what is wanted.
func TestFaults(t *testing.T) {
	const flags = "a flag of a scheduler: sh-fallback sh-port mh-fallback mh-port flag-1 flag-2 flag-3"
	for words, want := range map[string]Error{
		"foo":                         {Fault: NoCommand, Word: "foo"},
		"-n":                          {Fault: NoCommand, Word: "-n"},
		"--netns blue -n":             {Fault: NoCommand, Word: "-n"},
		"--foo":                       {Fault: NoCommand, Word: "--foo"},
		"--start-daemon":              {Fault: MissingValue, Word: "--start-daemon", Want: "master or backup"},
		"--set=900":                   {Fault: NoValue, Word: "--set"},
		"--add-service=x":             {Fault: NoValue, Word: "--add-service"},
		"-t":                          {Fault: NoCommand, Word: "-t"},
		"--netns blue -L=x":           {Fault: NoValue, Word: "--list"},
		"--sysctl=":                   {Fault: NoValue, Word: "--sysctl"},
		"--netns blue foo":            {Fault: NoCommand, Word: "foo"},
		"--netns":                     {Fault: MissingValue, Word: "--netns", Want: "NAME"},
		"-L --num":                    {Fault: UnknownOption, Word: "--num"},
		"-Lnz":                        {Fault: UnknownOption, Word: "-Lnz"},
		"-L --numeric=":               {Word: "--numeric="},
		"-A -t":                       {Fault: MissingValue, Word: "-t", Want: "ADDRESS"},
		"-A --start-daemon":           {Fault: MissingValue, Word: "--start-daemon", Want: "master or backup"},
		"-A -t 1.2.3.4:80 -p 0":       {Fault: BadValue, Word: "0", Want: "a number from 1 to 2678400"},
		"--set 1 2 x":                 {Fault: BadValue, Word: "x", Want: "a number from 0 to 2678400"},
		"-a -f 1 -r 1.2.3.4 -w x":     {Fault: BadValue, Word: "x", Want: "a number from 0 to 2147483647"},
		"-A -f 0":                     {Fault: BadValue, Word: "0", Want: "a number from 1 to 4294967295"},
		"-A -f 1 -M /24":              {Fault: BadValue, Word: "/24", Want: "a mask such as 255.255.255.0"},
		"-A -t [::1]:1 -M 129":        {Fault: BadValue, Word: "129", Want: "a prefix length from 1 to 128"},
		"-A -f 1 -b ,":                {Fault: BadValue, Word: ",", Want: flags},
		"-A -f 1 -b port":             {Fault: BadValue, Word: "port", Want: flags},
		"-A -f 1 -b mh-port":          {Fault: FlagOfOther, Word: "mh-port", Want: "mh"},
		"--start-daemon slave":        {Fault: BadValue, Word: "slave", Want: "master or backup"},
		"--stop-daemon slave":         {Fault: BadValue, Word: "slave", Want: "master or backup"},
		"-a -f 1 -r ::1 --tun-type x": {Fault: BadValue, Word: "x", Want: "ipip, gue or gre"},
		"--start-daemon master --mcast-group 1.2.3.4": {Fault: BadValue, Word: "1.2.3.4",
			Want: "a multicast address, 224.0.0.0 to 239.255.255.255 or ff00::/8"},
		"-A":                                   {Fault: MissingOption, Want: "-t, -u, --sctp-service or -f"},
		"-a -f 1":                              {Fault: MissingOption, Want: "-r"},
		"-a -f 1 -r 1.2.3.4 -i --tun-type gue": {Fault: MissingOption, Want: "--tun-port"},
		"-A 1.2.3.4:80":                        {Fault: StrayWord, Word: "1.2.3.4:80", Want: "-t, -u, --sctp-service or -f"},
		"-a -f 1 x":                            {Fault: StrayWord, Word: "x", Want: "-r"},
		"-L x":                                 {Fault: StrayWord, Word: "x"},
		"-R x":                                 {Fault: StrayFile, Word: "x"},
		"-A -t 80":                             {Fault: NoAddress, Word: "80"},
		"-A -t ''":                             {Fault: NoAddress},
		"-A -t nosuch:80":                      {Fault: NoHost, Word: "nosuch"},
		"-A -t nosuch":                         {Fault: NoHost, Word: "nosuch"},
		"-A -t six:80":                         {Fault: NoHost, Word: "six"},
		"-A -t :80":                            {Fault: NoHost},
		"-A -t 2001:db8::g:80":                 {Fault: NoIPv6, Word: "2001:db8::g:80"},
		"-A -t [2001:db8::g]:80":               {Fault: NoIPv6, Word: "2001:db8::g"},
		"-A -t 2001::g":                        {Fault: NoIPv6, Word: "2001::g"},
		"-A -t [nosuch]:80":                    {Fault: NoHost, Word: "nosuch"},
		"-A -t [::1]":                          {Fault: Brackets, Word: "[::1]"},
		"-A -t [::1]]:80":                      {Fault: Brackets, Word: "[::1]]:80"},
		"-A -t 1.2.3.4:x":                      {Fault: NoPort, Word: "x", Want: "tcp"},
		"-A -u [::1]:http":                     {Fault: NoPort, Word: "http", Want: "udp"},
		"-a -r 1.2.3.4:http -f 1":              {Fault: NoPort, Word: "http"},
		"-A -t 1.2.3.4":                        {Fault: PortMissing, Word: "1.2.3.4"},
		"-A -t 2001:db8::1:80":                 {Fault: PortMissing, Word: "2001:db8::1:80"},
		"-a -f 1 -r ::1":                       {Fault: OtherFamily},
		"-a -f 1 -r 1.2.3.4 --tun-csum":        {Fault: NoTunnel},
		"-e -f 1 -r 1.2.3.4 --tun-csum --keep": {Fault: NoTunnel},
		"-A -6 -f 1":                           {Fault: MarkFirst},
		"-A -t 1.2.3.4:80 -n":                  {},
		"-A -t 1.2.3.4:80 -o":                  {},
	} {
		e := parseFault(t, words)
		require.Equal(t, want, Error{Fault: e.Fault, Word: e.Word, Want: e.Want}, words)
	}
	require.Equal(t, &Error{Exit: ExitRefused, Ends: true, Fault: Nested}, ErrNested)
}

// A command that comes too late is found, with the options that can stay with it.
func TestLater(t *testing.T) {
	for words, want := range map[string]string{
		"-nL":                        "-Ln",
		"-nLc":                       "-Lnc",
		"-n -Lc":                     "-Lc",
		"-n -L":                      "-L",
		"-t 1.2.3.4:80 -A":           "-A",
		"-t -A -E":                   "-E", // the first is a value
		"-n --list":                  "--list",
		"-t1.2.3.4:80 --add-service": "--add-service",
		"-n --start-daemon=master":   "--start-daemon",
		"-nlt 1.2.3.4:80":            "-l",
		"-nlt1.2.3.4:80":             "-l",
		"-nLL":                       "-Ln",
		"-n":                         "",
		"x":                          "",
		"-n --foo -L":                "",
		"-- -L":                      "",
	} {
		require.Equal(t, want, parseFault(t, words).Later(), words)
	}
}

func TestNearest(t *testing.T) {
	for words, want := range map[string]string{
		"--lst":              "--list",
		"list":               "--list",
		"--numeric":          "", // no command
		"--netns blue --lst": "--list",
		"--netns=blue lst":   "--list",
		"lst --netns blue":   "--list",
		"lst --sve":          "--list",
		"-- lst":             "--list",
		"--resotre=x":        "--restore",
		"--add-s":            "", // -service or -server
		"--foo":              "",
		"-L --num":           "--numeric",
		"-L --ste=1":         "--set",
		"-L --statz":         "--stats",
		"-L --persistent-c":  "--persistent-conn",
		"-L -q":              "",
	} {
		require.Equal(t, want, parseFault(t, words).Nearest(), words)
	}
	require.Empty(t, (&Error{Fault: NoCommand}).Nearest())
}
