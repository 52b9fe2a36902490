"""A shop with routes of google.api.http, served until the input ends: python serve.py. Its code was generated from core/gateway/tests/proto."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from google.protobuf.field_mask_pb2 import FieldMask
from shop.v1 import cart_pb2 as pb
from shop.v1.cart_everact import CartActor

from everact import Context, Engine


class Cart(CartActor):
    """Items in memory; none of its calls fails or waits."""

    def __init__(self) -> None:
        self.items: list[pb.Item] = []

    def _total(self) -> pb.Total:
        return pb.Total(items=len(self.items) % 2**31)

    def add(self, ctx: Context, request: pb.AddRequest, /) -> pb.Total:
        self.items.append(request.item)
        return self._total()

    def get(self, ctx: Context, request: pb.GetRequest, /) -> pb.Total:
        return self._total()

    def add_all(self, ctx: Context, requests: Sequence[pb.AddRequest], /) -> pb.Total:
        self.items.extend(request.item for request in requests)
        return self._total()

    def talk(self, ctx: Context, request: pb.AddRequest, /) -> list[pb.Total]:
        return [self.add(ctx, request)]

    def clear(self, ctx: Context, request: pb.GetRequest, /) -> None:
        self.items.clear()

    def wait(self, ctx: Context, request: pb.GetRequest, /) -> pb.Total:
        return self._total()

    def fail(self, ctx: Context, request: pb.FailRequest, /) -> pb.Total:
        return self._total()

    def audit(self, ctx: Context, request: pb.GetRequest, /) -> pb.Total:
        return self._total()

    def change(self, ctx: Context, request: pb.ChangeRequest, /) -> FieldMask:
        return request.update_mask

    def list(self, ctx: Context, request: pb.GetRequest, /) -> Sequence[pb.Item]:
        return self.items


async def main() -> None:
    async with Engine(None, actors=[Cart], listen="127.0.0.1:0") as engine:
        print(f"http://{engine.address}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
