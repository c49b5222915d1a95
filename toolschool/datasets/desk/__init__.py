"""A seeded generator of requests over the 16 desk tools, with gold plans that run on `toolschool.tools.desk`.

from toolschool.datasets.desk import generate
for example in generate(seed=0, count=1000, split="train"): ...
"""

from toolschool.datasets.desk.compose import generate

__all__ = ["generate"]
