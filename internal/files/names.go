// SPDX-License-Identifier: Apache-2.0

package files

import "slices"

// Names returns the names in a directory, in order; with an error, those that could be read.
func Names(dir string) ([]string, error) {
	d, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}
