"""The official reflection and health clients of grpcio against a server: python official.py ADDRESS reflection|health, or `health-ends`,
which says SERVING once and then, when the server closes, NOT_SERVING."""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SERVICE = "flights.v1.Airports"
Status = health_pb2.HealthCheckResponse


def reflection(channel):
    """The contract, as somebody reads it who has no file of it."""
    database = ProtoReflectionDescriptorDatabase(channel)
    print(*sorted(database.get_services()))
    service = DescriptorPool(database).FindServiceByName(SERVICE)
    print(*(f"{method.name}:{method.input_type.name}" for method in service.methods))


def health(channel):
    """The status of all, of a service, and of one that is not there."""
    client = health_pb2_grpc.HealthStub(channel)
    for name in ("", SERVICE):
        print(Status.ServingStatus.Name(client.Check(health_pb2.HealthCheckRequest(service=name), timeout=10).status))
    try:
        client.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=10)
    except grpc.RpcError as error:
        print(error.code().name)


def health_ends(channel):
    """What a watcher hears until the server is gone."""
    watched = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=60)
    try:
        for answer in watched:
            print(Status.ServingStatus.Name(answer.status), flush=True)
    except grpc.RpcError as error:
        # The server is gone: what it said before counts.
        if error.code() != grpc.StatusCode.UNAVAILABLE:
            raise


if __name__ == "__main__":
    with grpc.insecure_channel(sys.argv[1].removeprefix("http://")) as opened:
        {"reflection": reflection, "health": health, "health-ends": health_ends}[sys.argv[2]](opened)
