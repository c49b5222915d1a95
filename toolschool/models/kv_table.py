"""Keys and values of the texts of a running batch: for each layer one table with a place for each text.

    table = Table(places=16)
    table.put(0, output.past_key_values)                  # what the model made of a prompt, at place 0
    model(input_ids=newest, past_key_values=table.at(places), attention_mask=table.visible(places), position_ids=places)

The texts at work are at the first places of the table; each has a length of its own, and what lies behind it is never seen. `places` (B, k) are
where the k newest tokens of each stand in their texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError

if TYPE_CHECKING:
    import torch

_GROWS_BY = 256  # tokens


class Table:
    """A cache of `places` texts, as long as the longest has been."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._layers: list[_Layer] = []

    def put(self, place: int, cache: Any) -> None:
        """A prompt's keys and values, (1, heads, length, size) in each layer. ModelError for a cache that is not made of these."""
        if not self._layers:
            self._layers = [_Layer() for _ in cache.layers]
        length = cache.layers[0].keys.shape[2]
        for layer, made in zip(self._layers, cache.layers, strict=True):
            if getattr(made, "is_sliding", False) or made.keys.shape[2] != length:
                raise ModelError("this model's attention slides, which is not served here; use an engine by URL")
            layer.put(self._places, place, made.keys[0], made.values[0])

    def move(self, here: int, there: int) -> None:
        """The text at one place takes another's."""
        for layer in self._layers:
            layer.move(here, there)

    def at(self, places: torch.Tensor) -> Any:
        """The table as a cache of transformers in which the newest tokens go to `places` (B, k)."""
        from transformers import Cache

        longest = int(places.max()) + 1
        for layer in self._layers:
            layer.next_at(places, longest)
        return Cache(layers=self._layers)  # type: ignore[arg-type]  # these layers know all that a model asks of them

    def visible(self, places: torch.Tensor) -> torch.Tensor:
        """What each new token sees, bool (B, 1, k, longest): its own text up to itself."""
        import torch

        columns = torch.arange(int(places.max()) + 1, device=places.device)
        return (columns <= places[:, :, None])[:, None]


class _Layer:
    """`keys` and `values` (places, heads, length, size) of one layer."""

    is_sliding = False

    def __init__(self) -> None:
        self.keys: Any = None
        self.values: Any = None
        self._places: Any = None
        self._longest = 0

    def put(self, places: int, place: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        if self.keys is None:
            heads, _, size = keys.shape
            self.keys = keys.new_zeros(places, heads, 0, size)
            self.values = values.new_zeros(places, values.shape[0], 0, values.shape[2])
        self._grow(keys.shape[1])
        self.keys[place, :, : keys.shape[1]] = keys
        self.values[place, :, : keys.shape[1]] = values

    def move(self, here: int, there: int) -> None:
        self.keys[there] = self.keys[here]
        self.values[there] = self.values[here]

    def next_at(self, places: torch.Tensor, longest: int) -> None:
        self._grow(longest)
        self._places, self._longest = places, longest

    def _grow(self, length: int) -> None:
        import torch

        missing = length - self.keys.shape[2]
        if missing > 0:
            more = -(-missing // _GROWS_BY) * _GROWS_BY
            self.keys = torch.nn.functional.pad(self.keys, (0, 0, 0, more))
            self.values = torch.nn.functional.pad(self.values, (0, 0, 0, more))

    def update(self, keys: torch.Tensor, values: torch.Tensor, *_: Any, **__: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Take in the new tokens of each text, (B, heads, k, size); all that the texts see."""
        import torch

        count = keys.shape[0]
        rows = torch.arange(count, device=keys.device)[:, None]
        self.keys[rows, :, self._places] = keys.transpose(1, 2)
        self.values[rows, :, self._places] = values.transpose(1, 2)
        return self.keys[:count, :, : self._longest], self.values[:count, :, : self._longest]
