package everact_test

// The examples of the package's documentation.

import (
	"context"
	"errors"
	"fmt"
	"time"

	everact "github.com/everact/everact-go"
)

// Account is an actor whose state is a struct with plain fields.
type Account struct {
	Balance int `json:"balance"`
}

// Deposit is a handler: message in, reply out, and what it changes is stored before the reply is seen.
func (a *Account) Deposit(_ *everact.Context, amount int) (int, error) {
	if amount <= 0 {
		return 0, errors.New("a deposit is more than nothing")
	}
	a.Balance += amount
	return a.Balance, nil
}

type transfer struct {
	To     string `json:"to"`
	Amount int    `json:"amount"`
}

// Transfer takes from this account and tells the other, both or neither.
func (a *Account) Transfer(ctx *everact.Context, t transfer) error {
	if t.Amount > a.Balance {
		return fmt.Errorf("%d is more than %d", t.Amount, a.Balance)
	}
	a.Balance -= t.Amount
	return deposit.Tell(ctx, account.Actor(ctx, t.To), t.Amount)
}

var (
	account = everact.NewKind[Account]("account")
	deposit = everact.Handle(account, "deposit", (*Account).Deposit)
	balance = everact.HandleNoMessage(account, "balance", func(a *Account, _ *everact.Context) (int, error) {
		return a.Balance, nil
	}, everact.ReadOnly())
	moveMoney = everact.HandleNoReply(account, "transfer", (*Account).Transfer)
)

func ExampleHandler_Ask() {
	engine := everact.Must(everact.OpenInMemory(everact.WithKinds(account)))
	defer engine.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()

	fmt.Println(deposit.Ask(ctx, account.Actor(engine, "ada"), 30))
	fmt.Println(everact.Ask[int](ctx, engine.Actor("account", "ada"), "deposit", 12))
	_, err := deposit.Ask(ctx, account.Actor(engine, "ada"), -1)
	fmt.Println(errors.Is(err, everact.ErrHandlerFailed), err)
	// Output:
	// 30 <nil>
	// 42 <nil>
	// true everact: HandlerFailed: a deposit is more than nothing
}

func ExampleHandler_Tell() {
	engine := everact.Must(everact.OpenInMemory(everact.WithKinds(account)))
	defer engine.Close()
	ctx := context.Background()

	everact.Must(deposit.Ask(ctx, account.Actor(engine, "ada"), 30))
	everact.Must(moveMoney.Ask(ctx, account.Actor(engine, "ada"), transfer{"bob", 10}))
	for held := 0; held != 10; { // the deposit comes soon after the transfer's commit
		held = everact.Must(balance.Ask(ctx, account.Actor(engine, "bob"), everact.None{}))
	}
	fmt.Println(balance.Ask(ctx, account.Actor(engine, "ada"), everact.None{}))
	// Output: 20 <nil>
}

func ExampleProducer() {
	engine := everact.Must(everact.OpenInMemory(everact.WithKinds(account)))
	defer engine.Close()
	ctx, ada := context.Background(), account.Actor(engine, "ada")

	for _, line := range []uint64{1, 2, 2} { // line 2 is sent again, as after a crash
		fmt.Println(deposit.Ask(ctx, ada, 10, everact.Producer("bank.csv", line)))
	}
	// Output:
	// 10 <nil>
	// 20 <nil>
	// 20 <nil>
}

func ExampleHandler_Start() {
	engine := everact.Must(everact.OpenInMemory(everact.WithKinds(account)))
	defer engine.Close()
	ctx := context.Background()

	var pending []*everact.Pending[int]
	for amount := range 3 {
		pending = append(pending, deposit.Start(ctx, account.Actor(engine, "ada"), amount+1))
	}
	for _, p := range pending {
		fmt.Println(p.Wait(ctx))
	}
	// Output:
	// 1 <nil>
	// 3 <nil>
	// 6 <nil>
}
