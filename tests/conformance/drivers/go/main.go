// Command driver plays the conformance scenarios on the public SDK: JSON lines in, JSON lines out (tests/conformance/README.md, part 2).
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	everact "github.com/everact/everact-go"
)

// answer is one line out.
type answer struct {
	ID           json.RawMessage `json:"id"`
	Result       any             `json:"result,omitempty"`
	Error        string          `json:"error,omitempty"`
	Message      string          `json:"message,omitempty"`
	Retryable    *bool           `json:"retryable,omitempty"`
	Acknowledged *int            `json:"acknowledged,omitempty"`
	Type         string          `json:"type,omitempty"`
	Status       int             `json:"status,omitempty"`
	Details      map[string]any  `json:"details,omitempty"`
	Class        string          `json:"class,omitempty"`
}

var output = struct {
	sync.Mutex
	*json.Encoder
}{Encoder: json.NewEncoder(os.Stdout)}

func say(a answer) {
	output.Lock()
	defer output.Unlock()
	if err := output.Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// outcome is the answer to a request that ended so.
func outcome(id json.RawMessage, result any, err error) answer {
	if err == nil {
		return answer{ID: id, Result: result}
	}
	var ours *everact.Error
	if errors.As(err, &ours) {
		retryable := ours.Retryable()
		a := answer{ID: id, Error: ours.Name(), Message: ours.Text, Retryable: &retryable}
		var refusal *everact.ApplicationError
		if errors.As(err, &refusal) {
			a.Message, a.Type, a.Status, a.Details, a.Class = refusal.Message, refusal.Type, refusal.Status, refusal.Details, "ApplicationError"
			if taken := (SeatTaken{}); errors.As(err, &taken) {
				a.Class = "SeatTaken"
			}
		}
		return a
	}
	return answer{ID: id, Error: "Unexpected", Message: err.Error()}
}

// submittedWithin is how long the next line waits for a blocking ask that has not been answered: by then it has been submitted.
const submittedWithin = 50 * time.Millisecond

func main() {
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if len(line) > 1 {
			take(line)
		}
		if err != nil {
			if err != io.EOF {
				fmt.Fprintln(os.Stderr, err)
			}
			return
		}
	}
}

// take starts a request; it returns when the ask in it has been submitted.
func take(line []byte) {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		say(outcome(json.RawMessage("null"), nil, err))
		return
	}
	submitted := make(chan struct{})
	ended := make(chan struct{})
	r.submitted = sync.OnceFunc(func() { close(submitted) })
	go func() {
		defer close(ended)
		result, err := r.play()
		say(outcome(r.ID, result, err))
		if r.Op == "exit" {
			os.Exit(0)
		}
	}()
	patience := time.NewTimer(submittedWithin)
	defer patience.Stop()
	select {
	case <-submitted:
	case <-ended:
	case <-patience.C:
	}
}
