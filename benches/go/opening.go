package main

// What an engine costs before it does anything: the time to the first durable answer of an empty store, of
// one with a million actors, and of one whose process was killed under load; and memory.

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	everact "github.com/everact/everact-go"
)

// openEmpty is the time from nothing to the first durable answer.
func openEmpty(folder string, _ time.Duration) (float64, error) {
	began := time.Now()
	engine, err := everact.Open(folder, everact.WithKinds(transient, durable), quiet)
	if err != nil {
		return 0, err
	}
	defer engine.Close()
	if _, err := durableAdd.Ask(context.Background(), durable.Actor(engine, "a"), 1); err != nil {
		return 0, err
	}
	return time.Since(began).Seconds() * 1000, nil
}

// millionMade is the folder with a million actors, once there is one.
var millionMade string

// millionFolder is filled once and opened in every round.
var millionFolder = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp(dataFolder, "everact-million-")
	if err != nil {
		return "", err
	}
	millionMade = folder
	engine, err := everact.Open(folder, everact.WithKinds(transient, durable), quiet)
	if err != nil {
		return "", err
	}
	defer engine.Close()
	_, err = stream(engine, func(i int) (string, bool) { return strconv.Itoa(i), i < millionKeys })
	return folder, err
})

// openMillion is openEmpty on a store of a million actors.
func openMillion(string, time.Duration) (float64, error) {
	folder, err := millionFolder()
	if err != nil {
		return 0, err
	}
	return openEmpty(folder, 0)
}

// recoverKilled is openEmpty on the folder of a process that was killed under load.
func recoverKilled(folder string, seconds time.Duration) (float64, error) {
	child := roleChild("load", folder)
	output, err := child.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := child.Start(); err != nil {
		return 0, err
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		return 0, err
	}
	time.Sleep(seconds)
	if err := child.Process.Kill(); err != nil {
		return 0, err
	}
	_ = child.Wait() // it was killed
	return openEmpty(folder, 0)
}

// idleMemory is how much more memory a process holds with an open engine than without.
func idleMemory(folder string, _ time.Duration) (float64, error) {
	var held [2]float64
	for i, role := range []string{"bare", "open"} {
		output, err := roleChild(role, folder).Output()
		if err != nil {
			return 0, fmt.Errorf("the %s process: %w", role, err)
		}
		if held[i], err = strconv.ParseFloat(string(bytes.TrimSpace(output)), 64); err != nil {
			return 0, err
		}
	}
	return held[1] - held[0], nil
}

// roleVariable tells a child of this program what to be: the bare host, one with an open engine, or one under load until it is killed.
const roleVariable = "EVERACT_BENCH_ROLE"

func roleChild(role, folder string) *exec.Cmd {
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), roleVariable+"="+role, roleVariable+"_DATA="+folder)
	child.Stderr = os.Stderr
	return child
}

// playRole is a child's whole work; false where this process is none.
func playRole() (played bool, err error) {
	role := os.Getenv(roleVariable)
	if role == "" {
		return false, nil
	}
	if role == "bare" {
		fmt.Println(residentMB())
		return true, nil
	}
	if role == "processes" {
		return true, playProcesses()
	}
	engine, err := everact.Open(os.Getenv(roleVariable+"_DATA"), everact.WithKinds(transient, durable), quiet)
	if err != nil {
		return true, err
	}
	defer engine.Close()
	if _, err := durableAdd.Ask(context.Background(), durable.Actor(engine, "a"), 1); err != nil {
		return true, err
	}
	if role == "load" {
		fmt.Println("under load")
		_, err := stream(engine, func(i int) (string, bool) { return strconv.Itoa(i % 100_000), true })
		return true, err
	}
	time.Sleep(200 * time.Millisecond)
	fmt.Println(residentMB())
	return true, nil
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
