package json

// Values go out and come back, or are refused with their path.

import (
	stdjson "encoding/json"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

type inner struct {
	Zip  int            `json:"zip"`
	When time.Time      `json:"when"`
	Tags []string       `json:"tags"`
	By   map[int]string `json:"by"`
}

type Base struct {
	ID    uint64
	Level int8 `json:"level,omitempty"`
}

type everything struct {
	Base
	Name    string              `json:"name"`
	Ok      bool                `json:"ok"`
	Ratio   float64             `json:"ratio"`
	Small   float32             `json:"small"`
	Bytes   []byte              `json:"bytes"`
	Took    time.Duration       `json:"took"`
	Home    inner               `json:"home"`
	Others  []*inner            `json:"others"`
	Set     map[string]struct{} `json:"set"`
	Any     any                 `json:"any"`
	Big     big.Int             `json:"big"`
	Quoted  int64               `json:"quoted,string"`
	Address netip.Addr          `json:"address"`
	Grid    [2][2]int           `json:"grid"`
	Raw     stdjson.RawMessage  `json:"raw"`
	Number  stdjson.Number      `json:"number"`
	hidden  func()
	Skipped func() `json:"-"`
}

func sample() everything {
	at := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.FixedZone("", -5*3600-1800))
	return everything{
		Base: Base{ID: math.MaxUint64, Level: -3}, Name: "ünï \" \\ \n \x01 🙂 <&>", Ok: true, Ratio: 1e-7, Small: 0.1,
		Bytes: []byte{0, 255, 7}, Took: -1500 * time.Millisecond, Home: inner{Zip: 1, When: at, Tags: []string{"a"}, By: map[int]string{-1: "x", 10: "y"}},
		Others: []*inner{nil, {Zip: 2, Tags: []string{}, By: map[int]string{}, When: at}}, Set: map[string]struct{}{"b": {}, "a": {}},
		Any: map[string]any{"n": 1.5, "list": []any{"x", nil, true}}, Big: *big.NewInt(0).Lsh(big.NewInt(1), 200), Quoted: math.MinInt64,
		Address: netip.MustParseAddr("10.0.0.1"), Grid: [2][2]int{{1, 2}, {3, 4}}, Raw: stdjson.RawMessage(`{"a":[1]}`), Number: "12.50", hidden: func() {},
	}
}

func appendState[T any](value *T, how State) ([]byte, error) {
	return FormOf[T]().AppendState(nil, value, how)
}

func parseState[T any](text []byte, value *T) (*Kept, error) {
	return FormOf[T]().ParseState(text, value)
}

func TestAValueComesBack(t *testing.T) {
	value := sample()
	text, err := appendState(&value, State{Settle: true})
	if err != nil {
		t.Fatal(err)
	}
	if !stdjson.Valid(text) {
		t.Fatalf("%s is no JSON", text)
	}
	for _, options := range []Options{Strict, Lenient, Stored} {
		var back everything
		if err := Parse(text, &back, options); err != nil {
			t.Fatal(err)
		}
		value.hidden = nil
		if !reflect.DeepEqual(value, back) {
			t.Errorf("%v\nbecame\n%v\nby %s", value, back, text)
		}
		second, err := Append(nil, &back)
		if err != nil || string(second) != string(text) {
			t.Errorf("%s\nbecame\n%s %v", text, second, err)
		}
	}
}

// TestSettlingIsWhatAReaderSees: values that JSON does not tell apart are one value after they are written.
func TestSettlingIsWhatAReaderSees(t *testing.T) {
	type holder struct {
		Tags  []string
		By    map[string][]int
		Any   any
		At    time.Time
		Deep  map[string]any
		Bytes []byte
	}
	value := holder{
		By: map[string][]int{"a": nil}, Any: map[string]int{"x": 1}, At: time.Now(),
		Deep: map[string]any{"big": int64(1) << 60, "int": 7, "time": time.Unix(0, 0).UTC(), "list": []int{1}, "float": 1e20, "nil": map[string]any(nil)},
	}
	text, err := appendState(&value, State{Settle: true})
	if err != nil {
		t.Fatal(err)
	}
	var back holder
	if err := Parse(text, &back, Stored); err != nil {
		t.Fatal(err)
	}
	value.At, back.At = value.At.UTC(), back.At.UTC()
	if !reflect.DeepEqual(value, back) {
		t.Errorf("%#v\nis read as\n%#v", value, back)
	}
	if got := value.Deep["big"]; got != stdjson.Number("1152921504606846976") {
		t.Errorf("%v of %T", got, got)
	}
}

