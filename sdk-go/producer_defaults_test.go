package everact

// What a source has that says nothing else: the numbers of every SDK.

import (
	"testing"
	"time"
)

func TestASourceHasTheDefaultsOfEveryLanguage(t *testing.T) {
	source := (&Engine{}).Producer("file")
	if source.window != 1_000 || source.attempts != 10 || retryFirst != 100*time.Millisecond || retryMost != 10*time.Second {
		t.Errorf("%d in flight, %d attempts, waits from %v to %v", source.window, source.attempts, retryFirst, retryMost)
	}
}
