package everact

// State: what counts as changed, what is put back, and how old stored bytes are read.

import "testing"

type flatState struct {
	Count int
	Name  string
	Grid  [2]float64
}

type deepState struct {
	Names []string       `json:"names"`
	By    map[string]int `json:"by"`
	More  *flatState     `json:"more,omitempty"`
}

func keeperOf[A any](t *testing.T, newActor func() *A) *stateOf[A] {
	t.Helper()
	kind := &kindCore{name: "test", durable: true}
	keeper := newStateOf(newActor, kind)
	if kind.declaredWrong != nil || keeper.Check() != nil {
		t.Fatal(kind.declaredWrong, keeper.Check())
	}
	return keeper
}

// drive changes the object, settles it, changes it again and puts it back.
func drive[A any](t *testing.T, keeper *stateOf[A], change, harm func(*A), want string) {
	t.Helper()
	object, err := keeper.Create(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	live := &object.(*cell[A]).live
	if _, dirty, err := keeper.Settle(object, nil); dirty || err != nil {
		t.Errorf("untouched: %v %v", dirty, err)
	}
	change(live)
	frame, dirty, err := keeper.Settle(object, []byte("x"))
	if err != nil || !dirty || string(frame) != "x"+want {
		t.Fatalf("%s %v %v, want %s", frame, dirty, err, want)
	}
	if _, dirty, _ := keeper.Settle(object, nil); dirty {
		t.Error("settled twice")
	}
	harm(live)
	if _, dirty, _ := keeper.Inspect(object, nil, 0); !dirty {
		t.Error("harm was not seen")
	}
	another, err := keeper.Renew(object)
	if err != nil {
		t.Fatal(err)
	}
	if err := keeper.Restore(object); err != nil {
		t.Fatal(err)
	}
	for _, held := range []any{object, another} {
		if _, dirty, _ := keeper.Settle(held, nil); dirty {
			t.Error("it was not put back")
		}
		if got, _ := keeper.encode(nil, held.(*cell[A]), false); string(got) != want {
			t.Errorf("put back to %s, want %s", got, want)
		}
	}
	again, err := keeper.Create([]byte(want), true)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := keeper.encode(nil, again.(*cell[A]), false); string(got) != want {
		t.Errorf("read as %s, want %s", got, want)
	}
}

func TestAFlatState(t *testing.T) {
	keeper := keeperOf(t, func() *flatState { return &flatState{Name: "new"} })
	if !keeper.flat || !keeper.counted {
		t.Error("it is flat, with strings")
	}
	drive(t, keeper,
		func(s *flatState) { s.Count = 3 },
		func(s *flatState) { s.Count, s.Grid[1], s.Name = 4, 2, "other" },
		`{"Count":3,"Name":"new","Grid":[0,0]}`)
	object, _ := keeper.Create(nil, false)
	object.(*cell[flatState]).live.Name = string([]byte("new"))
	if _, dirty, _ := keeper.Settle(object, nil); dirty {
		t.Error("an equal string in another place counts as a change")
	}
}

func TestADeepState(t *testing.T) {
	drive(t, keeperOf[deepState](t, nil),
		func(s *deepState) { s.Names, s.By = append(s.Names, "a"), map[string]int{"z": 1, "b": 2} },
		func(s *deepState) { s.Names[0], s.By["z"], s.More = "harmed", 9, &flatState{} },
		`{"names":["a"],"by":{"b":2,"z":1}}`)
}

func TestANestedTurnsState(t *testing.T) {
	keeper := keeperOf[deepState](t, nil)
	object, _ := keeper.Create(nil, false)
	live := &object.(*cell[deepState]).live
	live.Names = []string{"outer"}
	image, err := keeper.Capture(object)
	if err != nil {
		t.Fatal(err)
	}
	live.Names[0] = "inner"
	if err := keeper.Recapture(object, image); err != nil || live.Names[0] != "outer" {
		t.Errorf("%v %v", live.Names, err)
	}
}

func TestStoredBytesOfAnotherVersion(t *testing.T) {
	object, err := keeperOf[deepState](t, nil).Create([]byte(`{"gone":1,"names":["kept"]}`), true)
	if err != nil || object.(*cell[deepState]).live.Names[0] != "kept" {
		t.Error(err)
	}
	if _, err := keeperOf[deepState](t, nil).Create([]byte(`{"names":1}`), true); err == nil {
		t.Error("a state that does not fit was read")
	}
}
