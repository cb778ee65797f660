// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package ipvsnl

import "errors"

func numberOf(error) errno { return 0 }

func errnoError(errno) error { return errors.ErrUnsupported }

func isErrno(error) bool { return false }
