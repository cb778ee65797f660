// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A goPackage is what the go command reports about a package.
type goPackage struct {
	ImportPath string
	Name       string
	Dir        string
	Export     string
	GoFiles    []string
	DepOnly    bool
	Module     *struct{ Dir string }
}

// list asks the go command for packages.
func list(args ...string) ([]goPackage, error) {
	cmd := exec.Command(goCommand(), append([]string{"list", "-json=ImportPath,Name,Dir,Export,GoFiles,DepOnly,Module"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &stderr)
	}
	var packages []goPackage
	for d := json.NewDecoder(&stdout); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		packages = append(packages, p)
	}
}

func goCommand() string {
	if s := os.Getenv("GO"); s != "" {
		return s
	}
	return "go"
}

//go:embed injected.txt
var injected string

// An overlay is a set of files that the go command sees in place of those on disk, by path.
type overlay map[string]string

// mutants finds all mutants of packages, and returns the files that have them.
func mutants(patterns []string) ([]*Mutant, overlay, error) {
	packages, err := list(append([]string{"-export", "-deps"}, patterns...)...)
	if err != nil {
		return nil, nil, err
	}
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })

	var all []*Mutant
	files := overlay{}
	id := 0
	next := func() int { id++; return id }
	for _, p := range packages {
		if p.DepOnly {
			continue
		}
		found, err := mutatePackage(p, fset, imports, next, files)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		all = append(all, found...)
		files[filepath.Join(p.Dir, "zz_mutants.go")] = fmt.Sprintf("package %s\n%s\nconst mutant_count = %d\n", p.Name, injected, id)
	}
	number(all)
	return all, files, nil
}

// mutatePackage puts the files of one package, with its mutants, among the others.
func mutatePackage(p goPackage, fset *token.FileSet, imports types.Importer, next func() int, files overlay) ([]*Mutant, error) {
	var parsed []*ast.File
	sources := map[*ast.File][]byte{}
	for _, name := range p.GoFiles {
		path := filepath.Join(p.Dir, name)
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed, sources[f] = append(parsed, f), src
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	pkg, err := (&types.Config{Importer: imports}).Check(p.ImportPath, fset, parsed, info)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Rel(p.Module.Dir, p.Dir)
	if err != nil {
		return nil, err
	}
	var all []*Mutant
	k := learn(parsed, info)
	for _, f := range parsed {
		path := fset.Position(f.Package).Filename
		m := mutator{dir: dir, pkg: pkg, info: info, known: k, fset: fset, file: f, path: path, src: sources[f], nextID: next}
		found, text := m.mutate()
		all = append(all, found...)
		files[path] = text
	}
	return all, nil
}

// number makes the keys of mutants unique.
func number(all []*Mutant) {
	seen := map[string]int{}
	for _, m := range all {
		key := m.Key
		if seen[key]++; seen[key] > 1 {
			m.Key = fmt.Sprintf("%s #%d", key, seen[key])
		}
	}
}

// write writes the files of an overlay under a directory, and returns the path of what go's -overlay takes.
func (o overlay) write(dir string) (string, error) {
	replace := map[string]string{}
	for path, text := range o {
		name := filepath.Join(dir, strings.ReplaceAll(path, string(filepath.Separator), "_"))
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			return "", err
		}
		replace[path] = name
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, data, 0o666)
}
