// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A summable layout can have sums.
type summable interface {
	layout
	WithTotals(kernel *ipvsnl.Stats) layout
}

// withTotals returns a layout with sums, if a listing is to have them.
func (l *lister) withTotals(ctx context.Context, c *flags.Command, plain summable) (layout, error) {
	if !c.Listing.Total {
		return plain, nil
	}
	kernel, err := l.kernelTotals(ctx, c)
	return plain.WithTotals(kernel), err
}

// kernelTotals returns the totals of the namespace, if the listing is of all of its services and has such figures.
func (l *lister) kernelTotals(ctx context.Context, c *flags.Command) (*ipvsnl.Stats, error) {
	how := &c.Listing
	if c.OneService || c.Selection != (flags.Selection{}) || !how.JSON && !how.Stats && !how.Rate {
		return nil, nil
	}
	t, err := l.totals(ctx)
	return &t, err
}
