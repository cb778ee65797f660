// SPDX-License-Identifier: Apache-2.0

package flags

// A Row describes a command or an option in the table of options, for everything that has to
// agree with it: manual and help.
type Row struct {
	Short string // "-s"; empty for none, as is Long
	Long  string // "--scheduler"
	Value string // the name of the value in the help; empty for none
	Help  string

	// Options are those that a command accepts, except -6 and --sort,
	// which no command refuses.
	Options []Row
}

// Rows returns the commands and all the options.
func Rows() (commandRows, optionRows []Row) {
	for i := range options {
		o := &options[i]
		switch {
		case o.heading != "":
		default:
			if o.verb != noVerb {
				r := o.row()
				r.Options = optionsOf(o.verb)
				commandRows = append(commandRows, r)
			}
			if o.verb == noVerb || o.id != noOption {
				optionRows = append(optionRows, o.asOption())
			}
		}
	}
	return commandRows, optionRows
}

func (o *option) row() Row {
	r := Row{Value: o.value, Help: o.help}
	if o.short != 0 {
		r.Short = "-" + string(rune(o.short))
	}
	if o.long != "" {
		r.Long = "--" + o.long
	}
	return r
}

// asOption returns the row of an option after the command. A value in the help of one that can also be the command
// belongs to that.
func (o *option) asOption() Row {
	r := o.row()
	if o.verb != noVerb {
		r.Value = ""
	}
	return r
}

// optionsOf returns the options that a command accepts.
func optionsOf(v verb) []Row {
	var fit optionSet
	if c := &commands[v]; c.name != "" {
		fit = c.rules.all() | everywhere
	}
	var rows []Row
	for i := range options {
		if o := &options[i]; fit.has(o.id) {
			rows = append(rows, o.asOption())
		}
	}
	return rows
}
