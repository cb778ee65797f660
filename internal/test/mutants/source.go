// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// A Mutant is one small change of the code.
type Mutant struct {
	ID   int // from 1
	Pkg  string
	File string
	Line int
	Key  string // names the mutant in the file of survivors: package, function, change, and the line's text
}

// A mutator finds the mutants of a file, and rewrites it with all of them, each of which the
// environment can select. It puts text before and after nodes and never moves a line.
type mutator struct {
	dir     string // of the package, from the module's root
	pkg     *types.Package
	info    *types.Info
	known   *known
	fset    *token.FileSet
	file    *ast.File
	path    string
	src     []byte
	lines   []string
	mutants []*Mutant
	nextID  func() int

	before, after map[int][]string // by offset
	replaced      map[int]token.Token
	operators     map[int]string // what replaces the operator that begins at an offset
	imports       []string       // paths of packages that the file does not import
	stack         []ast.Node
	closers       [][]string
}

// mutate returns the mutants of the file and its new text.
func (m *mutator) mutate() ([]*Mutant, string) {
	m.before, m.after = map[int][]string{}, map[int][]string{}
	m.replaced, m.operators = map[int]token.Token{}, map[int]string{}
	m.lines = strings.Split(string(m.src), "\n")
	ast.Inspect(m.file, func(n ast.Node) bool {
		if n == nil {
			m.leave()
			return true
		}
		return m.enter(n)
	})
	return m.mutants, m.text()
}

// text writes the file with what was put before, after and in place of its parts.
func (m *mutator) text() string {
	var b strings.Builder
	for i := 0; i <= len(m.src); i++ {
		for _, s := range m.after[i] {
			b.WriteString(s)
		}
		for _, s := range m.before[i] {
			b.WriteString(s)
		}
		if s, ok := m.operators[i]; ok {
			b.WriteString(s)
			i += len(m.replaced[i].String()) - 1
		} else if i < len(m.src) {
			b.WriteByte(m.src[i])
		}
	}
	return b.String()
}

// enter mutates a node, and reports whether to look at what is in it.
func (m *mutator) enter(n ast.Node) bool {
	closers, inside := m.node(n)
	if !inside {
		for _, s := range closers {
			m.put(m.after, n.End(), s)
		}
		return false
	}
	m.stack = append(m.stack, n)
	m.closers = append(m.closers, closers)
	return true
}

func (m *mutator) leave() {
	last := len(m.stack) - 1
	n := m.stack[last]
	for _, s := range m.closers[last] {
		m.put(m.after, n.End(), s)
	}
	m.stack, m.closers = m.stack[:last], m.closers[:last]
}

func (m *mutator) offset(pos token.Pos) int { return m.fset.Position(pos).Offset }

func (m *mutator) put(where map[int][]string, pos token.Pos, text string) {
	at := m.offset(pos)
	where[at] = append(where[at], text)
}

// add makes a mutant at a position and returns its ID.
func (m *mutator) add(pos token.Pos, change string) int {
	p := m.fset.Position(pos)
	mutant := &Mutant{ID: m.nextID(), Pkg: m.pkg.Path(), File: m.path, Line: p.Line}
	mutant.Key = fmt.Sprintf("%s %s: %s: %s", m.dir, m.where(), change, strings.TrimSpace(m.lines[p.Line-1]))
	m.mutants = append(m.mutants, mutant)
	return mutant.ID
}

// where names the function or variable around the current node.
func (m *mutator) where() string {
	for _, n := range m.stack {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil {
				return n.Name.Name
			}
			recv := types.ExprString(n.Recv.List[0].Type)
			recv, _, _ = strings.Cut(strings.TrimPrefix(recv, "*"), "[")
			return recv + "." + n.Name.Name
		case *ast.ValueSpec:
			return n.Names[0].Name
		}
	}
	return filepath.Base(m.path)
}

// parent is the node around the current one, without parentheses and negations.
func (m *mutator) parent() ast.Node {
	for _, n := range slices.Backward(m.stack) {
		switch n := n.(type) {
		case *ast.ParenExpr:
		case *ast.UnaryExpr:
			if n.Op != token.NOT {
				return n
			}
		default:
			return n
		}
	}
	return nil
}

