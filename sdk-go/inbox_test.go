package everact

// What is hidden from users: a page of messages that comes in parts.

import (
	"slices"
	"testing"
)

func TestAPageThatComesInPartsIsPutTogether(t *testing.T) {
	box := &inbox{wake: make(chan struct{}, 1)}
	put := func(number, follow uint64) { box.change(func() { box.put(&received{number: number, follow: follow}) }) }
	put(1, 2)
	put(3, 0)
	came, owed, _, _ := box.take()
	if len(came) != 1 || owed != 2 {
		t.Fatalf("%d came, %d are owed", len(came), owed)
	}
	put(5, 0)
	put(2, 1)
	put(4, 1)
	came, owed, _, _ = box.take()
	numbers := make([]uint64, 0, len(came))
	for _, r := range came {
		numbers = append(numbers, r.number)
	}
	if !slices.Equal(numbers, []uint64{2, 3, 4, 5}) || owed != 0 || len(box.early) != 0 {
		t.Errorf("%v came, %d are owed", numbers, owed)
	}
	box.change(func() { box.ended = true })
	if came, _, timedOut, ended := box.take(); came != nil || timedOut || !ended {
		t.Error("the end does not come")
	}
}
