package json

// This file writes and reads strings. What is no UTF-8 has no form: neither is it written, nor is it read from bytes or from half a surrogate pair.

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendText appends a JSON string.
func AppendText(b []byte, text string) ([]byte, error) {
	b, fault := appendText(b, text)
	return b, asError(fault)
}

func appendText(b []byte, text string) ([]byte, *Fault) {
	start, high := 0, false
	b = append(b, '"')
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			high = true
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, text[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	if high && !utf8.ValidString(text) {
		return b, faultf("a string is no text of UTF-8")
	}
	return append(append(b, text[start:]...), '"'), nil
}

// text reads a string.
func (r *reader) text() (string, *Fault) {
	raw, escaped, fault := r.rawText()
	if fault != nil {
		return "", fault
	}
	if !escaped {
		return string(raw), nil
	}
	return unescaped(raw)
}

// rawText gives what is between the quotes, with a look at everything but escapes.
func (r *reader) rawText() (raw []byte, escaped bool, fault *Fault) {
	if r.at >= len(r.b) || r.b[r.at] != '"' {
		return nil, false, r.not("a string")
	}
	start, high := r.at+1, false
	for i := start; i < len(r.b); i++ {
		switch c := r.b[i]; {
		case c == '"':
			raw = r.b[start:i]
			if high && !utf8.Valid(raw) {
				return nil, false, faultf("a string is no text of UTF-8, at byte %d", start)
			}
			r.at = i + 1
			return raw, escaped, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return nil, false, faultf("a string has a control character, at byte %d", i)
		case c >= utf8.RuneSelf:
			high = true
		}
	}
	return nil, false, faultf("a string has no end")
}

func unescaped(raw []byte) (string, *Fault) {
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			b = append(b, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case '"', '\\', '/':
			b = append(b, raw[i])
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			char, used := escape(raw[i-1:])
			if used == 0 {
				return "", faultf("a string has an escape that is no character: %q", shortened(string(raw[i-1:])))
			}
			b = utf8.AppendRune(b, char)
			i += used - 2
		default:
			return "", faultf("a string has an unknown escape: \\%c", raw[i])
		}
	}
	return string(b), nil
}

// escape reads \uXXXX, or two of them for one character; no bytes are used where there is none.
func escape(raw []byte) (char rune, used int) {
	first, ok := unit(raw)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	second, ok := unit(raw[6:])
	if char = utf16.DecodeRune(first, second); !ok || char == utf8.RuneError {
		return 0, 0
	}
	return char, 12
}

func unit(raw []byte) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	value, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return rune(value), err == nil
}
