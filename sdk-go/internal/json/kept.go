package json

// This file finds what was kept again when a state is written.

import "reflect"

func (k *Kept) child(name string) *Kept {
	if k == nil {
		return nil
	}
	return k.children[name]
}

func (k *Kept) item(index int) *Kept {
	if k == nil {
		return nil
	}
	return k.items[index]
}

// adopt puts what a value's part has kept into the value's own, which is made where it is missing.
func (k *Kept) adopt(name string, part *Kept) *Kept {
	if part == nil {
		return k
	}
	if k == nil {
		k = &Kept{}
	}
	if k.children == nil {
		k.children = map[string]*Kept{}
	}
	k.children[name] = part
	return k
}

func (k *Kept) adoptItem(index int, part *Kept) *Kept {
	if part == nil {
		return k
	}
	if k == nil {
		k = &Kept{}
	}
	if k.items == nil {
		k.items = map[int]*Kept{}
	}
	k.items[index] = part
	return k
}

func (k *Kept) add(name, text string) *Kept {
	if k == nil {
		k = &Kept{}
	}
	for i := range k.members {
		if k.members[i].name == name {
			k.members[i].text = text
			return k
		}
	}
	k.members = append(k.members, member{name, text})
	return k
}

// moved is what a list has kept, by the places that its items have now. An item is known again by its own text; one that has changed is the item of the
// same place, if that is no other's.
func (k *Kept) moved(elem *plan, list reflect.Value) *Kept {
	if len(k.items) == 0 {
		return nil
	}
	texts := make([]string, list.Len())
	for i := range texts {
		texts[i] = ownText(elem, list.Index(i))
	}
	found, taken := &Kept{items: map[int]*Kept{}}, map[int]bool{}
	settle := func(old, now int) {
		found.items[now] = k.items[old]
		taken[old] = true
	}
	// Those in their place first, then those that have moved, then those that have changed.
	for old, item := range k.items {
		if old < len(texts) && texts[old] == item.known {
			settle(old, old)
		}
	}
	for now, text := range texts {
		for old := 0; old < k.end() && found.items[now] == nil; old++ {
			if item := k.items[old]; item != nil && !taken[old] && item.known == text {
				settle(old, now)
			}
		}
	}
	for old := range k.items {
		if !taken[old] && old < len(texts) && found.items[old] == nil {
			settle(old, old)
		}
	}
	return found
}

// end is behind the last item's place.
func (k *Kept) end() int {
	end := 0
	for old := range k.items {
		end = max(end, old+1)
	}
	return end
}

// ownText is a value's text without what is kept, empty where it cannot be written.
func ownText(elem *plan, v reflect.Value) string {
	w := writer{everything: true}
	if fault := elem.write(&w, v); fault != nil {
		return ""
	}
	return string(w.b)
}
