// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestOddities(t *testing.T) {
	for words, want := range map[string]Oddities{
		"-A -t 1.2.3.4:80 -p -M 24":                    MaskIsLength,
		"-E -f 1 -p -M 1":                              MaskIsLength,
		"-A -f 1 -p -M 32 --ensure":                    MaskIsLength,
		"-A -f 1 -p -M 33":                             0,
		"-A -f 1 -p -M 0":                              0,
		"-A -f 1 -p -M 255.255.255.0":                  0,
		"-A -f 1 -6 -p -M 24":                          0,
		"-A -f 1 -M 24":                                MaskIgnored,
		"-A -f 1 -6 -M 64":                             MaskIgnored,
		"-E -f 1 -M 255.255.255.0 --keep":              0,
		"-A -f 1 -M 255.255.255.0 --ensure --keep":     0,
		"-A -f 1 --pe sip":                             EngineIgnored,
		"-A -f 1 --pe sip -M 24":                       EngineIgnored | MaskIgnored,
		"-A -f 1 --pe sip --ensure":                    EngineIgnored,
		"-A -f 1 --pe sip -p":                          0,
		"-A -f 1 --pe sip --ensure --keep":             0,
		"-A -M 64 -t [::1]:80 -p":                      MaskTooEarly,
		"-A -M 64 -f 1 -6 -p":                          MaskTooEarly,
		"-A -M 255.255.0.0 -f 1 -p":                    0,
		"-A -t [::1]:80 -M 64 -p":                      0,
		"-a -t 1.2.3.4:80 -r 10.0.0.1:8080":            PortIgnored,
		"-e -t 1.2.3.4:80 -r 10.0.0.1:8080 -i":         PortIgnored,
		"-a -t 1.2.3.4:80 -r 10.0.0.1:8080 --ensure":   PortIgnored,
		"-a -t 1.2.3.4:80 -r 10.0.0.1:8080 -m":         0,
		"-a -t 1.2.3.4:80 -r 10.0.0.1:80":              0,
		"-a -t 1.2.3.4:80 -r 10.0.0.1":                 0,
		"-a -t 1.2.3.4 -r 10.0.0.1 -m":                 0,
		"-a -f 1 -r 10.0.0.1:8080":                     0,
		"-a -r 10.0.0.1 -t 1.2.3.4:80":                 0,
		"-a -r 10.0.0.1 -t 1.2.3.4:80 -m":              PortUnknown,
		"-e -r 10.0.0.1 -t 1.2.3.4:80 -m":              PortUnknown,
		"-a -r 10.0.0.1:0 -t 1.2.3.4:80 -m":            0,
		"-a -r 10.0.0.1 -f 1 -m":                       0,
		"-d -r 10.0.0.1 -t 1.2.3.4:80":                 0,
		"-a -t [::1]:80 -r 2001:db8::1:80":             PortInAddress,
		"-a -t [::1]:80 -r 2001:db8::1:80 -m --ensure": PortInAddress,
		"-a -t [::1]:80 -r [2001:db8::1:80]:80":        0,
		"-a -t [::1]:80 -r 2001:db8::80":               0,
		"-a -t [::1]:80 -r 2001:db8::1:81":             0,
		"-a -f 1 -6 -r 2001:db8::1:80":                 0,
	} {
		c, err := Parse(split(words), names{})
		require.NoError(t, err, words)
		require.Equal(t, want, c.Oddities, words)
	}
}

// What the options name is known where the others are set, too.
func TestNamed(t *testing.T) {
	for words, want := range map[string]ipvsnl.Fields{
		"-E -f 1":                         0,
		"-E -f 1 -s rr -p":                ipvsnl.FieldScheduler | ipvsnl.FieldTimeout,
		"-E -f 1 -s rr --keep":            0, // nothing else is set
		"-A -f 1 -s rr":                   0,
		"-e -f 1 -r 10.0.0.1":             0,
		"-e -f 1 -r 10.0.0.1 -w 0":        ipvsnl.FieldWeight,
		"-e -f 1 -r 10.0.0.1 -g":          ipvsnl.FieldForwarding | ipvsnl.FieldTunnel,
		"-e -f 1 -r 10.0.0.1 -w 0 --keep": 0,
		"-a -f 1 -r 10.0.0.1 -w 0":        0,
	} {
		c, err := Parse(split(words), names{})
		require.NoError(t, err, words)
		require.Equal(t, want, c.Named, words)
	}
}
