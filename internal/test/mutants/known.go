// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// What is known about a package: changes that cannot have an effect are not made.
type known struct {
	sets map[types.Type]bool   // the types of sets of bits, whose lowest bit may have no meaning
	nils map[types.Object]bool // the functions that return nil whatever happens
}

func learn(files []*ast.File, info *types.Info) *known {
	k := &known{map[types.Type]bool{}, map[types.Object]bool{}}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				tv := info.Types[n]
				if _, ok := tv.Type.(*types.Named); ok && tv.Value != nil && (n.Op == token.SHL || n.Op == token.OR) {
					k.sets[tv.Type] = true
				}
			case *ast.FuncDecl:
				k.nils[info.Defs[n.Name]] = returnsNil(n, info)
			}
			return true
		})
	}
	return k
}

// returnsNil reports whether all that a function returns is nil.
func returnsNil(f *ast.FuncDecl, info *types.Info) bool {
	count, isNil := 0, true
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.ReturnStmt); ok {
			count++
			isNil = isNil && len(s.Results) == 1 && info.Types[s.Results[0]].IsNil()
		}
		return true
	})
	return count > 0 && isNil
}

// isNil reports whether an expression is a call of a function that returns nil.
func (k *known) isNil(e ast.Expr, info *types.Info) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return k.nils[info.Uses[f]]
	case *ast.SelectorExpr:
		return k.nils[info.Uses[f.Sel]]
	}
	return false
}
