// SPDX-License-Identifier: Apache-2.0

package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// faultsFile has the networks that are broken on a kernel, one thing at a time.
const faultsFile = "../test/e2e/check_test.go"

// TestFaults looks for a fault of each check, as bad as the check can be, in the tests with real traffic.
func TestFaults(t *testing.T) {
	worst := map[string]string{}
	for _, f := range faultsIn(t, faultsFile) {
		name, severity := f["check"], f["severity"]
		require.NotNil(t, ByName(name), "there is no check %q", name)
		if worst[name] == "" || severity == ByName(name).Worst.String() {
			worst[name] = severity
		}
	}
	for i := range All {
		require.Equal(t, All[i].Worst.String(), worst[All[i].Name], "%s has no fault %s", faultsFile, All[i].Name)
	}
}

// faultsIn returns the fields of all faults in the table of a file that are strings.
func faultsIn(t *testing.T, file string) (all []map[string]string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	var table *ast.CompositeLit
	ast.Inspect(parsed, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Names[0].Name == "faults" {
			table = v.Values[0].(*ast.CompositeLit)
		}
		return true
	})
	require.NotNil(t, table)
	for _, row := range table.Elts {
		fields := map[string]string{}
		for _, e := range row.(*ast.KeyValueExpr).Value.(*ast.CompositeLit).Elts {
			field := e.(*ast.KeyValueExpr)
			if value, ok := field.Value.(*ast.BasicLit); ok && value.Kind == token.STRING {
				text, err := strconv.Unquote(value.Value)
				require.NoError(t, err)
				fields[field.Key.(*ast.Ident).Name] = text
			}
		}
		all = append(all, fields)
	}
	return all
}
