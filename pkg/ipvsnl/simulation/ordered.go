// SPDX-License-Identifier: Apache-2.0

package simulation

import "slices"

// An ordered is a map to values other than the zero V that keeps the order in which its
// keys were added.
type ordered[K comparable, V comparable] struct {
	index map[K]int
	items []V // the zero V where one was deleted
}

// add adds a value. Its key must not exist.
func (o *ordered[K, V]) add(key K, value V) {
	if o.index == nil {
		o.index = map[K]int{}
	}
	o.index[key] = len(o.items)
	o.items = append(o.items, value)
}

// get returns the value of a key, or the zero V.
func (o *ordered[K, V]) get(key K) (value V) {
	if i, ok := o.index[key]; ok {
		value = o.items[i]
	}
	return value
}

// delete deletes the value of a key and reports whether it existed.
func (o *ordered[K, V]) delete(key K) bool {
	i, ok := o.index[key]
	if !ok {
		return false
	}
	var zero V
	delete(o.index, key)
	o.items[i] = zero
	if len(o.items) > 2*len(o.index) {
		o.compact()
	}
	return true
}

// compact drops the places of what was deleted.
func (o *ordered[K, V]) compact() {
	var zero V
	kept := make([]V, 0, len(o.index))
	moved := make([]int, len(o.items))
	for i, v := range o.items {
		moved[i] = len(kept)
		if v != zero {
			kept = append(kept, v)
		}
	}
	o.items = kept
	for key, i := range o.index {
		o.index[key] = moved[i]
	}
}

// all yields the values in order.
func (o *ordered[K, V]) all(yield func(V) bool) {
	var zero V
	for _, v := range o.items {
		if v != zero && !yield(v) {
			return
		}
	}
}

// backward yields the values in reverse order.
func (o *ordered[K, V]) backward(yield func(V) bool) {
	var zero V
	for _, v := range slices.Backward(o.items) {
		if v != zero && !yield(v) {
			return
		}
	}
}