// wrap has a call of a function of the injected file around a node, with the ID of a mutant; it returns what ends the call.
func (m *mutator) wrap(n ast.Node, function, typ string, id int) string {
	if typ != "" {
		typ = "[" + typ + "]"
	}
	m.put(m.before, n.Pos(), fmt.Sprintf("mutant_%s%s(%d, ", function, typ, id))
	return ")"
}

// typeName spells a type, for which it imports packages that the file does not.
func (m *mutator) typeName(t types.Type) string {
	added := len(m.imports)
	name := types.TypeString(types.Default(t), func(p *types.Package) string {
		if p == m.pkg {
			return ""
		}
		for _, spec := range m.file.Imports {
			if strings.Trim(spec.Path.Value, `"`) != p.Path() {
				continue
			}
			if spec.Name != nil {
				return spec.Name.Name
			}
			return p.Name()
		}
		i := slices.Index(m.imports, p.Path())
		if i < 0 {
			i = len(m.imports)
			m.imports = append(m.imports, p.Path())
		}
		return fmt.Sprintf("mutant_import%d", i)
	})
	for i, path := range m.imports[added:] {
		m.put(m.after, m.file.Name.End(), fmt.Sprintf("; import mutant_import%d %q", added+i, path))
		m.put(m.after, m.file.FileEnd, fmt.Sprintf("\nvar _ %s\n", name)) // uses them
	}
	return name
}

// code is the source of a node, on one line and not too long.
func (m *mutator) code(n ast.Node) string {
	s := strings.Join(strings.Fields(string(m.src[m.offset(n.Pos()):m.offset(n.End())])), " ")
	if len(s) > 40 {
		s = s[:37] + "..."
	}
	return s
}

// node mutates one node. It returns what comes after it, the innermost first, and whether to look into it.
func (m *mutator) node(n ast.Node) (closers []string, inside bool) {
	switch n := n.(type) {
	case *ast.GenDecl:
		return nil, n.Tok == token.VAR
	case *ast.FuncType, *ast.FieldList:
		return nil, false
	case ast.Stmt:
		return m.statement(n), true
	case ast.Expr:
		tv, ok := m.info.Types[n]
		if ok && tv.IsType() {
			return nil, false
		}
		if ok && tv.Value != nil {
			return m.constant(n, tv), false
		}
		return m.expression(n, tv.Type), true
	}
	return nil, true
}

// statement deletes a statement, if the code compiles without it.
func (m *mutator) statement(s ast.Stmt) []string {
	if len(m.stack) == 0 {
		return nil
	}
	switch m.stack[len(m.stack)-1].(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
	default:
		return nil
	}
	if c, ok := m.stack[len(m.stack)-1].(*ast.CommClause); ok && c.Comm == s {
		return nil
	}
	switch s := s.(type) {
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && types.ExprString(call.Fun) == "panic" {
			return nil
		}
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return nil
		}
	case *ast.BranchStmt:
		if s.Tok != token.BREAK && s.Tok != token.CONTINUE {
			return nil
		}
	case *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
	default:
		return nil
	}
	id := m.add(s.Pos(), "delete "+m.code(s))
	m.put(m.before, s.Pos(), fmt.Sprintf("if !mutant_is(%d) { ", id))
	return []string{" }"}
}

