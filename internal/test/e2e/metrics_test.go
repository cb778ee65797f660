// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// exporterVar has the path of node_exporter.
const exporterVar = "IPVSADM_NODE_EXPORTER"

type families = map[string]*dto.MetricFamily

// parseMetrics reads metrics as Prometheus does.
func parseMetrics(t *testing.T, text string) families {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	all, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	return all
}

// sum adds all values of a metric.
func sum(f *dto.MetricFamily) (total float64) {
	for _, m := range f.GetMetric() {
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return total
}

// newMeasured returns a network with traffic through two services.
func newMeasured(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	n.set(t, "-A -f 7 -s wlc\n-a -f 7 -r 10.2.0.12 -m -w 0")
	n.tally(t, 4, client1, vip, 80)
	return n
}

// settled waits until the kernel, which adds its counters up every two seconds, has counted so many connections
// everywhere.
func (n *network) settled(t *testing.T, conns float64) (all families) {
	t.Helper()
	eventually(t, func() bool {
		all = parseMetrics(t, n.run(t, "-L --metrics"))
		return sum(all["ipvs_connections_total"]) == conns && sum(all["ipvs_service_connections_total"]) == conns &&
			sum(all["ipvs_destination_connections_total"]) == conns
	})
	return all
}

// The figures are those of the other listings.
func TestMetrics(t *testing.T) {
	n := newMeasured(t)
	c := n.dial(t, client1, vip, 80)
	defer c.Close()
	all := n.settled(t, 5)
	require.Len(t, all, 18)
	for name, f := range all {
		want := dto.MetricType_GAUGE
		if strings.HasSuffix(name, "_total") {
			want = dto.MetricType_COUNTER
		}
		require.Equal(t, want, f.GetType(), name)
		require.NotEmpty(t, f.GetHelp(), name)
	}
	for name, want := range map[string]float64{
		"ipvs_service_info":                   2,
		"ipvs_service_destinations":           3,
		"ipvs_destination_active_connections": 1,
		"ipvs_destination_weight":             2,
	} {
		require.Equal(t, want, sum(all[name]), name)
	}
	for _, unit := range []string{"packets", "bytes"} {
		require.Greater(t, sum(all["ipvs_"+unit+"_total"]), 20.0)
		require.Greater(t, sum(all["ipvs_service_"+unit+"_total"]), 20.0)
		require.Greater(t, sum(all["ipvs_destination_"+unit+"_total"]), 20.0)
	}

	one := parseMetrics(t, n.run(t, "-L --metrics -t 10.1.0.100:80"))
	require.Len(t, one, 15)
	require.Equal(t, 1.0, sum(one["ipvs_service_info"]))
}

// node_exporter serves the file together with its own figures of IPVS, which are the same.
func TestMetricsNodeExporter(t *testing.T) {
	n := newMeasured(t)
	c := n.dial(t, client1, vip, 80)
	defer c.Close()
	n.settled(t, 5)
	dir := t.TempDir()
	_, unit, _ := strings.Cut(docSection(t, "docs/metrics.md", "With node_exporter"), "\nExecStart=/bin/sh -c '")
	line, _, found := strings.Cut(unit, "'\n")
	require.True(t, found)
	line = strings.ReplaceAll(line, "$$", "$")
	line = strings.Replace(line, "/var/lib/prometheus/node-exporter", dir, 1)
	require.Equal(t, kernel.Result{}, shell(t, n.director, line))
	files, err := filepath.Glob(dir + "/*")
	require.NoError(t, err)
	require.Equal(t, []string{dir + "/ipvs.prom"}, files)

	exporter := exec.Command(os.Getenv(exporterVar), "--collector.disable-defaults", "--collector.ipvs", "--collector.textfile",
		"--collector.textfile.directory="+dir, "--web.listen-address=127.0.0.1:9100", "--web.disable-exporter-metrics")
	var messages strings.Builder
	exporter.Stderr = &messages
	n.director.Do(func() { err = exporter.Start() })
	require.NoError(t, err)
	defer func() {
		_ = exporter.Process.Kill()
		_ = exporter.Wait()
	}()
	var text string
	eventually(t, func() bool {
		got := n.director.Run(t, kernel.Command{Path: "/bin/bash", Args: []string{"bash", "-c",
			"exec 3<>/dev/tcp/127.0.0.1/9100 && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3"}})
		_, body, ok := strings.Cut(got.Stdout, "\r\n\r\n")
		text = body
		return ok
	})
	all := parseMetrics(t, text)
	require.Zero(t, sum(all["node_textfile_scrape_error"]), messages.String())
	require.Contains(t, all, "node_textfile_scrape_error")
	for name := range parseMetrics(t, n.run(t, "-L --metrics")) {
		require.Contains(t, all, name, messages.String())
	}
	for theirs, ours := range map[string]string{
		"node_ipvs_connections_total":            "ipvs_connections_total",
		"node_ipvs_backend_connections_active":   "ipvs_destination_active_connections",
		"node_ipvs_backend_connections_inactive": "ipvs_destination_inactive_connections",
		"node_ipvs_backend_weight":               "ipvs_destination_weight",
	} {
		require.Contains(t, all, theirs, text)
		require.Equal(t, sum(all[theirs]), sum(all[ours]), theirs)
	}
}

// The HTTP wrapper of docs/metrics.md answers.
func TestMetricsHTTP(t *testing.T) {
	n := newMeasured(t)
	_, script, _ := strings.Cut(docSection(t, "docs/metrics.md", "Without an exporter"), "\n```sh\n")
	script, _, found := strings.Cut(script, "```")
	require.True(t, found)
	file := filepath.Join(t.TempDir(), "http")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o755))
	got := n.director.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", file}, Stdin: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
		Env: []string{"PATH=" + filepath.Dir(program()) + ":" + os.Getenv("PATH")}})
	require.Empty(t, got.Stderr)
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got.Stdout)), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 200, response.StatusCode)
	require.Equal(t, expfmt.TypeTextPlain, expfmt.ResponseFormat(response.Header).FormatType())
	decoder := expfmt.NewDecoder(response.Body, expfmt.ResponseFormat(response.Header))
	var first dto.MetricFamily
	require.NoError(t, decoder.Decode(&first))
}

// The transcripts of docs/metrics.md and docs/json.md are true.
func TestMetricsDocumented(t *testing.T) {
	for _, file := range []string{"docs/metrics.md", "docs/json.md"} {
		n := kernel.NewNamespace(t)
		for _, call := range transcript(t, file) {
			require.Equal(t, call.output, shell(t, n, call.line).Stdout, call.line)
		}
	}
}

type jsonLine struct {
	Time        time.Time
	Services    []jsonService
	Connections []jsonConnection
}

// A watch as JSON writes a whole listing on each line, with the counters of that time.
func TestWatchJSONLines(t *testing.T) {
	n := newMeasured(t)
	for words, form := range map[string]string{"": "services_line", "-c": "connections_line", "-c --count": "counts_line"} {
		got := shell(t, n.director, "ipvsadm -L --json --watch 1 "+words+" | head -n 2")
		require.Empty(t, got.Stderr)
		var before time.Time
		lines := strings.SplitAfter(got.Stdout, "\n")
		require.Len(t, lines, 3)
		for _, line := range lines[:2] {
			var v jsonLine
			readJSON(t, form, line, &v)
			require.True(t, v.Time.After(before), "%s and %s", v.Time, before)
			before = v.Time
			if form == "services_line" {
				require.Len(t, v.Services, 2)
				require.Contains(t, line, `"rates"`)
			}
		}
	}
}
