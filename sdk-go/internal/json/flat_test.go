package json

// Flat values are written from memory as they are by reflection.

import (
	"math"
	"reflect"
	"testing"
)

type word string

type Place struct {
	Row, Column int16
}

type flatValue struct {
	Place
	No     bool
	A      int
	B      int8 `json:"b"`
	C      int32
	D      int64
	E      uint
	F      uint8
	G      uint16
	H      uint32
	I      uint64
	J      uintptr
	Ratio  float64 `json:"ratio"`
	Small  float32
	Word   word `json:"wörd"`
	Skip   int  `json:"-"`
	Grid   [2][3]uint8
	Places [2]Place
	Empty  struct{}
}

func TestAFlatValueIsWrittenFromMemoryAsByReflection(t *testing.T) {
	value := flatValue{
		Place: Place{-1, math.MaxInt16}, No: true, A: math.MinInt64, B: -128, C: math.MinInt32, D: math.MaxInt64, E: math.MaxUint64, F: 255, G: 65535,
		H: math.MaxUint32, I: math.MaxUint64, J: 7, Ratio: 1e-9, Small: 0.1, Word: "ünï \" \n", Skip: 3, Grid: [2][3]uint8{{1, 2, 3}, {4}}, Places: [2]Place{{1, 2}, {3, 4}},
	}
	bothWays(t, &value)
	value.Places[1].Row, value.Ratio = 0, math.Inf(1)
	bothWays(t, &value)
	value.Ratio, value.Word = 0, "\xff"
	bothWays(t, &value)
	bothWays(t, &flatValue{})
	bothWays(t, &struct {
		In [3]struct{ Deep [2]float32 }
	}{[3]struct{ Deep [2]float32 }{2: {[2]float32{1, float32(math.NaN())}}}})
}

// bothWays writes a value as it is written, and by the way of values that have kept fields.
func bothWays[T any](t *testing.T, value *T) {
	t.Helper()
	if planOf(reflect.TypeFor[T]()).flat == nil {
		t.Fatalf("%T is not flat", *value)
	}
	text, err := appendState(value, State{Settle: true})
	same, general := appendState(value, State{Settle: true, Kept: &Kept{}})
	if string(text) != string(same) || (err == nil) != (general == nil) || (err != nil && err.Error() != general.Error()) {
		t.Errorf("%s %v\nis by reflection\n%s %v", text, err, same, general)
	}
}

func TestWhatIsMoreThanItsMemoryIsNotFlat(t *testing.T) {
	type quotedOne struct {
		N int `json:",string"`
	}
	type omitted struct {
		N int `json:",omitempty"`
	}
	type pointed struct{ *Place }
	for _, value := range []any{quotedOne{}, omitted{}, pointed{}, []int{}, map[string]int{}, struct{ At any }{}, sample(), sample().Home.When, sample().Number, sample().Address} {
		if planOf(reflect.TypeOf(value)).flat != nil {
			t.Errorf("%T is flat", value)
		}
	}
}

func TestAFlatTypeOfTooManyLevelsIsRefused(t *testing.T) {
	typ := reflect.TypeFor[int]()
	for range DepthMax + 1 {
		typ = reflect.ArrayOf(1, typ)
	}
	if _, err := AppendValue(nil, reflect.New(typ).Elem()); err == nil {
		t.Error("it was written")
	}
	if _, err := AppendValue(nil, reflect.New(typ.Elem()).Elem()); err != nil {
		t.Error(err)
	}
}
