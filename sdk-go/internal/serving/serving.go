// Package serving gives the tests an engine in a process of its own: the test's program once more, told by its environment to serve.
package serving

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	everact "github.com/everact/everact-go"
)

// What the environment says to a serving process: the data folder and the settings as JSON.
const (
	folderVariable   = "EVERACT_TEST_SERVES"
	settingsVariable = "EVERACT_TEST_SETTINGS"
)

// Main runs a package's tests, or serves these kinds where the environment says so.
func Main(m *testing.M, kinds ...everact.AnyKind) {
	folder, serves := os.LookupEnv(folderVariable)
	if !serves {
		os.Exit(m.Run())
	}
	if err := serve(folder, kinds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve says where it listens, and goes on until its standard input ends.
func serve(folder string, kinds []everact.AnyKind) error {
	var settings map[string]any
	if err := json.Unmarshal([]byte(os.Getenv(settingsVariable)), &settings); err != nil {
		return err
	}
	engine, err := everact.Open(folder, everact.WithKinds(kinds...), everact.WithSettings(settings))
	if err != nil {
		return err
	}
	fmt.Println(engine.Address())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return engine.Close()
}

// Process is an engine elsewhere.
type Process struct {
	// Address is where it listens: "127.0.0.1:1234".
	Address string
	command *exec.Cmd
	input   io.Closer
}

// Start starts a process that serves a folder; an empty one keeps everything in memory. It ends with the test.
func Start(t testing.TB, folder string, settings map[string]any) *Process {
	t.Helper()
	all := map[string]any{"listen": "127.0.0.1:0", "gateway": map[string]any{"serve": "all"}}
	for name, value := range settings {
		all[name] = value
	}
	encoded, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{command: exec.Command(os.Args[0])}
	p.command.Env = append(os.Environ(), folderVariable+"="+folder, settingsVariable+"="+string(encoded))
	p.command.Stderr = os.Stderr
	if p.input, err = p.command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.End)
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the serving process said nothing: %v", err)
	}
	p.Address = strings.TrimSpace(line)
	return p
}

// URL is the address as Connect takes it.
func (p *Process) URL() string { return "http://" + p.Address }

// End lets the process close its engine and waits for it. Ending again does nothing.
func (p *Process) End() {
	p.input.Close()
	_ = p.command.Wait()
}

// Kill kills the process: kill -9.
func (p *Process) Kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}
