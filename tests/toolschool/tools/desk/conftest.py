"""A desk in the default world, on a fixed Monday morning."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from toolschool.tools.desk import Desk, default_world

NOW = datetime(2026, 3, 2, 9, 0)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(NOW, world=default_world())
    yield desk
    desk.close()
