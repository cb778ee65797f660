// SPDX-License-Identifier: Apache-2.0

// Package recipes runs the pages of docs/recipes: their networks, their files and their commands, whose output must be what
// the pages show. docs/recipes/WRITING.md describes how pages are written.
package recipes

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Page is a recipe.
type Page struct {
	Name   string // of its file, without .md
	Title  string
	Kernel string // one of the package kernels that it is run on, or "" for user-mode Linux
	Ports  []Port
	Steps  []Step
	Ways   []string // of doing it, one of which a run takes; one empty way if there is only one
}

// A Port is a row of a page's table of the network: an interface of a machine.
type Port struct {
	Machine, Interface, Network string
	Addresses, Gateways         []string
}

// A Step is a command of a page, or a file to write.
type Step struct {
	Line     int // of the page
	Heading  string
	Way      string // only in runs of this way; "" in all of them
	Machines []string
	User     bool   // not root
	Command  string // "" for a file
	Want     string // what the command prints
	AnyOrder bool   // of the lines that it prints
	Retry    bool   // until it prints that
	File     string
	Text     string // of the file
	Link     string // to the file of the repository that it is a copy of, or ""
}

var (
	comment     = regexp.MustCompile(`^<!-- (.*) -->$`)
	heading     = regexp.MustCompile(`^#+ (.*)$`)
	fence       = regexp.MustCompile("^```(.*)$")
	prompt      = regexp.MustCompile(`^([a-z0-9]+(?:,[a-z0-9]+)*)([#$]) (.*)$`)
	fileTitle   = regexp.MustCompile("`(/[^`]+)` on ([a-z0-9]+(?:(?:, | and )[a-z0-9]+)*):$")
	fileLink    = regexp.MustCompile("`(/[^`]+)` on ([a-z0-9]+(?:(?:, | and )[a-z0-9]+)*) is \\[[^]]+\\]\\(([^)]+)\\)")
	hereDoc     = regexp.MustCompile(`<<'?([A-Z]+)'?`)
	networkHead = "| machine | interface | network | address | gateway |"
	install     = regexp.MustCompile(`^(?:apt-get|apt) install((?: [a-z0-9][a-z0-9+.-]*)+)$`)
)

// ReadPages reads all pages of a directory.
func ReadPages(dir string) ([]*Page, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return nil, err
	}
	var pages []*Page
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if strings.ToUpper(name) == name { // README and WRITING are about the pages
			continue
		}
		page, err := readPage(dir, name)
		if err != nil {
			return nil, err
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// readPage reads a page with the files of the repository that it links to for its machines.
func readPage(dir, name string) (*Page, error) {
	text, err := os.ReadFile(filepath.Join(dir, name+".md"))
	if err != nil {
		return nil, err
	}
	page, err := parse(name, string(text))
	if err != nil {
		return nil, err
	}
	return page, page.readLinks(dir)
}

// readLinks reads the files that the page, which is in this directory, links to.
func (p *Page) readLinks(dir string) error {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Link == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, s.Link))
		if err != nil {
			return fmt.Errorf("docs/recipes/%s.md:%d: %w", p.Name, s.Line, err)
		}
		s.Text = string(text)
	}
	return nil
}

// A parser reads a page line by line.
type parser struct {
	page    *Page
	lines   []string
	at      int    // the next line
	heading string // the last
	before  string // the last line that is not empty
	block   Step   // what the comment before a block says of its steps
	err     error
}

// parse reads a page.
func parse(name, text string) (*Page, error) {
	p := &parser{page: &Page{Name: name}, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	for p.at < len(p.lines) && p.err == nil {
		p.line()
	}
	if p.err == nil && len(p.page.Ports) == 0 {
		p.fail("there is no table of the network")
	}
	if p.err != nil {
		return nil, p.err
	}
	p.page.Ways = ways(p.page.Steps)
	return p.page, nil
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("docs/recipes/%s.md:%d: %s", p.page.Name, p.at, fmt.Sprintf(format, args...))
	}
}

func (p *parser) next() string {
	line := p.lines[p.at]
	p.at++
	return line
}

// line reads what begins with the next line.
func (p *parser) line() {
	line := p.next()
	switch {
	case heading.MatchString(line):
		p.heading = heading.FindStringSubmatch(line)[1]
		if p.page.Title == "" {
			p.page.Title = p.heading
		}
	case comment.MatchString(line):
		p.settings(comment.FindStringSubmatch(line)[1])
		return
	case line == networkHead:
		p.network()
	case fileLink.MatchString(line):
		m := fileLink.FindStringSubmatch(line)
		p.add(Step{Line: p.at, Heading: p.heading, Machines: names(m[2]), File: m[1], Link: m[3]})
	case fence.MatchString(line):
		p.fenced(fence.FindStringSubmatch(line)[1])
		p.block = Step{}
	}
	if line != "" {
		p.before = line
	}
}

// settings reads a comment: about the page or about the next block.
func (p *parser) settings(text string) {
	for setting := range strings.SplitSeq(text, ", ") {
		key, value, _ := strings.Cut(setting, ": ")
		switch {
		case key == "kernel" && value != "":
			p.page.Kernel = value
		case key == "way" && value != "":
			p.block.Way = value
		case setting == "any order":
			p.block.AnyOrder = true
		case setting == "retry":
			p.block.Retry = true
		default:
			p.fail("no comment is known by %q", setting)
		}
	}
}

