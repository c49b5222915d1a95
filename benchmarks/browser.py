"""A headless Chromium of this machine, driven by Playwright: for pictures of the page, and for its tests.

with sync_playwright() as driver:
    browser = driver.chromium.launch(**options())       # FileNotFoundError where there is no Chromium
"""

from __future__ import annotations

import shutil
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",  # it may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def options() -> dict[str, Any]:
    """What Playwright's `launch` takes; the profile is a new one each time."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise FileNotFoundError("there is no Chromium: apt-get install chromium")
    return {"executable_path": path, "args": list(_ARGUMENTS), "headless": True}
