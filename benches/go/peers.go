package main

// The peers: what the disk gives to one writer; and an actor as a Go programmer writes it by hand, a goroutine with a channel. No durability, no addresses, no JSON.

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// appendSync appends 300 bytes and syncs, again and again: the limit of everything durable that has one in flight.
func appendSync(path string, seconds time.Duration) (float64, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	record, done := make([]byte, 300), 0
	began := time.Now()
	for ; time.Since(began) < seconds; done++ {
		if _, err := file.Write(record); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(file.Fd())); err != nil {
			return 0, err
		}
	}
	return float64(done) / time.Since(began).Seconds(), nil
}

type question struct {
	amount int
	answer chan int
}

// channelActor counts until its channel is closed.
func channelActor() chan question {
	mailbox := make(chan question, 128)
	go func() {
		value := 0
		for q := range mailbox {
			value += q.amount
			q.answer <- value
		}
	}()
	return mailbox
}

func channelSeq(_ string, seconds time.Duration) (float64, error) {
	actor, answer := channelActor(), make(chan int, 1)
	defer close(actor)
	began, done := time.Now(), 0
	for time.Since(began) < seconds {
		for range 100 {
			actor <- question{1, answer}
			<-answer
		}
		done += 100
	}
	return float64(done) / time.Since(began).Seconds(), nil
}

func channelConc(_ string, seconds time.Duration) (float64, error) {
	var (
		group sync.WaitGroup
		over  atomic.Bool
		done  atomic.Int64
	)
	began := time.Now()
	for range inFlight {
		group.Add(1)
		go func() {
			defer group.Done()
			actor, answer, mine := channelActor(), make(chan int, 1), 0
			defer close(actor)
			for !over.Load() {
				actor <- question{1, answer}
				<-answer
				mine++
			}
			done.Add(int64(mine))
		}()
	}
	time.Sleep(seconds)
	over.Store(true)
	group.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}
