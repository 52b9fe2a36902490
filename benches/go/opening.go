package main

// What an engine costs before it does anything: the time to the first durable answer, and memory.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	reenact "github.com/reenact/reenact-go"
)

// openEmpty is the time from nothing to the first durable answer.
func openEmpty(folder string, _ time.Duration) (float64, error) {
	began := time.Now()
	engine, err := reenact.Open(folder, reenact.WithKinds(transient, durable))
	if err != nil {
		return 0, err
	}
	defer engine.Close()
	if _, err := durableAdd.Ask(context.Background(), durable.Actor(engine, "a"), 1); err != nil {
		return 0, err
	}
	return time.Since(began).Seconds() * 1000, nil
}

// idleRole tells a child of this program which process to be: the bare host, or one with an open engine.
const idleRole = "REENACT_BENCH_IDLE"

// idleMemory is how much more memory a process holds with an open engine than without.
func idleMemory(folder string, _ time.Duration) (float64, error) {
	bare, err := idleChild("bare", folder)
	if err != nil {
		return 0, err
	}
	open, err := idleChild("open", folder)
	return open - bare, err
}

func idleChild(role, folder string) (float64, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	child := exec.Command(program)
	child.Env = append(os.Environ(), idleRole+"="+role, idleRole+"_DATA="+folder)
	output, err := child.Output()
	if err != nil {
		return 0, fmt.Errorf("the idle %s process: %w", role, err)
	}
	return strconv.ParseFloat(string(bytes.TrimSpace(output)), 64)
}

// beIdle is the child's whole work; false where this process is none.
func beIdle() bool {
	role := os.Getenv(idleRole)
	if role == "" {
		return false
	}
	if role == "open" {
		engine, err := reenact.Open(os.Getenv(idleRole+"_DATA"), reenact.WithKinds(transient, durable))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer engine.Close()
		if _, err := durableAdd.Ask(context.Background(), durable.Actor(engine, "a"), 1); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		time.Sleep(200 * time.Millisecond)
	}
	fmt.Println(residentMB())
	return true
}

// residentMB is this process's resident memory.
func residentMB() float64 {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseFloat(string(bytes.Fields(status)[1]), 64)
	return pages * float64(os.Getpagesize()) / (1 << 20)
}