// constant changes a constant: a condition, a case, or a number by one.
func (m *mutator) constant(e ast.Expr, tv types.TypeAndValue) []string {
	if m.mustBeConstant(e) || m.unobserved(e) {
		return nil
	}
	typ := m.typeName(tv.Type)
	switch parent := m.parent().(type) {
	case *ast.CaseClause:
		function := map[constant.Kind]string{constant.Int: "flip", constant.String: "other", constant.Bool: "not"}[tv.Value.Kind()]
		if function == "" {
			return nil
		}
		return []string{m.wrap(e, function, typ, m.add(e.Pos(), "drop the case "+m.code(e)))}
	case *ast.ReturnStmt:
		if tv.Value.Kind() == constant.String && constant.StringVal(tv.Value) != "" {
			return []string{m.wrap(e, "zero", typ, m.add(e.Pos(), `return ""`))}
		}
	case *ast.BinaryExpr:
		if tv.Value.Kind() == constant.Int && isInteger(tv.Type) && ordered(parent.Op) {
			return []string{
				m.wrap(e, "inc", typ, m.add(e.Pos(), m.code(e)+" + 1")),
				m.wrap(e, "dec", typ, m.add(e.Pos(), m.code(e)+" - 1")),
			}
		}
	}
	switch {
	case tv.Value.Kind() == constant.Bool:
		return []string{m.wrap(e, "not", typ, m.add(e.Pos(), "not "+m.code(e)))}
	case tv.Value.Kind() == constant.Int && m.known.sets[tv.Type] && constant.Sign(tv.Value) != 0:
		return []string{m.wrap(e, "shift", typ, m.add(e.Pos(), m.code(e)+" << 1"))}
	case tv.Value.Kind() == constant.Int && isInteger(tv.Type):
		return []string{m.wrap(e, "inc", typ, m.add(e.Pos(), m.code(e)+" + 1"))}
	}
	return nil
}

// mustBeConstant reports whether an expression is the index of an element in a literal.
func (m *mutator) mustBeConstant(e ast.Expr) bool {
	last := len(m.stack) - 1
	kv, ok := m.stack[last].(*ast.KeyValueExpr)
	if !ok || kv.Key != e {
		return false
	}
	_, isMap := m.info.TypeOf(m.stack[last-1].(ast.Expr)).Underlying().(*types.Map)
	return !isMap
}

// unobserved reports whether nobody is expected to look at an expression: it is a size given to make, or is returned
// with an error or a false.
func (m *mutator) unobserved(e ast.Expr) bool {
	switch parent := m.stack[len(m.stack)-1].(type) {
	case *ast.CallExpr:
		return types.ExprString(parent.Fun) == "make"
	case *ast.ReturnStmt:
		last := parent.Results[len(parent.Results)-1]
		if last == e {
			return false
		}
		tv := m.info.Types[last]
		if tv.Value != nil && tv.Value.Kind() == constant.Bool {
			return !constant.BoolVal(tv.Value)
		}
		return !tv.IsNil() && isError(m.results().At(m.results().Len()-1).Type())
	}
	return false
}

// results are those of the function around the current node.
func (m *mutator) results() *types.Tuple {
	for _, n := range slices.Backward(m.stack) {
		switch n := n.(type) {
		case *ast.FuncLit:
			return m.info.TypeOf(n).(*types.Signature).Results()
		case *ast.FuncDecl:
			return m.info.Defs[n.Name].Type().(*types.Signature).Results()
		}
	}
	return nil
}

func (m *mutator) expression(e ast.Expr, t types.Type) []string {
	var closers []string
	if guard, ok := m.guard(e); ok {
		closers = append(closers, m.wrap(e, "never", "", m.add(e.Pos(), "never "+guard)))
	}
	if m.isCondition(e, t) {
		closers = append(closers, m.wrap(e, "not", "", m.add(e.Pos(), "not "+m.code(e))))
	}
	if typ, ok := m.returned(e); ok {
		closers = append(closers, m.wrap(e, "zero", typ, m.add(e.Pos(), "return zero for "+m.code(e))))
	}
	if b, ok := e.(*ast.BinaryExpr); ok {
		closers = append(closers, m.binary(b, t)...)
	}
	slices.Reverse(closers)
	return closers
}

