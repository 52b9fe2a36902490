package json

// This file walks a text: white space, numbers, and values that are passed over. Each byte is looked at once.

// reader is a place in a text.
type reader struct {
	b       []byte
	at      int
	depth   int
	options Options
	// depthMax is another bound than the reader's own where it is not 0.
	depthMax int
	// kept is what the value that was read last holds of unknown fields.
	kept *Kept
}

func (r *reader) space() {
	for r.at < len(r.b) {
		switch r.b[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// next is the byte that a value begins with, 0 at the end.
func (r *reader) next() byte {
	if r.at < len(r.b) {
		return r.b[r.at]
	}
	return 0
}

func (r *reader) enter() *Fault {
	most := readDepthMax
	if r.depthMax > 0 {
		most = r.depthMax
	}
	if r.depth++; r.depth > most {
		return faultf("there are more than %d values within one another", most)
	}
	return nil
}

func (r *reader) leave() { r.depth-- }

// not says what there is instead of what is wanted.
func (r *reader) not(wanted string) *Fault {
	there := "a character that begins no value"
	switch c := r.next(); {
	case r.at >= len(r.b):
		there = "the end"
	case c == '{':
		there = "an object"
	case c == '[':
		there = "a list"
	case c == '"':
		there = "a string"
	case c == 't' || c == 'f':
		there = "a boolean"
	case c == 'n':
		there = "null"
	case c == '-' || (c >= '0' && c <= '9'):
		if copied := (&reader{b: r.b, at: r.at}); true {
			if text, fault := copied.number(); fault == nil {
				return faultf("%s does not fit %s", shortened(string(text)), wanted)
			}
		}
		there = "a number"
	}
	return faultf("%s does not fit %s", there, wanted)
}

// word passes over true, false or null.
func (r *reader) word(word string) *Fault {
	if len(r.b)-r.at < len(word) || string(r.b[r.at:r.at+len(word)]) != word {
		return faultf("there is no value at byte %d", r.at)
	}
	r.at += len(word)
	return nil
}

// isNull passes over null where it is there.
func (r *reader) isNull() bool { return r.next() == 'n' && r.word("null") == nil }

// number passes over a number and gives its text.
func (r *reader) number() (text []byte, fault *Fault) {
	start := r.at
	if r.next() == '-' {
		r.at++
	}
	switch c := r.next(); {
	case c == '0':
		r.at++
	case c >= '1' && c <= '9':
		r.digits()
	default:
		return nil, faultf("there is no number at byte %d", start)
	}
	if r.next() == '.' {
		r.at++
		if r.digits() == 0 {
			return nil, faultf("a number lacks digits at byte %d", r.at)
		}
	}
	if c := r.next(); c == 'e' || c == 'E' {
		r.at++
		if c := r.next(); c == '+' || c == '-' {
			r.at++
		}
		if r.digits() == 0 {
			return nil, faultf("a number lacks digits at byte %d", r.at)
		}
	}
	return r.b[start:r.at], nil
}

func (r *reader) digits() (count int) {
	for r.at < len(r.b) && r.b[r.at] >= '0' && r.b[r.at] <= '9' {
		r.at++
		count++
	}
	return count
}

// skip passes over a whole value.
func (r *reader) skip() *Fault {
	switch c := r.next(); c {
	case '"':
		raw, escaped, fault := r.rawText()
		if fault == nil && escaped {
			_, fault = unescaped(raw)
		}
		return fault
	case '[':
		return r.list(func(int) *Fault { return r.skip() })
	case '{':
		return r.object(func(string) *Fault { return r.skip() })
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	default:
		if c != '-' && (c < '0' || c > '9') {
			return faultf("there is no value at byte %d", r.at)
		}
		_, fault := r.number()
		return fault
	}
}

// list walks a list; each is called at an item, and passes over it.
func (r *reader) list(each func(index int) *Fault) *Fault {
	if r.next() != '[' {
		return r.not("a list")
	}
	if fault := r.enter(); fault != nil {
		return fault
	}
	r.at++
	r.space()
	if r.next() == ']' {
		r.at++
		r.leave()
		return nil
	}
	for index := 0; ; index++ {
		r.space()
		if fault := each(index); fault != nil {
			return fault
		}
		r.space()
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			r.leave()
			return nil
		default:
			return faultf("a list has no comma or end at byte %d", r.at)
		}
	}
}

// object walks an object; each is called at a member's value, and passes over it.
func (r *reader) object(each func(name string) *Fault) *Fault {
	return r.members(func(name []byte) *Fault { return each(string(name)) })
}

// members is as object, with names that are good until the value has been read.
func (r *reader) members(each func(name []byte) *Fault) *Fault {
	if r.next() != '{' {
		return r.not("an object")
	}
	if fault := r.enter(); fault != nil {
		return fault
	}
	r.at++
	r.space()
	if r.next() == '}' {
		r.at++
		r.leave()
		return nil
	}
	for {
		r.space()
		if r.next() != '"' {
			return faultf("an object has no name at byte %d", r.at)
		}
		name, escaped, fault := r.rawText()
		if fault == nil && escaped {
			var text string
			text, fault = unescaped(name)
			name = []byte(text)
		}
		if fault != nil {
			return fault
		}
		r.space()
		if r.next() != ':' {
			return faultf("an object has no colon at byte %d", r.at)
		}
		r.at++
		r.space()
		if fault := each(name); fault != nil {
			return fault
		}
		r.space()
		switch r.next() {
		case ',':
			r.at++
		case '}':
			r.at++
			r.leave()
			return nil
		default:
			return faultf("an object has no comma or end at byte %d", r.at)
		}
	}
}
