package everact_test

// Connections whose other side is not there, and what cannot be set.

import (
	"net"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// closedPort is an address where nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

func TestNobodyListensThere(t *testing.T) {
	address, second := closedPort(t), closedPort(t)
	began := time.Now()
	_, err := everact.Connect(address, everact.WithKinds(airport), everact.ConnectOptions{
		Addresses: []string{second}, ConnectTimeout: 200 * time.Millisecond,
	})
	wants(t, err, everact.ErrUnreachable, address, second)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	if !everact.Retryable(err) {
		t.Error("trying again later may help")
	}
}

func TestConnectionsThatCannotBeMade(t *testing.T) {
	for _, address := range []string{"", "ftp://x", "http://"} {
		_, err := everact.Connect(address, everact.WithKinds(airport))
		wants(t, err, everact.ErrInvalidConfiguration, "connect")
	}
	_, err := everact.Connect("https://127.0.0.1:1", everact.ConnectOptions{AuthorityFile: "/nowhere.pem"})
	wants(t, err, everact.ErrInvalidConfiguration, "authority_file")
	_, err = everact.Connect("https://127.0.0.1:1", everact.ConnectOptions{CertificateFile: "/nowhere.pem"})
	wants(t, err, everact.ErrInvalidConfiguration, "certificate_file", "key_file")
	_, err = everact.Open("", everact.ConnectOptions{Token: "t"})
	wants(t, err, everact.ErrInvalidConfiguration, "Connect")
	_, err = everact.Connect(closedPort(t), everact.WithKinds(airport, airport))
	wants(t, err, everact.ErrDuplicateKind)
}

func TestAnEngineThatDoesNotListenHasNoAddress(t *testing.T) {
	if address := opened(t, "").Address(); address != "" {
		t.Errorf("it listens at %q", address)
	}
}

func TestWhatRunsIsSeenFromHereAndOverAConnection(t *testing.T) {
	options := everact.Options{Listen: "127.0.0.1:0", Gateway: map[string]any{"control": true}}
	engine := opened(t, "", everact.WithKinds(airport), options)
	connection, err := everact.Connect("http://"+engine.Address(), everact.WithKinds(airport))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := landed.Ask(during(t), airport.Actor(engine, "SFO"), 12); err != nil {
		t.Fatal(err)
	}
	for _, where := range []interface {
		Describe(topic string, members map[string]any, into any) error
	}{engine, connection} {
		var seen struct{ Top []struct{ Kind, Key string } }
		if err := where.Describe("top", map[string]any{"by": "turns"}, &seen); err != nil || len(seen.Top) != 1 || seen.Top[0].Key != "SFO" {
			t.Errorf("the top is %v, %v", seen, err)
		}
		wants(t, where.Describe("tops", nil, nil), everact.ErrInvalidArgument)
	}
}
