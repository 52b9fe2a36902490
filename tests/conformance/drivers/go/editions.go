package main

// The catalogue of actors, part 5: one kind in several releases.

import everact "github.com/everact/everact-go"

// Inner is the nested record, NarrowInner the one of release 2.
type (
	Inner struct {
		N    int    `json:"n"`
		Note string `json:"note"`
	}
	NarrowInner struct {
		N int `json:"n"`
	}
)

// The states of the releases.
type (
	edition1 struct {
		Cents  int64  `json:"cents"`
		Legacy string `json:"legacy"`
		Inner  Inner  `json:"inner"`
		Title  string `json:"title"`
	}
	edition2 struct {
		Cents int64       `json:"cents"`
		Inner NarrowInner `json:"inner"`
		Title string      `json:"title"`
	}
	edition3 struct {
		Amount int64  `json:"amount" everact:"was=cents"`
		Legacy string `json:"legacy"`
		Inner  Inner  `json:"inner"`
		Title  string `json:"title"`
		Extra  string `json:"extra"`
	}
	edition4 struct {
		Cents string `json:"cents"`
		Inner Inner  `json:"inner"`
		Title string `json:"title"`
	}
)

func (e *edition1) parts() (*int64, *string, *int) { return &e.Cents, &e.Title, &e.Inner.N }
func (e *edition2) parts() (*int64, *string, *int) { return &e.Cents, &e.Title, &e.Inner.N }
func (e *edition3) parts() (*int64, *string, *int) { return &e.Amount, &e.Title, &e.Inner.N }
func (e *edition4) parts() (*int64, *string, *int) { return nil, &e.Title, &e.Inner.N }

type edition[A any] interface {
	*A
	// parts are the number, the title and the nested number.
	parts() (cents *int64, title *string, n *int)
}

type filling struct {
	Cents  int64  `json:"cents"`
	Legacy string `json:"legacy"`
	Note   string `json:"note"`
	Title  string `json:"title"`
}

type addBehind struct {
	Amount int64  `json:"amount"`
	Gate   string `json:"gate"`
}

// released declares a release with the handlers that all have.
func released[A any, E edition[A]](options ...everact.KindOption) *everact.Kind[A] {
	kind := everact.NewKind[A]("edition", append(options, everact.Exposed())...)
	everact.HandleNoReply(kind, "name", func(a *A, _ *everact.Context, title string) error {
		_, own, _ := E(a).parts()
		*own = title
		return nil
	})
	everact.HandleNoReply(kind, "number", func(a *A, _ *everact.Context, n int) error {
		_, _, own := E(a).parts()
		*own = n
		return nil
	})
	everact.HandleNothing(kind, "touch", func(*A, *everact.Context) error { return nil })
	everact.HandleNoMessage(kind, "show", func(a *A, _ *everact.Context) (A, error) { return *a, nil }, everact.ReadOnly())
	everact.HandleNoMessage(kind, "revision", func(_ *A, ctx *everact.Context) (int, error) { return int(ctx.Revision()), nil }, everact.ReadOnly())
	everact.HandleNothing(kind, "leave", func(_ *A, ctx *everact.Context) error { ctx.Passivate(); return nil })
	return kind
}

// withBehind adds the handler add_behind.
func withBehind[A any, E edition[A]](kind *everact.Kind[A]) *everact.Kind[A] {
	everact.Handle(kind, "add_behind", func(a *A, ctx *everact.Context, m addBehind) (int64, error) {
		if err := passGate(ctx, m.Gate); err != nil {
			return 0, err
		}
		cents, _, _ := E(a).parts()
		*cents += m.Amount
		return *cents, nil
	})
	return kind
}

// withAdd adds the handler add.
func withAdd[A any, E edition[A]](kind *everact.Kind[A]) *everact.Kind[A] {
	everact.Handle(kind, "add", func(a *A, _ *everact.Context, amount int64) (int64, error) {
		cents, _, _ := E(a).parts()
		*cents += amount
		return *cents, nil
	})
	return kind
}

func withFill(kind *everact.Kind[edition1]) *everact.Kind[edition1] {
	everact.HandleNoReply(kind, "fill", func(e *edition1, _ *everact.Context, f filling) error {
		*e = edition1{f.Cents, f.Legacy, Inner{1, f.Note}, f.Title}
		return nil
	})
	return kind
}

// release is the kind edition as a release registers it.
func release(number int) []everact.AnyKind {
	switch number {
	case 2:
		return []everact.AnyKind{withAdd[edition2](withBehind[edition2](released[edition2]()))}
	case 3:
		kind := released[edition3](everact.WithNew(func() *edition3 { return &edition3{Extra: "new"} }))
		return []everact.AnyKind{withAdd[edition3](withBehind[edition3](kind))}
	case 4:
		return []everact.AnyKind{released[edition4]()}
	case 5:
		kind := withBehind[edition1](withFill(released[edition1]()))
		everact.Handle(kind, "add", func(e *edition1, _ *everact.Context, m struct {
			Amount int64 `json:"amount"`
		}) (int64, error) {
			e.Cents += m.Amount
			return e.Cents, nil
		})
		return []everact.AnyKind{kind}
	case 6:
		return []everact.AnyKind{withBehind[edition1](withFill(released[edition1]()))}
	case 7:
		return nil
	default:
		return []everact.AnyKind{withAdd[edition1](withBehind[edition1](withFill(released[edition1]())))}
	}
}