// guard reports whether an expression is the condition under which a function or a loop goes no further.
func (m *mutator) guard(e ast.Expr) (string, bool) {
	s, ok := m.stack[len(m.stack)-1].(*ast.IfStmt)
	if !ok || s.Cond != e || s.Else != nil || len(s.Body.List) == 0 {
		return "", false
	}
	switch s.Body.List[len(s.Body.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return m.code(e), true
	}
	return "", false
}

// isCondition reports whether an expression is one that is to be negated: a comparison or a part of a condition.
func (m *mutator) isCondition(e ast.Expr, t types.Type) bool {
	basic, ok := underlying(t).(*types.Basic)
	if !ok || basic.Info()&types.IsBoolean == 0 {
		return false
	}
	switch e := e.(type) {
	case *ast.ParenExpr, *ast.UnaryExpr:
		return false
	case *ast.BinaryExpr:
		return e.Op != token.LAND && e.Op != token.LOR
	}
	switch parent := m.parent().(type) {
	case *ast.BinaryExpr:
		return parent.Op == token.LAND || parent.Op == token.LOR
	case *ast.IfStmt, *ast.ForStmt, *ast.ReturnStmt:
		return true
	case *ast.CaseClause:
		i := slices.Index(m.stack, ast.Node(parent))
		s, ok := m.stack[i-2].(*ast.SwitchStmt)
		return ok && s.Tag == nil
	}
	return false
}

// returned reports whether an expression is a result that can be replaced by the zero value of the type it returns.
func (m *mutator) returned(e ast.Expr) (typ string, ok bool) {
	s, ok := m.stack[len(m.stack)-1].(*ast.ReturnStmt)
	if !ok || m.info.Types[e].IsNil() || m.unobserved(e) || m.known.isNil(e, m.info) {
		return "", false
	}
	if lit, ok := e.(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
		return "", false
	}
	results := m.results()
	if len(s.Results) != results.Len() {
		return "", false
	}
	t := results.At(slices.Index(s.Results, e)).Type()
	if basic, ok := t.Underlying().(*types.Basic); ok && basic.Info()&types.IsBoolean != 0 {
		return "", false
	}
	return m.typeName(t), true
}

var functions = map[token.Token]string{
	token.LSS: "lss", token.LEQ: "leq", token.GTR: "gtr", token.GEQ: "geq",
	token.ADD: "add", token.SUB: "sub", token.MUL: "mul", token.QUO: "quo", token.REM: "rem",
	token.AND: "and", token.OR: "or", token.XOR: "xor", token.AND_NOT: "andnot", token.SHL: "shl", token.SHR: "shr",
	token.LAND: "land", token.LOR: "lor",
}

var opposites = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
	token.AND: token.OR, token.OR: token.AND, token.XOR: token.AND, token.AND_NOT: token.AND, token.SHL: token.SHR,
	token.SHR: token.SHL, token.LAND: token.LOR, token.LOR: token.LAND,
}

// binary puts another operator in place of one.
func (m *mutator) binary(b *ast.BinaryExpr, t types.Type) []string {
	to, ok := opposites[b.Op]
	if !ok {
		return nil
	}
	typ, middle, end := "", ",", ")"
	switch {
	case b.Op == token.LAND || b.Op == token.LOR:
		middle, end = ", func() bool { return (", ") })"
	case ordered(b.Op):
		// The bound is shifted where it is a number.
		if m.isNumber(b.X) || m.isNumber(b.Y) {
			return nil
		}
		t = m.info.TypeOf(b.X)
		if basic, ok := t.(*types.Basic); ok && basic.Info()&types.IsUntyped != 0 {
			t = m.info.TypeOf(b.Y)
		}
		typ = m.typeName(t)
	default:
		basic, ok := underlying(t).(*types.Basic)
		if !ok || basic.Info()&types.IsNumeric == 0 {
			return nil
		}
		typ = m.typeName(t)
	}
	m.wrap(b, functions[b.Op], typ, m.add(b.OpPos, fmt.Sprintf("%s becomes %s in %s", b.Op, to, m.code(b))))
	at := m.offset(b.OpPos)
	m.operators[at], m.replaced[at] = middle, b.Op
	return []string{end}
}

func (m *mutator) isNumber(e ast.Expr) bool {
	tv := m.info.Types[e]
	return tv.Value != nil && isInteger(tv.Type)
}

func ordered(op token.Token) bool {
	return op == token.LSS || op == token.LEQ || op == token.GTR || op == token.GEQ
}

func isInteger(t types.Type) bool {
	basic, ok := underlying(t).(*types.Basic)
	return ok && basic.Info()&types.IsInteger != 0
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// underlying is that of a type, also of none.
func underlying(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}
