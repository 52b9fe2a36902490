package frame

// The bytes of known records, written by hand from docs/reference/boundary.md, and that no bytes at all can hurt the reader.

import (
	"bytes"
	"math/rand"
	"testing"
)

var goldenAsk = []byte{
	64, 0, 0, 0, 1, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, // 64 bytes, type 1, CALLER_RUNS, ask 7
	0, 0, 1, 0, 0x88, 0x13, 0, 0, // kind 0, handler 1, 5,000 ms
	0, 0, 0, 0, 0, 0, 0, 0, // no parent
	0, 0, 0, 0, 0, 0, 0, 0, // no sequence
	0, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, // key of 3, payload of 2, no source
	'S', 'F', 'O', '4', '2', 0, 0, 0,
}

func TestAnAskHasTheBytesOfThePage(t *testing.T) {
	ask := Ask{ID: 7, Handler: 1, DeadlineMs: 5000, Flags: AskFlagCallerRuns}
	if got := EndAsk(append(BeginAsk(nil, "SFO"), "42"...), &ask, 3, "", nil); !bytes.Equal(got, goldenAsk) {
		t.Errorf("%v\n%v", got, goldenAsk)
	}
	beside := EndAsk(append(BeginAsk(nil, "SFO"), "42"...), &ask, 3, "p", []byte("m"))
	if end := beside[AskFixedBytes:]; !bytes.Equal(end, []byte{'S', 'F', 'O', '4', '2', 'p', 'm', 0}) {
		t.Errorf("metadata comes after the source: %v", end)
	}
}

func TestACompletionHasTheBytesOfThePage(t *testing.T) {
	tell := EndTell(append(BeginTell(nil, "LAX"), '1'), 0, 2, 3, 0, 3, nil)
	complete := Complete{Turn: 9, ReplyBytes: 2, StateBytes: 3, EffectCount: 1, Flags: CompleteFlagDirty}
	got := EndComplete(append(BeginComplete(nil), "okabc"...), &complete, []byte{'m'}, tell)
	want := []byte{
		80, 0, 0, 0, 2, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, // 80 bytes, type 2, DIRTY, turn 9
		0, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, // no error, one effect, reply of 2, state of 3
		'o', 'k', 'a', 'b', 'c', 'm', 0, 0,
		40, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // TELL, 40 bytes
		2, 0, 3, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, // kind 2, handler 3, key of 3, payload of 1
		'L', 'A', 'X', '1', 0, 0, 0, 0,
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%v\n%v", got, want)
	}
	if got := AppendCancel(nil, 7); !bytes.Equal(got, []byte{16, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}) {
		t.Error(got)
	}
}

func TestNoBytesHurtTheReader(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 100_000 {
		b := make([]byte, random.Intn(128)&^7)
		random.Read(b)
		if len(b) >= HeaderBytes {
			b[0], b[1], b[2], b[3] = byte(random.Intn(136)), 0, 0, 0
			b[4], b[5] = byte(random.Intn(24)), 0
		}
		for rest := b; len(rest) > 0; {
			record, after, err := Next(rest)
			if err != nil {
				break
			}
			if len(record)+len(after) != len(rest) || len(record) < fixedBytes(Type(record)) {
				t.Fatalf("%v", rest)
			}
			if kind := Type(record); kind == NoticeType || kind == FailureType {
				_ = Text(record)
			}
			rest = after
		}
	}
	if _, _, err := Cut([]byte{1}, 2); err == nil {
		t.Error("a part past the end")
	}
	if _, err := ReadBlob(make([]byte, 15)); err == nil {
		t.Error("half a reference")
	}
}
