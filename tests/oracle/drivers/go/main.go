// The driver of the oracle for Go: an ordinary program on the SDK's public API. tests/oracle/README.md has the protocol.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	everact "github.com/everact/everact-go"
)

// command is a command of the runner: a verb, who does it, and more.
type command []json.RawMessage

// text is an element as a text; empty where there is none.
func (c command) text(at int) string {
	var text string
	if at < len(c) {
		_ = json.Unmarshal(c[at], &text)
	}
	return text
}

// number is an element as a number, or another where there is none.
func (c command) number(at, otherwise int) int {
	if at < len(c) {
		_ = json.Unmarshal(c[at], &otherwise)
	}
	return otherwise
}

const (
	// beginTime is how long a puppet may take to begin with a command, settleTime how long it then has for its first step.
	beginTime  = 200 * time.Millisecond
	settleTime = 10 * time.Millisecond
)

// driver has the world of the scenario that is played.
type driver struct {
	world *world
	// begun has what the commands give that were begun and not yet finished, by the puppet that is at it.
	begun map[string]chan any
}

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	d := &driver{world: newWorld(), begun: map[string]chan any{}}
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		answer, err := json.Marshal(d.answer(line))
		if err != nil {
			answer, _ = json.Marshal(map[string]string{"fault": err.Error()})
		}
		_, _ = out.Write(append(answer, '\n'))
		_ = out.Flush()
	}
}

// answer does a command; what the driver cannot do is a fault.
func (d *driver) answer(line []byte) (answer any) {
	defer func() {
		if problem := recover(); problem != nil {
			answer = map[string]string{"fault": fmt.Sprint(problem)}
		}
	}()
	var c command
	if err := json.Unmarshal(line, &c); err != nil {
		panic(err)
	}
	switch c.text(0) {
	case "hello":
		return map[string]string{"driver": "go", "version": strings.TrimPrefix(runtime.Version(), "go")}
	case "world":
		d.world.close()
		d.world, d.begun = newWorld(), map[string]chan any{}
		return "ok"
	case "begin":
		return d.begin(c)
	case "finish":
		given := <-d.begun[c.text(1)]
		delete(d.begun, c.text(1))
		return given
	default:
		return d.world.run(c)
	}
}

// begin gives a command to its puppet and does not wait.
func (d *driver) begin(c command) any {
	var inner command
	if err := json.Unmarshal(c[1], &inner); err != nil {
		panic(err)
	}
	w, name := d.world, inner.text(1)
	w.mu.Lock()
	before := w.taken[name]
	w.mu.Unlock()
	finish, given := w.send(inner), make(chan any, 1)
	d.begun[name] = given
	go func() { given <- finish() }()
	// What comes next comes after it.
	w.until(beginTime, func() bool { return w.taken[name] > before })
	time.Sleep(settleTime)
	return "ok"
}

// notYet is a command that this driver cannot do yet.
func notYet(what string) any { return map[string]string{"fault": "not yet: " + what} }

// must is for what cannot fail unless the driver is wrong.
func must[T any](value T, err error) T { return everact.Must(value, err) }
