// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"iter"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Scope determines which services [Read], [ReadStable] and [Plan] are about. Give the
// same one to all of them. Without a scope they cover all services, as with
// the zero Scope; with several, the services that are in each of them.
type Scope struct {
	contains func(ipvsnl.ServiceKey) bool // nil for all
	keys     []ipvsnl.ServiceKey          // all keys in the scope; nil if they are not known
}

// Within returns the scope of the services for whose keys mine returns true. To find
// them, all services are listed when the table is read.
func Within(mine func(key ipvsnl.ServiceKey) bool) Scope { return Scope{contains: mine} }

// Only returns the scope of the services with these keys, whether they exist or not. When
// the table is read, the kernel is asked for each of them, and nothing is listed: in a
// large table this is faster for a few services.
func Only(keys ...ipvsnl.ServiceKey) Scope {
	set := make(map[ipvsnl.ServiceKey]bool, len(keys))
	for _, key := range keys {
		set[key] = true
	}
	return Scope{
		contains: func(key ipvsnl.ServiceKey) bool { return set[key] },
		keys:     append([]ipvsnl.ServiceKey{}, keys...),
	}
}

// An intersection is the scope of the services that are in each of its scopes.
type intersection []Scope

func (in intersection) contains(key ipvsnl.ServiceKey) bool {
	for _, s := range in {
		if s.contains != nil && !s.contains(key) {
			return false
		}
	}
	return true
}

// services returns an iterator over services, which include those in the scope. The
// caller must stop at an error.
func (in intersection) services(ctx context.Context, r Reader) iter.Seq2[ipvsnl.ServiceState, error] {
	for _, s := range in {
		if s.keys != nil {
			return servicesOf(ctx, r, s.keys)
		}
	}
	return r.EachService(ctx)
}

// servicesOf returns an iterator over the existing services with these keys. The caller
// must stop at an error.
func servicesOf(ctx context.Context, r Reader, keys []ipvsnl.ServiceKey) iter.Seq2[ipvsnl.ServiceState, error] {
	return func(yield func(ipvsnl.ServiceState, error) bool) {
		for _, key := range keys {
			s, err := r.Service(ctx, key)
			if errors.Is(err, ipvsnl.ErrServiceNotFound) {
				continue
			}
			if !yield(s, err) {
				return
			}
		}
	}
}
