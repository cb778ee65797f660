// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// ErrKept means that services or destinations were not deleted, or not drained, because
// another change had failed. A [KeptError] wraps it.
var ErrKept = errors.New("some changes failed, so nothing was deleted or drained")

// A KeptError has the changes that [Apply] skipped, so that what serves clients continues
// to do so: those that delete something or set a weight to 0.
type KeptError struct {
	Changes []ipvsnl.Change
}

func (e *KeptError) Error() string { return ErrKept.Error() }

// Unwrap returns ErrKept.
func (e *KeptError) Unwrap() error { return ErrKept }

// An OutdatedError means that the table has changed since the plan of [ApplyTo] was
// made. The changes before Change were made, or have failed; of those sent together with
// it some may have been made, and the rest was not sent.
type OutdatedError struct {
	Change ipvsnl.Change // the first change that no longer fits the table
	Err    error         // why the kernel refused it; nil if it was not sent
}

// Error returns the change that no longer fits the table.
func (e *OutdatedError) Error() string {
	if e.Err != nil {
		return "the table has changed since it was read: " + e.Err.Error()
	}
	return e.Change.String() + ": it has changed since it was read"
}

// Unwrap returns e.Err.
func (e *OutdatedError) Unwrap() error { return e.Err }