// TestWhatIsHeldTwiceIsTwoAfterwards: a reader makes two of it, so that a change of one is not seen in the other.
func TestWhatIsHeldTwiceIsTwoAfterwards(t *testing.T) {
	type holder struct {
		P, Q *inner
		M, N map[string]int
		S, T []int
		Any  []any
	}
	shared, numbers, list, free := &inner{}, map[string]int{"a": 1}, []int{1}, map[string]any{"a": 1.0}
	value := holder{P: shared, Q: shared, M: numbers, N: numbers, S: list, T: list, Any: []any{free, free}}
	if _, err := appendState(&value, State{Settle: true}); err != nil {
		t.Fatal(err)
	}
	value.P.Zip, value.M["a"], value.S[0], value.Any[0].(map[string]any)["a"] = 2, 2, 2, 2.0
	if value.Q.Zip != 0 || value.N["a"] != 1 || value.T[0] != 1 || value.Any[1].(map[string]any)["a"] != 1.0 {
		t.Errorf("%+v", value)
	}
}

type badText struct{}

func (badText) MarshalText() ([]byte, error) {
	return []byte("\xff"), nil
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error)    { panic("on purpose") }
func (*panics) UnmarshalJSON([]byte) error     { panic("on purpose") }
func (panics) MarshalText() ([]byte, error)    { panic("on purpose") }
func (panics) UnmarshalText(text []byte) error { panic("on purpose") }

type forgets struct{ N int }

func (f forgets) MarshalJSON() ([]byte, error) {
	return stdjson.Marshal(f.N)
}

func (f *forgets) UnmarshalJSON([]byte) error { f.N = 0; return nil }

func TestWhatHasNoFormIsRefusedWithItsPath(t *testing.T) {
	ring := map[string]any{}
	ring["again"] = ring
	list := make([]any, 1)
	list[0] = list
	type node struct{ Next *node }
	loop := &node{}
	loop.Next = loop
	var itself any
	itself = &itself
	type pointer *pointer
	var p pointer
	p = &p
	deep := any("x")
	for range DepthMax + 1 {
		deep = []any{deep}
	}
	type holder struct {
		Value any `json:"value"`
	}
	for name, c := range map[string]struct {
		value any
		text  string
	}{
		"NaN":             {math.NaN(), "value: NaN has no form"},
		"infinity":        {map[string]any{"a": []any{1, math.Inf(-1)}}, "value.a[1]: -Inf has no form"},
		"float32":         {float32(math.Inf(1)), "+Inf"},
		"UTF-8":           {"caf\xe9", "value: a string is no text of UTF-8"},
		"key":             {map[string]any{"caf\xe9": 1}, "key"},
		"year":            {time.Date(12024, 1, 1, 0, 0, 0, 0, time.UTC), "the year 12024"},
		"zone":            {time.Date(1880, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 3208)), "3208 seconds"},
		"map itself":      {ring, "holds itself"},
		"list itself":     {list, "holds itself"},
		"pointer itself":  {loop, "holds itself"},
		"any itself":      {itself, "leads to itself"},
		"pointer pointer": {p, "leads to itself"},
		"depth":           {deep, "more than 128"},
		"function":        {func() {}, "func() has no form"},
		"channel":         {make(chan int), "chan int has no form"},
		"complex":         {1i, "complex128 has no form"},
		"raw":             {stdjson.RawMessage("{"), "RawMessage"},
		"number":          {stdjson.Number("1x"), "no number"},
		"bad text":        {badText{}, "no text of UTF-8"},
		"panic":           {panics{}, "a panic"},
		"two keys":        {map[netip.Addr]int{netip.MustParseAddr("::1"): 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			value := holder{c.value}
			_, err := Append(nil, &value)
			if c.text == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %q", err, c.text)
			}
		})
	}
}

