// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// --keep sets what is named, --ensure makes the change one that may find things as they should be.
func TestParseKeep(t *testing.T) {
	web, mark := tcp("1.2.3.4:80"), ipvsnl.ServiceKey{Mark: 7}
	kept := server("10.0.0.1:8080", nil)
	for _, tt := range []struct {
		words string
		want  ipvsnl.Change
	}{
		{"-E -t 1.2.3.4:80 --keep", ipvsnl.UpdateService(service(web, nil), 0)},
		{"-E --keep -t 1.2.3.4:80 -s rr", ipvsnl.UpdateService(service(web, func(s *ipvsnl.Service) { s.Scheduler = "rr" }), ipvsnl.FieldScheduler)},
		{"-E -f 7 -p --keep", ipvsnl.UpdateService(service(mark, persistent(360, whole)), ipvsnl.FieldTimeout)},
		{"-E -f 7 -M 255.0.0.0 --keep", ipvsnl.UpdateService(service(mark, func(s *ipvsnl.Service) {
			s.Persistence.Mask = ipvsnl.Mask4([4]byte{255})
		}), ipvsnl.FieldMask)},
		{"-E -f 7 --keep -o --pe sip -b flag-1", ipvsnl.UpdateService(service(mark, func(s *ipvsnl.Service) {
			s.OnePacket, s.Persistence.Engine, s.SchedulerFlags = true, "sip", ipvsnl.SchedulerFlag1
		}), ipvsnl.FieldOnePacket|ipvsnl.FieldEngine|ipvsnl.FieldSchedulerFlags)},
		{"-E -t 1.2.3.4 --keep -s rr", ipvsnl.UpdateService(service(tcp("1.2.3.4:0"), func(s *ipvsnl.Service) { s.Scheduler = "rr" }),
			ipvsnl.FieldScheduler)}, // which is persistent

		{"-A -t 1.2.3.4:80 --ensure", ipvsnl.EnsureService(service(web, nil), ipvsnl.AllFields)},
		{"-A -t 1.2.3.4:80 --ensure --keep", ipvsnl.EnsureService(service(web, nil), 0)},
		{"-A -t 1.2.3.4:80 --keep --ensure -p 5", ipvsnl.EnsureService(service(web, persistent(5, whole)), ipvsnl.FieldTimeout)},
		{"-D -t 1.2.3.4:80 --ensure", ipvsnl.DeleteServiceIfExists(web)},
		{"-d -t 1.2.3.4:80 -r 10.0.0.1 --ensure", ipvsnl.DeleteDestinationIfExists(web, server("10.0.0.1:80", nil).Addr)},
		{"-d -t 1.2.3.4:80 -r 10.0.0.1", ipvsnl.DeleteDestination(web, server("10.0.0.1:80", nil).Addr)},

		// The port is as given if the forwarding method may be masquerading.
		{"-e -t 1.2.3.4:80 -r 10.0.0.1:8080 --keep -w 0", ipvsnl.UpdateDestination(web, server("10.0.0.1:8080", func(d *ipvsnl.Destination) {
			d.Weight = 0
		}), ipvsnl.FieldWeight)},
		{"-e -t 1.2.3.4:80 -r 10.0.0.1 --keep -x 9 -y 3", ipvsnl.UpdateDestination(web, server("10.0.0.1:80", func(d *ipvsnl.Destination) {
			d.UpperThreshold, d.LowerThreshold = 9, 3
		}), ipvsnl.FieldUpperThreshold|ipvsnl.FieldLowerThreshold)},
		{"-e -t 1.2.3.4:80 -r 10.0.0.1:8080 --keep -g", ipvsnl.UpdateDestination(web, server("10.0.0.1:80", nil),
			ipvsnl.FieldForwarding|ipvsnl.FieldTunnel)},
		{"-e -t 1.2.3.4:80 -r 10.0.0.1:8080 --keep -m", ipvsnl.UpdateDestination(web, server("10.0.0.1:8080", masquerading),
			ipvsnl.FieldForwarding|ipvsnl.FieldTunnel)},
		{"-e -t 1.2.3.4:80 -r [::1]:80 --keep", ipvsnl.UpdateDestination(web, server("[::1]:80", nil), 0)},
		{"-e -t 1.2.3.4:80 -r 10.0.0.1 --keep -i", ipvsnl.UpdateDestination(web, server("10.0.0.1:80", func(d *ipvsnl.Destination) {
			d.Forwarding = ipvsnl.Tunnel
		}), ipvsnl.FieldForwarding)},
		{"-e -t 1.2.3.4:80 -r 10.0.0.1 --keep -i --tun-type gue --tun-port 1 --tun-csum", ipvsnl.UpdateDestination(web,
			server("10.0.0.1:80", func(d *ipvsnl.Destination) {
				d.Forwarding, d.TunnelType, d.TunnelPort, d.TunnelFlags = ipvsnl.Tunnel, ipvsnl.GUE, 1, ipvsnl.TunnelChecksum
			}), ipvsnl.FieldForwarding|ipvsnl.FieldTunnel)},
		{"-e -t 1.2.3.4:80 -r 10.0.0.1 --keep -i --tun-type gre --tun-nocsum", ipvsnl.UpdateDestination(web,
			server("10.0.0.1:80", func(d *ipvsnl.Destination) { d.Forwarding, d.TunnelType = ipvsnl.Tunnel, ipvsnl.GRE }),
			ipvsnl.FieldForwarding|ipvsnl.FieldTunnel)},
		{"-e -t 1.2.3.4:80 -r 10.0.0.1 --keep -i --tun-type gue --tun-port 9 --tun-remcsum", ipvsnl.UpdateDestination(web,
			server("10.0.0.1:80", func(d *ipvsnl.Destination) {
				d.Forwarding, d.TunnelType, d.TunnelPort, d.TunnelFlags = ipvsnl.Tunnel, ipvsnl.GUE, 9, ipvsnl.TunnelRemoteChecksum
			}), ipvsnl.FieldForwarding|ipvsnl.FieldTunnel)},
		{"-a -f 7 -r 10.0.0.1:8080 --ensure --keep", ipvsnl.EnsureDestination(mark, kept, 0)},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 --ensure --keep -w 1", ipvsnl.EnsureDestination(web, server("10.0.0.1:80", nil), ipvsnl.FieldWeight)},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1:80 --ensure --keep", ipvsnl.EnsureDestination(web, server("10.0.0.1:80", nil), 0)},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1:8080 --ensure", ipvsnl.EnsureDestination(web, server("10.0.0.1:80", nil), ipvsnl.AllFields)},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1:8080 -m --ensure --keep", ipvsnl.EnsureDestination(web, server("10.0.0.1:8080", masquerading),
			ipvsnl.FieldForwarding|ipvsnl.FieldTunnel)},
	} {
		t.Run(tt.words, func(t *testing.T) {
			got, err := Parse(split(tt.words), names{})
			require.NoError(t, err)
			got.Oddities = 0 // oddity_test.go is about them
			require.Equal(t, Command{Kind: Change, Change: tt.want}, got)
		})
	}
}

