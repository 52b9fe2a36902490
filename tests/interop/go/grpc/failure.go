package main

// This file reads from a status what went wrong.

import (
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// failure is what a call ended with.
type failure struct {
	name, text string
}

// failed is the failure that a call was to end with: by the reason that the other side gives, or by the code where it gives none, as where the client
// itself saw the deadline pass.
func failed(err error) (failure, error) {
	got, isStatus := status.FromError(err)
	if !isStatus || got.Code() == codes.OK {
		return failure{}, errors.Join(errors.New("the call should have failed with a status"), err)
	}
	found := failure{got.Code().String(), got.Message()}
	for _, detail := range got.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			found.name = info.GetReason()
		}
	}
	return found, nil
}
