"""A small HTTP API for the tests: every way in which a request can carry arguments. FastAPI writes its OpenAPI 3.1 document."""

import asyncio
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Cookie, FastAPI, Form, Header, HTTPException, Query, Request, Response, Security, UploadFile
from fastapi.security import APIKeyHeader, APIKeyQuery
from pydantic import BaseModel, Field

app = FastAPI(title="Shop")
key_header = APIKeyHeader(name="X-Shop-Key", auto_error=False)
key_query = APIKeyQuery(name="key", auto_error=False)


class Size(StrEnum):
    small = "small"
    large = "large"


class Maker(BaseModel):
    name: str
    country: str | None = None


class Item(BaseModel):
    id: int = Field(description="Its number.")
    name: str
    size: Size = Size.small
    makers: list[Maker] = []
    parent: "Item | None" = None


@app.get("/items/{name}", operation_id="find-item")
def find_item(
    name: str,
    size: Size | None = None,
    tag: Annotated[list[str] | None, Query(description="Any of these.")] = None,
    fresh: bool = False,
    x_trace: Annotated[str, Header()] = "none",
    visitor: Annotated[str | None, Cookie()] = None,
) -> Any:
    """Finds an item.

    By its name.
    """
    return {"name": name, "size": size, "tag": tag, "fresh": fresh, "trace": x_trace, "visitor": visitor}


@app.put("/items/{id}", operation_id="put_item")
def put_item(id: int, item: Item) -> Any:
    """Stores an item."""
    return {"path": id, "item": item}


@app.post("/many", operation_id="put_many")
def put_many(items: list[Maker]) -> Any:
    """Stores many."""
    return len(items)


@app.post("/settings", operation_id="settings")
def settings(body: dict[str, Any]) -> Any:
    """Stores anything."""
    return body


@app.get("/visit", operation_id="visit")
def visit(response: Response, been: Annotated[str | None, Cookie(include_in_schema=False)] = None) -> Any:
    """Sets a cookie."""
    response.set_cookie("been", "here")
    return "another visit" if been else "first visit"


class Options(BaseModel):
    color: str = "red"


@app.post("/options", operation_id="options")
def options(options: Options) -> Any:
    """Stores options."""
    return options


@app.post("/login", operation_id="login")
def login(user: Annotated[str, Form()], days: Annotated[int, Form()] = 1) -> Any:
    """Logs in."""
    return f"{user} for {days}"


@app.post("/upload", operation_id="upload")
async def upload(file: UploadFile) -> Any:
    """Cannot be a tool."""
    return file.filename


@app.get("/private", operation_id="private")
def private(
    request: Request, key: Annotated[str, Security(key_header)] = "", other: Annotated[str, Security(key_query)] = ""
) -> Any:
    """Wants a key, and says too much about it."""
    if "s3cret" not in (key, other):
        raise HTTPException(401, f"no such key: {key or other}")
    return {"seen": key or other, "address": str(request.url)}


@app.get("/broken/{status}", operation_id="broken")
def broken(status: int) -> Any:
    """Breaks."""
    raise HTTPException(status, "it\nis broken")


@app.get("/kind/{kind}", operation_id="kind")
async def kind(kind: str) -> Response:
    """Answers in some way."""
    if kind == "slow":
        await asyncio.sleep(3)
    answers: dict[str, tuple[bytes, str]] = {
        "text": ("grüße".encode("latin-1"), "text/plain; charset=latin-1"),
        "image": (b"\0\1\2", "image/png"),
        "huge": (b"x" * 1_000_001, "text/plain"),
        "lie": (b"<html>", "application/json"),
        "empty": (b"", "application/json"),
        "problem": (b'{"a": [1]}', "application/problem+json"),
    }
    if kind == "moved":
        return Response(status_code=307, headers={"location": "https://elsewhere.example.com/"})
    body, media = answers[kind]
    return Response(body, media_type=media)
