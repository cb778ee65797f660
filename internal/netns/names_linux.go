// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// Names returns the namespaces that have names.
func Names() (names []string) {
	for _, dir := range dirs {
		more, _ := files.Names(dir)
		names = append(names, more...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
