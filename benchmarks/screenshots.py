"""Pictures of the endpoint's page for the README: the shipped models and a real gateway in this process, a headless Chromium in front.

    python -m benchmarks.screenshots        # docs/pictures/page-desktop.png, page-phone.png; a minute

Everything in them has happened, as it would with `make serve`; only the time of day is set. Look at them before they are kept.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image

from benchmarks.browser import options
from benchmarks.passthrough import NOW, open_service
from serving.gateway import create_app
from serving.settings import GatewaySettings
from toolschool.tools.desk import Desk, default_world

FOLDER = Path("docs/pictures")
MARGIN, COLOURS = 16, 64


@dataclass(frozen=True)
class Picture:
    """What is asked, and how the page is looked at. `browser` is what Playwright calls the options of a context."""

    name: str
    query: str
    first: str  # selectors of what stands at its top and its bottom
    last: str
    browser: dict[str, Any] = field(default_factory=dict)


PICTURES = (
    Picture(
        "page-desktop",
        "Create a Zoom meeting called Roadmap tomorrow at 3pm with Sid and Lutfi",
        "header",
        "#work",
        {"viewport": {"width": 1040, "height": 900}, "color_scheme": "light"},
    ),
    Picture(
        "page-phone",
        "Email Lutfi and Sid the summary of plan.pdf",
        "#answerbox",
        ".graph",
        {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "is_mobile": True, "has_touch": True},
    ),
)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The URL of the app on a free port, until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


def small(png: bytes) -> Image.Image:
    """The picture in few colours: half the bytes, and no eye sees it."""
    return Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


async def take(driver: Any, picture: Picture) -> Path:
    """Ask, wait for the end, and keep what the page shows."""
    service = await open_service(Desk(NOW, world=default_world()))
    await service.plan(picture.query, NOW)  # models are warm when they are looked at
    browser = await driver.chromium.launch(**options())
    async with served(create_app(service, GatewaySettings())) as url:
        page = await browser.new_page(**picture.browser, reduced_motion="reduce")
        await page.goto(url)
        await page.get_by_label("What should be done?").fill(picture.query)
        await page.get_by_role("button", name="Run", exact=True).click()
        await page.locator("#timings:not(:empty)").wait_for()
        await page.wait_for_load_state("networkidle")
        path = FOLDER / f"{picture.name}.png"
        size = picture.browser["viewport"]["width"]
        top, bottom = [await page.locator(each).first.bounding_box() for each in (picture.first, picture.last)]
        y = max(0, top["y"] - MARGIN)
        clip = {"x": 0, "y": y, "width": size, "height": bottom["y"] + bottom["height"] + MARGIN - y}
        small(await page.screenshot(full_page=True, clip=clip)).save(path, optimize=True)
        await browser.close()
    return path


async def main() -> None:
    """All pictures."""
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        for picture in PICTURES:
            path = await take(driver, picture)
            print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(main())