func TestWhatIsReadBackAsAnotherValueIsRefused(t *testing.T) {
	forgot := struct {
		F forgets `json:"f"`
	}{forgets{3}}
	if _, err := appendState(&forgot, State{Settle: true}); err == nil || !strings.Contains(err.Error(), "f: 3 of type json.forgets is read back as another value") {
		t.Error(err)
	}
	var read panics
	if err := Parse([]byte("1"), &read, Strict); err == nil || !strings.Contains(err.Error(), "a panic") {
		t.Error(err)
	}
}

func TestTextsThatDoNotFit(t *testing.T) {
	type message struct {
		ID    int      `json:"id"`
		Note  *string  `json:"note"`
		Maybe string   `json:"maybe,omitempty"`
		Given string   `json:"given" everact:"optional"`
		Tags  []string `json:"tags"`
	}
	for text, want := range map[string]string{
		`{"id":1,"tags":[]}`:                           "",
		`{"id":1,"tags":[],"note":null}`:               "",
		`{"tags":[]}`:                                  "the field `id` is missing",
		`{"id":1,"tags":[],"extra":{"a":[1,{"b":2}]}}`: "the field `extra` is unknown",
		`{"ID":1,"tags":[]}`:                           "the field `id` is missing, the field `ID` is unknown",
		`{"id":null,"tags":[]}`:                        "id: null does not fit int",
		`{"id":1.5,"tags":[]}`:                         "id: 1.5 does not fit int",
		`{"id":"1","tags":[]}`:                         "id: a string does not fit int",
		`{"id":1,"tags":null}`:                         "tags: null does not fit a list",
		`{"id":1,"tags":[1]}`:                          "tags[0]: 1 does not fit string",
		`{"id":1,"tags":["\ud800"]}`:                   "tags[0]: a string has an escape",
		"{\"id\":1,\"tags\":[\"\xff\"]}":               "no text of UTF-8",
		`{"id":99999999999999999999,"tags":[]}`:        "id: 99999999999999999999 does not fit int",
		`{"id":1,"tags":[]} {}`:                        "more after the value",
		`{"id":1,"tags":[}`:                            "no value",
		`{"id":1,"tags":[`:                             "the end",
		`{"id":01,"tags":[]}`:                          "no comma",
		`[]`:                                           "a list does not fit an object",
		``:                                             "there is nothing",
		`{"id":1,"tags":[],"maybe":null}`:              "maybe: null does not fit string",
		`{"id":1,"tags":["a" "b"]}`:                    "no comma",
		`{"id":1,"tags":[],"x":` + strings.Repeat("[", 2000): "values within one another",
	} {
		var value message
		err := Parse([]byte(text), &value, Strict)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// TestHostileTextCostsWhatItsLengthSays: neither depth nor a field that nobody knows is looked at more than once.
func TestHostileTextCostsWhatItsLengthSays(t *testing.T) {
	began := time.Now()
	for _, text := range []string{
		strings.Repeat("[", 3_000_000) + strings.Repeat("]", 3_000_000),
		`{"zip":1,"x":` + strings.Repeat(`{"a":`, 1_000_000),
		"[" + strings.Repeat("[],", 2_000_000) + "[]]",
		strings.Repeat("[", 900) + strings.Repeat("1,", 2_000_000) + "1" + strings.Repeat("]", 900),
	} {
		var free any
		_ = Parse([]byte(text), &free, Strict)
		var typed inner
		if err := Parse([]byte(text), &typed, Strict); err == nil {
			t.Error("it fits")
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestUnknownFieldsAreKept(t *testing.T) {
	type item struct {
		Name string `json:"name"`
	}
	type state struct {
		Count int             `json:"count"`
		Home  item            `json:"home"`
		Items []item          `json:"items"`
		By    map[string]item `json:"by"`
		At    *item           `json:"at"`
	}
	stored := `{"count":1,"old":{"deep":[1,2.50]},"home":{"name":"h","zip":9},` +
		`"items":[{"name":"a","x":1},{"name":"b"},{"name":"c","x":3}],"by":{"k":{"name":"k","y":true}},"at":{"name":"p","z":null}}`
	var value state
	kept, err := parseState([]byte(stored), &value)
	if err != nil || len(kept.Unknown(10)) != 6 {
		t.Fatal(err, kept.Unknown(10))
	}
	value.Count = 2
	value.Items = []item{{"new"}, {"c"}, {"a"}}
	text, err := appendState(&value, State{Kept: kept, Settle: true})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"count":2,"home":{"name":"h","zip":9},"items":[{"name":"new"},{"name":"c","x":3},{"name":"a","x":1}],` +
		`"by":{"k":{"name":"k","y":true}},"at":{"name":"p","z":null},"old":{"deep":[1,2.50]}}`
	if string(text) != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
}

func TestFormerNamesAndForms(t *testing.T) {
	type state struct {
		Amount int                 `json:"amount" everact:"was=cents,was=pence"`
		Took   time.Duration       `json:"took"`
		Set    map[string]struct{} `json:"set"`
		Tags   []string            `json:"tags"`
	}
	for text, want := range map[string]int{`{"cents":5}`: 5, `{"pence":6}`: 6, `{"amount":7,"cents":5}`: 7, `{"cents":5,"amount":7}`: 7} {
		var value state
		if _, err := parseState([]byte(text), &value); err != nil || value.Amount != want {
			t.Errorf("%s: %d %v", text, value.Amount, err)
		}
	}
	var value state
	kept, err := parseState([]byte(`{"cents":1,"took":1500000000,"set":{"a":{}},"tags":null}`), &value)
	if err != nil || kept != nil {
		t.Fatal(err, kept)
	}
	text, _ := appendState(&value, State{})
	if want := `{"amount":1,"took":"PT1.5S","set":["a"],"tags":[]}`; string(text) != want {
		t.Errorf("%s, want %s", text, want)
	}
	if err := Parse([]byte(`{"cents":1,"amount":2,"took":"PT0S","set":[],"tags":[]}`), &value, Lenient); err != nil || value.Amount != 2 {
		t.Errorf("a former name counts in a message: %v", err)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT0S": 0, "PT1.5S": 1500 * time.Millisecond, "-PT1.5S": -1500 * time.Millisecond, "PT-1.5S": -1500 * time.Millisecond, "P1DT2H3M4.000000005S": 93784*time.Second + 5,
		"P2W": 14 * 24 * time.Hour, "PT9223372036.854775807S": math.MaxInt64, "-PT9223372036.854775808S": math.MinInt64, "+PT1H": time.Hour, "PT0.1S": 100 * time.Millisecond,
	} {
		var got time.Duration
		if err := Parse([]byte(`"`+text+`"`), &got, Strict); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
		written, err := Append(nil, &want)
		var back time.Duration
		if err != nil || Parse(written, &back, Strict) != nil || back != want {
			t.Errorf("%v became %s, %v", want, written, back)
		}
	}
	for _, text := range []string{"", "P", "PT", "1S", "P1Y", "P1M", "PT1", "PT1.S", "PT.5S", "PT1.5H", "PT1S1H", "PT9223372036.854775808S", "PT1.1234567890S", "P1H", "PT1D"} {
		var got time.Duration
		if err := Parse([]byte(`"`+text+`"`), &got, Strict); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestTypesWithoutAForm(t *testing.T) {
	type recursive struct {
		Children []recursive
		Parent   *recursive
		Bad      chan int
	}
	type fine struct{ Children map[string]*fine }
	number := reflect.TypeFor[int]()
	twice := reflect.StructOf([]reflect.StructField{{Name: "A", Type: number, Tag: `json:"x"`}, {Name: "B", Type: number, Tag: `json:"x"`}})
	hidden := reflect.StructOf([]reflect.StructField{{Name: "a", PkgPath: "elsewhere", Type: number, Tag: `json:"a"`}})
	type typo struct {
		A int `everact:"wsa=b"`
	}
	type taken struct {
		A int `json:"a"`
		B int `json:"b" everact:"was=a"`
	}
	for _, c := range []struct {
		t    reflect.Type
		text string
	}{
		{reflect.TypeFor[recursive](), "Bad: chan int"}, {reflect.TypeFor[fine](), ""}, {twice, "`x`"}, {hidden, "not exported"},
		{reflect.TypeFor[typo](), "wsa"}, {reflect.TypeFor[taken](), "`a`"}, {reflect.TypeFor[map[float64]int](), "no key"}, {reflect.TypeFor[[]error](), "interface"},
		{reflect.TypeFor[everything](), ""}, {reflect.TypeFor[[]map[string][]func()](), "func()"},
	} {
		err := Unreadable(c.t)
		if c.text == "" && err != nil || c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%v: %v, want %q", c.t, err, c.text)
		}
	}
}