// Each option of a service or real server names a field, and has to be there for it.
func TestFieldsOf(t *testing.T) {
	var all optionSet
	for _, row := range fieldsOf {
		all |= set(row.option)
	}
	require.Equal(t, serviceOptions|serverOptions, all)
}

func TestParseKeepErrors(t *testing.T) {
	for words, text := range map[string]string{
		"-A -f 7 --keep":                                 "The option 'keep' requires the 'ensure' option in the 'add-service' command",
		"-a -f 7 -r 10.0.0.1 --keep":                     "The option 'keep' requires the 'ensure' option in the 'add-server' command",
		"-E -f 7 --ensure":                               "Illegal 'ensure' option with the 'edit-service' command",
		"-e -f 7 -r 10.0.0.1 --ensure":                   "Illegal 'ensure' option with the 'edit-server' command",
		"-D -f 7 --keep":                                 "Illegal 'keep' option with the 'delete-service' command",
		"-d -f 7 -r 10.0.0.1 --keep --ensure":            "Illegal 'keep' option with the 'delete-server' command",
		"-C --ensure":                                    "Illegal 'ensure' option with the 'flush' command",
		"-E -f 7 --keep --keep":                          "multiple 'keep' options specified",
		"-E -f 7 --keep -b sh-port":                      "incompatible scheduler flag `sh-port'",
		"-E -t 1.2.3.4:80 --keep -o":                     "One-Packet Scheduling is only for UDP virtual services",
		"-E -t 1.2.3.4":                                  "Zero port specified for non-persistent service",
		"-A -t 1.2.3.4 --ensure --keep":                  "Zero port specified for non-persistent service",
		"-e -f 7 -r 10.0.0.1 --keep --tun-type gre":      "Tunnel options conflict with forward method",
		"-e -f 7 -r 10.0.0.1 --keep --tun-port 9":        "Tunnel options conflict with forward method",
		"-e -f 7 -r 10.0.0.1 --keep -m --tun-nocsum":     "Tunnel options conflict with forward method",
		"-e -f 7 -r 10.0.0.1 --keep -i --tun-port 9":     "Illegal 'tun-port' option with the 'ipip' tunnel type",
		"-e -f 7 -r ::1 --keep -m":                       "Different address family is allowed only for tunneling servers",
		"-a -f 7 -r ::1 --ensure --keep":                 "Different address family is allowed only for tunneling servers",
		"-a -t 1.2.3.4:80 -r 10.0.0.1:9 --ensure --keep": "You need to supply the 'forwarding-method' option for a 'real-server' port other than that of the service",
	} {
		t.Run(words, func(t *testing.T) {
			checkError(t, words, &Error{Text: text, Exit: ExitFault, Ends: true})
		})
	}
}
