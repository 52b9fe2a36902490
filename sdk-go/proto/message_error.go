package proto

// This file holds application errors that a .proto declares: errors whose fields are a message.

import (
	"errors"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/internal/payload"
)

// MessageError is an application error that carries a message. Generated code names one for each message with the option (everact.v1.error):
//
//	return nil, flightsv1.NewAirportClosedError("SFO is closed", &flightsv1.AirportClosed{Airport: "SFO"})
//
//	var closed *flightsv1.AirportClosedError
//	if errors.As(err, &closed) {
//		fmt.Println(closed.Detail.GetAirport())
//	}
type MessageError[M proto.Message] struct {
	// Message says in words what happened.
	Message string
	// Detail is what the error carries.
	Detail M
}

// Error is the message.
func (e *MessageError[M]) Error() string { return e.Message }

// RegisterError declares the error of a message; generated code calls it when the program starts.
func RegisterError[M proto.Message](errorType string, options ...everact.ErrorOption) struct{} {
	return everact.RegisterGenerated[*MessageError[M]](errorType, payload.Refusal{
		Details: func(err error) ([]byte, error) {
			refusal, ok := err.(*MessageError[M])
			if !ok || refusal == nil {
				return nil, errors.New("it is nil")
			}
			detail := proto.Message(refusal.Detail)
			if isNil(detail) {
				detail = newMessage[M]()
			}
			return protojson.Marshal(detail)
		},
		Make: func(message string, details []byte) error {
			refusal := &MessageError[M]{Message: message, Detail: newMessage[M]()}
			if len(details) > 0 && (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(details, refusal.Detail) != nil {
				return nil
			}
			return refusal
		},
	}, options...)
}