// network reads the rows of the table of the network.
func (p *parser) network() {
	for p.next(); p.at < len(p.lines) && strings.HasPrefix(p.lines[p.at], "|"); {
		cells := strings.Split(strings.Trim(p.next(), "|"), "|")
		if len(cells) != 5 {
			p.fail("the row has %d cells", len(cells))
			return
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		p.page.Ports = append(p.page.Ports, Port{cells[0], cells[1], cells[2], list(cells[3]), list(cells[4])})
	}
}

// list returns the parts of a cell that have commas between them.
func list(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ' ' })
}

// fenced reads a block of code.
func (p *parser) fenced(language string) {
	first := p.at
	for p.at < len(p.lines) && p.lines[p.at] != "```" {
		p.at++
	}
	block := p.lines[first:p.at]
	if p.at == len(p.lines) {
		p.fail("the block that begins at line %d does not end", first)
		return
	}
	p.at++
	title := fileTitle.FindStringSubmatch(p.before)
	switch {
	case title != nil:
		p.file(first, title[1], title[2], block)
	case language == "console":
		p.console(first, block)
	case language != "text":
		p.fail("a block of %q is neither console nor text, nor a file", language)
	}
}

// file adds a file.
func (p *parser) file(line int, name, machines string, block []string) {
	s := p.block
	s.Line, s.Heading, s.File = line, p.heading, name
	s.Machines = names(machines)
	s.Text = strings.Join(block, "\n") + "\n"
	p.add(s)
}

// names returns the machines of "a, b and c".
func names(text string) []string { return strings.Split(strings.ReplaceAll(text, " and ", ", "), ", ") }

// add adds a step, if the machines exist.
func (p *parser) add(s Step) {
	for _, name := range s.Machines {
		if !slices.Contains(p.page.Machines(), name) {
			p.fail("the network has no machine %q", name)
		}
	}
	p.page.Steps = append(p.page.Steps, s)
}

// console adds commands with what they print.
func (p *parser) console(line int, block []string) {
	var current *Step
	for i := 0; i < len(block); i++ {
		machines, user, command, isCommand := p.prompt(block[i])
		switch {
		case isCommand:
			if current != nil {
				p.add(*current)
			}
			s := p.block
			s.Line, s.Heading, s.Machines, s.User = line+i+1, p.heading, machines, user
			more := continuation(command, block[i+1:])
			s.Command = strings.Join(append([]string{command}, block[i+1:i+1+more]...), "\n")
			i += more
			current = &s
		case current == nil:
			p.fail("the block at line %d does not begin with the prompt of a machine", line)
			return
		default:
			current.Want += block[i] + "\n"
		}
	}
	if current == nil {
		p.fail("the block at line %d is empty", line)
		return
	}
	p.add(*current)
}

// prompt splits a line into its prompt and a command. Only those of the network's machines are prompts.
func (p *parser) prompt(line string) (machines []string, user bool, command string, ok bool) {
	m := prompt.FindStringSubmatch(line)
	if m == nil {
		return nil, false, "", false
	}
	machines = strings.Split(m[1], ",")
	for _, name := range machines {
		if !slices.Contains(p.page.Machines(), name) {
			return nil, false, "", false
		}
	}
	return machines, m[2] == "$", m[3], true
}

// continuation returns how many of the next lines belong to a command: after a backslash, and up to the end of a document
// that is in them.
func continuation(command string, next []string) int {
	n := 0
	for last := command; strings.HasSuffix(last, `\`) && n < len(next); n++ {
		last = next[n]
	}
	for _, m := range hereDoc.FindAllStringSubmatch(command, -1) {
		if end := slices.Index(next[n:], m[1]); end >= 0 {
			n += end + 1
		}
	}
	return n
}

// Machines returns the names of the machines, in the order of the table.
func (p *Page) Machines() (names []string) {
	for _, port := range p.Ports {
		if !slices.Contains(names, port.Machine) {
			names = append(names, port.Machine)
		}
	}
	return names
}

// ways returns the ways of a page, in their order.
func ways(steps []Step) (all []string) {
	for _, s := range steps {
		if s.Way != "" && !slices.Contains(all, s.Way) {
			all = append(all, s.Way)
		}
	}
	if all == nil {
		return []string{""}
	}
	return all
}

// Takes reports whether a run of a way takes a step.
func (s *Step) Takes(way string) bool { return s.Way == "" || s.Way == way }

// Packages returns what the step has installed, and whether it does nothing else.
func (s *Step) Packages() ([]string, bool) {
	m := install.FindStringSubmatch(s.Command)
	if m == nil {
		return nil, false
	}
	return strings.Fields(m[1]), true
}

// Packages returns what a run of a way has installed on a machine from the start, in order: all but ours.
func (p *Page) Packages(machine, way string) (names []string) {
	for _, s := range p.Steps {
		packages, isInstall := s.Packages()
		if isInstall && s.Takes(way) && slices.Contains(s.Machines, machine) {
			names = append(names, packages...)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == ours })
	slices.Sort(names)
	return slices.Compact(names)
}
