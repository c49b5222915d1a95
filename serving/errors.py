"""What a request can run into, as the error envelope that OpenAI clients understand.

    {"error": {"message": "...", "type": "...", "param": "...", "code": "..."}}

`ApiError` is raised by the gateway and by an `AgentService`; everything else becomes one here, so that a client never
meets another shape, whatever went wrong.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from toolschool.errors import ToolschoolError

_TYPES = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}


class ApiError(ToolschoolError):
    """One request failed in a way the client should know: HTTP status, one line, and the envelope's other fields."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        # All arguments reach the base class: a Serve replica's errors cross processes pickled.
        super().__init__(status, message, code, param, retry_after_s)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.message


def too_many(retry_after_s: int = 1) -> ApiError:
    """429: every place is taken."""
    message = f"the server is at its limit of concurrent requests; try again in {retry_after_s} s"
    return ApiError(429, message, "at_capacity", retry_after_s=retry_after_s)


def invalid(param: str, reason: str) -> ApiError:
    """400: a value of the request is none that can be taken; `param` names its place."""
    return ApiError(400, f"{param}: {reason}", "invalid_value", param)


def unavailable(message: str) -> ApiError:
    """503: a part of the service is not there (yet)."""
    return ApiError(503, message, "service_unavailable", retry_after_s=2)


BROKEN_OFF = "run_broken_off"


def broken_off(part: str) -> ApiError:
    """503: what was at work is gone, and nobody knows how far it came."""
    message = f"{part} ended while it was at work; some of it may have been done: look before you ask again"
    return ApiError(503, message, BROKEN_OFF)


def deadline(seconds: float) -> ApiError:
    """504: the agent took longer than the gateway allows."""
    message = f"no answer within {seconds:g} s; calls that had ended by then are done: look before you ask again"
    return ApiError(504, message, "deadline_exceeded")


def envelope(error: ApiError) -> dict[str, Any]:
    """The JSON body of an error."""
    kind = _TYPES.get(error.status) or ("server_error" if error.status >= 500 else "invalid_request_error")
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": error.code}}


def response(error: ApiError) -> JSONResponse:
    """The HTTP response of an error, with `Retry-After` and `WWW-Authenticate` where they belong."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status == 413:
        headers["Connection"] = "close"  # the rest of the body is not going to be read
    return JSONResponse(envelope(error), error.status, headers)


def install(app: FastAPI) -> None:
    """Make every error of this app speak the envelope."""
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_api_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return _told(request, error)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Wrong or malformed bodies: 400, as OpenAI's own endpoint answers, naming the field."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "not JSON")
        return _told(request, ApiError(400, f"the request body is not valid JSON: {reason}", "invalid_json"))
    where = [str(part) for part in first["loc"] if part != "body"]
    param = ".".join(where) or None
    text = first["msg"].removeprefix("Value error, ")
    return _told(request, invalid(param, text) if param else ApiError(400, text, "invalid_value", param))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own: unknown route, wrong method, a body that could not be read."""
    assert isinstance(error, HTTPException)
    messages = {
        404: f"there is no {request.url.path}; see /openapi.json for what there is",
        405: f"{request.url.path} does not take {request.method}",
    }
    return _told(request, ApiError(error.status_code, messages.get(error.status_code, str(error.detail))))


def _told(request: Request, error: ApiError) -> JSONResponse:
    """The response; the code stays with the request, for its log line."""
    request.scope["state"]["code"] = error.code
    return response(error)
