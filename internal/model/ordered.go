package model

// An ordered is a map that knows the order in which its keys were added.
type ordered[K comparable, V any] struct {
	index map[K]int
	items []item[V]
}

// An item is a value, or the place of one that was deleted.
type item[V any] struct {
	value   V
	deleted bool
}

// add adds a value, unless there is one of that key.
func (o *ordered[K, V]) add(key K, value V) bool {
	if _, ok := o.index[key]; ok {
		return false
	}
	if o.index == nil {
		o.index = map[K]int{}
	}
	o.index[key] = len(o.items)
	o.items = append(o.items, item[V]{value: value})
	return true
}

// get returns the value of a key, or nil.
func (o *ordered[K, V]) get(key K) *V {
	i, ok := o.index[key]
	if !ok {
		return nil
	}
	return &o.items[i].value
}

// delete deletes the value of a key, if there is one.
func (o *ordered[K, V]) delete(key K) bool {
	i, ok := o.index[key]
	if ok {
		delete(o.index, key)
		o.items[i] = item[V]{deleted: true}
	}
	return ok
}

// all yields the values in order.
func (o *ordered[K, V]) all(yield func(V) bool) {
	for i := range o.items {
		if it := &o.items[i]; !it.deleted && !yield(it.value) {
			return
		}
	}
}
