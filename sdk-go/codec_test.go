package everact

// Codecs: the short ways give and take what the standard library would.

import (
	stdjson "encoding/json"
	"math"
	"reflect"
	"testing"

	"github.com/everact/everact-go/internal/json"
)

// agrees compares a codec with encoding/json, in both directions.
func agrees[T any](t *testing.T, values ...T) {
	t.Helper()
	c := codecOf[T](json.Strict)
	for _, value := range values {
		got, err := c.Append([]byte("before"), value)
		if err != nil || string(got[:6]) != "before" {
			t.Fatalf("%v: %q %v", value, got, err)
		}
		var back T
		if err := stdjson.Unmarshal(got[6:], &back); err != nil || !reflect.DeepEqual(back, value) {
			t.Errorf("%v became %s: %v %v", value, got[6:], back, err)
		}
		parsed, err := c.Parse(got[6:])
		if err != nil || !reflect.DeepEqual(parsed, value) {
			t.Errorf("%s was read as %v: %v", got[6:], parsed, err)
		}
	}
}

func TestCodecsAgreeWithTheStandardLibrary(t *testing.T) {
	agrees(t, 0, 1, -1, 42, math.MaxInt, math.MinInt)
	agrees[int64](t, 0, -7, math.MaxInt64, math.MinInt64)
	agrees[int32](t, 0, math.MaxInt32, math.MinInt32)
	agrees(t, 0.0, 1.5, -2.25, 1e-7, 1e21, 1e300, math.SmallestNonzeroFloat64, 100000000000000000000.0)
	agrees(t, "", "plain", "ünï ✓ 🙂", "quote\" back\\ \n\t\x01 <&>", "\u2028")
	agrees(t, true, false)
	agrees(t, []string{"a", ""}, []string{})
	agrees(t, map[string]int{"b": 1, "a": 2})
	agrees(t, struct {
		A *int           `json:"a,omitempty"`
		B map[string]any `json:"b"`
	}{nil, map[string]any{"x": 1.0, "y": nil}})
}

func TestCodecsRefuseWhatDoesNotFit(t *testing.T) {
	for _, payload := range []string{"", "null", `"1"`, "1.5", "01", "--1", "1 2", "+1", "99999999999999999999", "[1", "tru"} {
		if value, err := codecOf[int](json.Strict).Parse([]byte(payload)); err == nil {
			t.Errorf("int from %q: %v", payload, value)
		}
	}
	for _, payload := range []string{"", "null", `"`, `"a`, `a"`, `"\x"`, "\"\x01\"", "1"} {
		if value, err := codecOf[string](json.Strict).Parse([]byte(payload)); err == nil {
			t.Errorf("string from %q: %q", payload, value)
		}
	}
	if _, err := codecOf[int32](json.Strict).Parse([]byte("2147483648")); err == nil {
		t.Error("an int32 out of range")
	}
	if _, err := codecOf[None](json.Strict).Parse([]byte("1")); err == nil {
		t.Error("a message for none")
	}
	for _, value := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := codecOf[float64](json.Strict).Append(nil, value); err == nil {
			t.Errorf("%v was encoded", value)
		}
	}
	if _, err := codecOf[string](json.Strict).Append(nil, "\xff"); err == nil {
		t.Error("a string that is not UTF-8 was encoded")
	}
	if _, err := codecOf[any](json.Strict).Parse([]byte("null")); err != nil {
		t.Error(err)
	}
}
