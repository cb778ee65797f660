// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// targetLabels are the labels that Prometheus adds to those of metrics: the director's.
var targetLabels = []string{"instance", "job"}

// metricLabels returns the labels of each metric. Those of node_exporter are about the file that it has read.
func metricLabels(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{"node_textfile_mtime_seconds": {"file", "instance", "job"}}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(metricsText(t, someMetrics())))
	require.NoError(t, err)
	for name, f := range families {
		labels := slices.Clone(targetLabels)
		for _, m := range f.Metric {
			for _, l := range m.Label {
				labels = append(labels, l.GetName())
			}
		}
		slices.Sort(labels)
		all[name] = slices.Compact(labels)
	}
	return all
}

var (
	selector = regexp.MustCompile(`\b((?:ipvs|node)_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)
	grouping = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	shown    = regexp.MustCompile(`\{\{\s*(?:\w+\s+)?\$?(?:labels\.)?([a-z]\w*)\s*\}\}`)
	query    = regexp.MustCompile(`^(?:expr|legendFormat|definition|query)$`)
	note     = regexp.MustCompile(`(?m)^\s*#.*$`)
)

// wrongNames returns what a text in PromQL names and these metrics do not have.
func wrongNames(text string, metrics map[string][]string) (wrong []string) {
	var known []string
	for _, labels := range metrics {
		known = append(known, labels...)
	}
	for _, m := range selector.FindAllStringSubmatch(text, -1) {
		labels, ok := metrics[m[1]]
		if !ok {
			wrong = append(wrong, m[1])
		}
		for _, label := range matcher.FindAllStringSubmatch(m[2], -1) {
			if ok && !slices.Contains(labels, label[1]) {
				wrong = append(wrong, m[1]+" "+label[1])
			}
		}
	}
	for _, m := range grouping.FindAllStringSubmatch(text, -1) {
		for label := range strings.FieldsFuncSeq(m[1], func(r rune) bool { return r == ',' || r == ' ' }) {
			if !slices.Contains(known, label) {
				wrong = append(wrong, label)
			}
		}
	}
	for _, m := range shown.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(append(known, "end", "else", "value"), m[1]) {
			wrong = append(wrong, m[1])
		}
	}
	return wrong
}

// queries returns the texts in a dashboard that name metrics or labels.
func queries(v any) (all []string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			all = append(all, queries(e)...)
		}
	case map[string]any:
		for key, e := range v {
			if text, ok := e.(string); ok && query.MatchString(key) {
				all = append(all, text)
			} else {
				all = append(all, queries(e)...)
			}
		}
	}
	return all
}

// TestMonitoring holds alerts, their tests and the dashboard against the metrics: all names and labels in them exist.
func TestMonitoring(t *testing.T) {
	const dir = "../../docs/monitoring/"
	metrics := metricLabels(t)
	used := map[string]bool{}
	read := func(file string) []byte {
		text, err := os.ReadFile(dir + file)
		require.NoError(t, err)
		return text
	}
	check := func(text string) {
		require.Empty(t, wrongNames(text, metrics), text)
		for _, m := range selector.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
		}
	}
	check(note.ReplaceAllString(string(read("ipvs.rules.yml")), ""))
	check(note.ReplaceAllString(string(read("ipvs.rules.test.yml")), ""))
	var dashboard any
	require.NoError(t, json.Unmarshal(read("ipvs.dashboard.json"), &dashboard))
	for _, text := range queries(dashboard) {
		check(text)
	}
	for name := range metrics {
		require.True(t, used[name], "%s is neither shown nor watched", name)
	}
}

// TestWrongNames finds what metrics do not have.
func TestWrongNames(t *testing.T) {
	metrics := map[string][]string{"ipvs_a": {"x"}, "ipvs_b": {"y"}}
	for text, want := range map[string][]string{
		`sum by (x, y) (ipvs_a{x="1"}) / ipvs_b{y=~"{"} {{x}} {{ $labels.y }} {{ $value }}`: nil,
		`ipvs_c{x="1"}`:                         {"ipvs_c"},
		`rate(ipvs_a{x="1", y!="2"}[1m])`:       {"ipvs_a y"},
		`sum without (x, z) (ipvs_a)`:           {"z"},
		`ipvs_a + on (z) group_left (v) ipvs_b`: {"z", "v"},
		`{{ with $labels.z }}{{ end }}{{v}}`:    {"z", "v"},
	} {
		require.Equal(t, want, wrongNames(text, metrics), text)
	}
}
