package main

// The catalogue of actors, part 4: states of every declared type, and what does not belong there.

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"time"

	everact "github.com/everact/everact-go"
)

// Typed has a field of each sort.
type Typed struct {
	Count int64     `json:"count"`
	Ratio float64   `json:"ratio"`
	Title string    `json:"title"`
	Tags  []string  `json:"tags"`
	When  time.Time `json:"when"`
	Free  any       `json:"free"`
}

func newTyped() *Typed {
	return &Typed{Ratio: 0.5, Tags: []string{}, When: time.Unix(0, 0).UTC()}
}

// free are the values that way puts into the field free. Where the ways of other languages are of no use in Go, whose compiler refuses them, it is a
// value that has no form.
var free = map[string]func() any{
	"shared":            func() any { held := []any{}; return []any{&held, &held} },
	"set_in_free":       func() any { return map[string]struct{}{"a": {}, "b": {}} },
	"map_in_free":       func() any { return map[string]int{"a": 1} },
	"time_in_free":      func() any { return time.Unix(9*24*3600, 5000).UTC() },
	"bytes_in_free":     func() any { return []byte{0, 255} },
	"tuple_in_free":     func() any { return [2]any{1, "a"} },
	"wrong_type":        func() any { return make(chan int) },
	"wrong_type_inside": func() any { return []any{1, func() {}} },
	"missing":           func() any { return func() {} },
	"nan_inside":        func() any { return map[string]any{"a": []any{1, math.NaN()}} },
	"cycle":             func() any { return cycle() },
	"not_unicode_key":   func() any { return map[string]any{"\xff": 1} },
	"not_data":          func() any { return func() {} },
	"odd_keys":          func() any { return map[[2]int]int{{1, 2}: 3} },
	"too_deep":          func() any { return levels(200) },
	"integer_too_big":   func() any { return uint64(1 << 63) },
}

func (s *Typed) assign(way string) error {
	switch way {
	case "fine":
		*s = Typed{
			Count: 9007199254740993, Ratio: 1.5, Title: "ok", Tags: []string{"a", "b"}, When: time.Date(2026, 1, 2, 3, 4, 5, 678000000, time.UTC),
			Free: map[string]any{"a": []any{1, nil, true, "x"}},
		}
	case "nothing":
		s.Title = fmt.Sprint(s.Title)
	case "nan":
		s.Ratio = math.NaN()
	case "infinity":
		s.Ratio = math.Inf(-1)
	case "not_unicode":
		s.Title = "a\xff"
	case "time_out_of_range":
		s.When = time.Date(12024, 1, 1, 0, 0, 0, 0, time.UTC)
	default:
		made, ok := free[way]
		if !ok {
			return fmt.Errorf("no way %q", way)
		}
		s.Free = made()
	}
	return nil
}

var typed = everact.NewKind[Typed]("typed", everact.WithNew(newTyped), everact.Exposed())

func init() {
	assign := func(s *Typed, _ *everact.Context, way string) error { return s.assign(way) }
	everact.HandleNoReply(typed, "assign", assign)
	everact.HandleNoReply(typed, "assign_read_only", assign, everact.ReadOnly())
	everact.HandleNoReply(typed, "assign_then_fail", func(s *Typed, _ *everact.Context, way string) error {
		if err := s.assign(way); err != nil {
			return err
		}
		return errBoom
	})
	everact.HandleNothing(typed, "grow", func(s *Typed, _ *everact.Context) error {
		lists := s.Free.([]any)
		lists[0] = append(lists[0].([]any), 1)
		return nil
	})
	everact.HandleNoMessage(typed, "show", func(s *Typed, _ *everact.Context) (Typed, error) { return *s, nil }, everact.ReadOnly())
	everact.HandleNoMessage(typed, "revision", func(_ *Typed, ctx *everact.Context) (int, error) { return int(ctx.Revision()), nil }, everact.ReadOnly())
	everact.HandleNothing(typed, "leave", func(_ *Typed, ctx *everact.Context) error { ctx.Passivate(); return nil })
}

// Decimal, ID and Color are texts that are checked when they are read: Go has none of them.
type (
	Decimal string
	ID      string
	Color   string
)

var (
	decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	uuid    = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	color   = regexp.MustCompile(`^(red|green|blue)$`)
)

func checked[T ~string](into *T, text []byte, form *regexp.Regexp) error {
	if !form.Match(text) {
		return fmt.Errorf("%q is not of the form %v", text, form)
	}
	*into = T(text)
	return nil
}

// UnmarshalText reads a decimal number.
func (d *Decimal) UnmarshalText(text []byte) error {
	if _, ok := new(big.Rat).SetString(string(text)); !ok {
		return fmt.Errorf("%q is no number", text)
	}
	return checked(d, text, decimal)
}

// UnmarshalText reads a UUID.
func (i *ID) UnmarshalText(text []byte) error { return checked(i, text, uuid) }

// UnmarshalText reads a color's name.
func (c *Color) UnmarshalText(text []byte) error { return checked(c, text, color) }

// Home is where somebody lives.
type Home struct {
	Street string `json:"street"`
	Zip    int    `json:"zip"`
}

// Record has a field of every type of the data model.
type Record struct {
	Flag       bool                `json:"flag"`
	Big        int64               `json:"big"`
	Ratio      float64             `json:"ratio"`
	Name       string              `json:"name"`
	Blob       []byte              `json:"blob"`
	Price      Decimal             `json:"price"`
	At         time.Time           `json:"at"`
	Took       time.Duration       `json:"took"`
	ID         ID                  `json:"id"`
	Color      Color               `json:"color"`
	Tags       map[string]struct{} `json:"tags"`
	Scores     map[string]int64    `json:"scores"`
	ByNumber   map[int64]string    `json:"by_number"`
	Note       *string             `json:"note"`
	Home       Home                `json:"home"`
	Homes      []Home              `json:"homes"`
	SecondHome *Home               `json:"second_home"`
}

func newRecord() *Record {
	return &Record{Price: "0", At: time.Unix(0, 0).UTC(), ID: "00000000-0000-0000-0000-000000000000", Color: "red"}
}

var record = everact.NewKind[Record]("record", everact.WithNew(newRecord), everact.Exposed())

func init() {
	everact.HandleNoReply(record, "put", func(r *Record, _ *everact.Context, given Record) error { *r = given; return nil })
	everact.HandleNoMessage(record, "show", func(r *Record, _ *everact.Context) (Record, error) { return *r, nil }, everact.ReadOnly())
	everact.Handle(record, "add_big", func(r *Record, _ *everact.Context, amount int64) (int64, error) {
		r.Big += amount
		return r.Big, nil
	})
	everact.HandleNothing(record, "leave", func(_ *Record, ctx *everact.Context) error { ctx.Passivate(); return nil })
}
