package main

// Dice are the generator of Park and Miller: the same throws in every language, so the same seed gives the same calls.
type Dice struct{ state int64 }

// NewDice begins from a seed.
func NewDice(seed int64) *Dice { return &Dice{seed%2147483646 + 1} }

// Roll gives a number from 0 to one less than sides.
func (d *Dice) Roll(sides int) int {
	d.state = d.state * 48271 % 2147483647
	return int(d.state % int64(sides))
}
