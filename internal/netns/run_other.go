// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package netns

import (
	"errors"
	"os"
)

func open(path string) (*os.File, error) { return os.Open(path) }

// Run fails unless n is nil: only Linux has network namespaces.
func (n *Namespace) Run(f func() error) error {
	if n == nil {
		return f()
	}
	return errors.ErrUnsupported
}

func (n *Namespace) duplicate() (*os.File, error) { return nil, errors.ErrUnsupported }
