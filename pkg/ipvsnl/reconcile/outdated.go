// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// compare reads again the entries that changes edit or delete, and stops if any of them
// has changed.
func (a *applier) compare(ctx context.Context, changes []ipvsnl.Change) error {
	now, err := a.readAgain(ctx, changes)
	if err != nil {
		return err
	}
	entries := now.index()
	for i := range changes {
		key := changes[i].Service.Key
		if !fits(&changes[i], a.current[key], entries[key]) {
			a.stop = &OutdatedError{Change: changes[i]}
			return nil
		}
	}
	return nil
}

// readAgain reads the services that changes are about, if these edit or delete something.
func (a *applier) readAgain(ctx context.Context, changes []ipvsnl.Change) (Table, error) {
	var keys []ipvsnl.ServiceKey
	seen := make(map[ipvsnl.ServiceKey]bool)
	for i := range changes {
		if key := changes[i].Service.Key; replaces(&changes[i]) && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	t, err := Read(ctx, a.reader, Only(keys...))
	if errors.Is(err, ipvsnl.ErrChanged) {
		err = nil // a missing entry does not fit
	}
	return t, err
}
