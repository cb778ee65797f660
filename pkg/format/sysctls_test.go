// SPDX-License-Identifier: Apache-2.0

package format

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
)

var someSysctls = []sysctls.Value{
	sysctls.NewValue("conn_max", "1073741824", sysctls.Machine{}),
	sysctls.NewValue("est_cpulist", "", sysctls.Machine{CPUs: "0-1"}),
	sysctls.NewValue("est_nice", "0", sysctls.Machine{}),
	sysctls.NewValue("newer", "7", sysctls.Machine{}),
	sysctls.NewValue("sync_threshold", "3 60", sysctls.Machine{}),
}

func TestSysctls(t *testing.T) {
	require.Equal(t, ""+
		"Name           Value      Default     Meaning\n"+
		"conn_max       1073741824 the maximum limit of connections in the network namespace, up to 1073741824\n"+
		"est_cpulist               all CPUs    CPUs on which rates are estimated\n"+
		"est_nice       0          0           nice value of the threads that estimate rates, -20 to 19\n"+
		"newer          7                      \n"+
		"sync_threshold 3 60       3 50        packets before a connection is sent, and between two times that it is\n",
		string(AppendSysctls(nil, someSysctls)))
	require.Equal(t, ""+
		"net.ipv4.vs.est_cpulist = \n"+
		"# default unknown: net.ipv4.vs.newer = 7\n"+
		"net.ipv4.vs.sync_threshold = 3 60\n",
		string(AppendSysctlSettings(nil, someSysctls)))
	require.Equal(t, "[\n"+
		`{"name":"conn_max","value":"1073741824","changed":false,"meaning":"limit of connections in the network namespace, up to 1073741824"},`+"\n"+
		`{"name":"est_cpulist","value":"","changed":true,"meaning":"CPUs on which rates are estimated"},`+"\n"+
		`{"name":"est_nice","value":"0","default":"0","changed":false,"meaning":"nice value of the threads that estimate rates, -20 to 19"},`+"\n"+
		`{"name":"newer","value":"7"},`+"\n"+
		`{"name":"sync_threshold","value":"3 60","default":"3 50","changed":true,"meaning":"packets before a connection is sent, and between two times that it is"}`+
		"\n]\n", string(AppendSysctlsJSON(nil, someSysctls)))
}
