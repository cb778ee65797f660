// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package netns

import (
	"errors"
	"os"
)

const openFlags = os.O_RDONLY

// Run fails: only Linux has network namespaces.
func (n *Namespace) Run(func() error) error { return errors.ErrUnsupported }
