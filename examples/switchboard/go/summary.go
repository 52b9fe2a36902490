package main

import (
	"fmt"
	"strings"
)

// Summary is what is printed at the end: figures from five places, the exchange, chaos, both handlers of events, the lines, and the tree.
type Summary struct {
	Day                            Day
	Tally                          Tally
	Kills                          Kills
	Bills, Starts, Idle, CallsLeft int
}

// String is the same in every language.
func (s Summary) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "seed %d\n", s.Day.Seed)
	for _, row := range []struct {
		name  string
		count int
	}{
		{"calls begun", s.Tally.Begun},
		{"  completed", s.Tally.Completed},
		{"  busy", s.Tally.Busy},
		{"  given up", s.Tally.GivenUp},
		{"  killed", s.Tally.Killed},
		{"  line lost", s.Tally.LineLost},
		{"bills", s.Bills},
		{"calls killed by chaos", s.Kills.Calls},
		{"lines killed by chaos", s.Kills.Lines},
		{"lines restarted", s.Starts - s.Day.Lines},
		{"lines idle", s.Idle},
		{"calls left in the tree", s.CallsLeft},
	} {
		fmt.Fprintf(&text, "%-24s%6d\n", row.name, row.count)
	}
	if s.AddsUp() {
		text.WriteString("it adds up")
	} else {
		text.WriteString("IT DOES NOT ADD UP")
	}
	return text.String()
}

// AddsUp tells whether every call has ended in one way, every kill was seen by both sides, and every line is back.
func (s Summary) AddsUp() bool {
	return s.Tally.Open() == 0 &&
		s.Tally.Begun == s.Day.Calls &&
		s.Tally.Completed == s.Bills &&
		s.Tally.Killed == s.Kills.Calls &&
		s.Starts-s.Day.Lines == s.Kills.Lines &&
		s.Idle == s.Day.Lines &&
		s.CallsLeft == 0
}
