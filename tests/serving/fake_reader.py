"""Models that read words and nothing else: texts that share words have near vectors, a trained tool wants the words of its name."""

import re
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np

TRAINED = ("get_phone_number", "send_sms", "create_note")
CARD: dict[str, Any] = {
    "tools": list(TRAINED),
    "calibration": {"temperature": 1.0, "price": 0.05},
    "joint": {
        "encoder": "words",
        "described": {"weights": [40.0, 0.0, 0.0, 0.0], "offset": -14.0},
        "trained": {"weights": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], "offset": 0.0},
    },
}


def words(text: str) -> list[str]:
    return [word for word in re.findall("[a-z]+", text.lower()) if len(word) > 3]


class FakeReader:
    """A `serving.toolbox.Reader`; `embedded` are the texts it was asked for, `error` is raised by the next one."""

    trained = TRAINED

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.classified: list[str] = []
        self.error: Exception | None = None

    async def card(self) -> dict[str, Any]:
        return CARD

    async def classify(self, query: str) -> np.ndarray:
        self.classified.append(query)
        asked = set(words(query))
        return np.array([6.0 if asked & set(name.split("_")) else -6.0 for name in TRAINED])

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        if self.error:
            raise self.error
        self.embedded += texts
        vectors = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                vectors[row, crc32(word.encode()) % 256] = 1.0
        return vectors / np.maximum(1.0, np.linalg.norm(vectors, axis=1, keepdims=True))
