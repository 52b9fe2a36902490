package everact_test

// Programs of the operating system under supervisors.

import (
	"fmt"
	"testing"

	everact "github.com/everact/everact-go"
)

func TestAProgramIsAChildWhoseOutputIsTold(t *testing.T) {
	lines := make(chan string, 10)
	reader := everact.ProcessFunc("reader", func(ctx *everact.ProcessContext, _ everact.None) error {
		for {
			line, err := everact.ReceiveOf[everact.OutputLine](ctx)
			if err != nil {
				return err
			}
			lines <- fmt.Sprintf("%s: %s", line.Stream, line.Line)
		}
	}, everact.Messages(everact.OutputLine{}))
	engine, ctx := opened(t, "", everact.WithKinds(reader)), during(t)
	must(reader.Spawn(engine, everact.None{}, everact.Named("lines")))(t)
	top := must(engine.StartSupervisor(ctx, everact.Supervisor{Children: []everact.Child{
		{Start: everact.Program{
			Name: "sleeper", Command: []string{"sh", "-c", "echo $GREETING; exec sleep 60"}, Environment: map[string]string{"GREETING": "hello"},
			Directory: t.TempDir(), Stop: everact.StopInterrupt, Output: "lines",
		}, Shutdown: everact.ShutdownInfinity},
	}}))(t)
	if line := <-lines; line != "stdout: hello" {
		t.Errorf("it says %q", line)
	}
	sleeper, found := engine.Whereis("sleeper")
	if !found {
		t.Fatal("it has no name")
	}
	end := engine.Process(sleeper).Await(ctx)
	if err := top.TerminateChild(ctx, "sleeper"); err != nil {
		t.Error(err)
	}
	if reason := must(end.Wait(ctx))(t); reason.Kind != everact.ReasonShutdown {
		t.Errorf("it ended for %v", reason)
	}
	_, err := engine.StartSupervisor(ctx, everact.Supervisor{Children: []everact.Child{{Start: everact.Program{Command: []string{"/no/such/program"}}}}})
	if !refusedAs(err, everact.ChildNotStarted) {
		t.Errorf("a program that is not there gives %v", err)
	}
}
