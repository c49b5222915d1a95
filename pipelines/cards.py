"""What stands beside encoded rows: `toolschool.json`, which training puts into the model's folder, and `encoding.json`, by which
training knows that the rows fit its tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines import files, manifest

CARD = "toolschool.json"
ENCODING = "encoding.json"


def write_cards(folder: str, card: Mapping[str, Any], fingerprint: str, made_by: Mapping[str, Any], data: str) -> str:
    """Write both files; returns the cache key of the rows: tokenizer, settings and data."""
    key = manifest.fingerprint([fingerprint, made_by, data])
    encoding = {"fingerprint": fingerprint, "cache_key": key, "data": data, "settings": made_by}
    for file, content in ((CARD, {**card, "rows_key": key}), (ENCODING, encoding)):
        files.write_text(files.join(folder, file), json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return key
