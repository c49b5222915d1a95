"""A small shop over HTTP that wants a key and, like some servers, repeats it where it should not."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn
from fastapi import FastAPI, Header, HTTPException

KEY = "s3cret-of-the-shop"


def app() -> FastAPI:
    shop = FastAPI(title="Shop")

    @shop.get("/stock", operation_id="stock_level", description="How many pieces of a product are in stock.")
    async def stock(product: str, x_api_key: str = Header()) -> dict[str, Any]:
        if x_api_key != KEY:
            raise HTTPException(401, f"no such key: {x_api_key}")
        return {"product": product, "pieces": 7, "key": x_api_key}

    @shop.post("/orders", operation_id="order_product", description="Order pieces of a product from the warehouse.")
    async def order(product: str, pieces: int = 1, x_api_key: str = Header()) -> dict[str, Any]:
        return {"ordered": product, "pieces": pieces}

    return shop


@contextmanager
def running(asgi: Any) -> Iterator[str]:
    """The app's address, as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(asgi, "127.0.0.1", 0, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
