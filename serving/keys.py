"""API keys in a file of names and digests: make, list and revoke them while the server runs.

    python -m serving.keys add alice --file keys.txt       # prints the key, this once
    python -m serving.keys list --file keys.txt
    python -m serving.keys revoke alice --file keys.txt

A line is `NAME SHA256 DATE`; `#` begins a comment. The file never holds a key, so it may be mounted, copied and backed up;
whoever can write it can let people in. Gateways that were started with `app.key_file` see a change within a second, or as soon
as the file system shows it to them. To replace a key, add one under another name, hand it out, revoke the old one.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from serving.auth import digest
from toolschool.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """A key as the file knows it."""

    name: str
    digest: str
    made: str = ""
    """Day, ISO 8601; empty in lines written by hand."""

    def line(self) -> str:
        return f"{self.name} {self.digest} {self.made}".rstrip() + "\n"


def parse(text: str, source: str = "the key file") -> list[Entry]:
    """Entries in order. ConfigError, which never repeats what stands there: a key may have been pasted by mistake."""
    entries: list[Entry] = []
    for at, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) not in (2, 3) or not _NAME.fullmatch(words[0]) or not _DIGEST.fullmatch(words[1]):
            raise ConfigError(
                f"{source}, line {at}: not NAME SHA256 DATE; `python -m serving.keys add` writes such lines"
            )
        if words[0] in (entry.name for entry in entries):
            raise ConfigError(f"{source}, line {at}: a second key of the name '{words[0]}'; give it another name")
        entries.append(Entry(*words))
    return entries


def read_file(path: Path) -> list[Entry]:
    """Entries of a file. ConfigError when it is not there or wrong."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise ConfigError(
            f"there is no key file {path}; `python -m serving.keys add NAME --file {path}` makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the key file {path}: {error}") from None


def checked(path: str) -> str:
    """The file's path, absolute. ConfigError when it is not there or wrong."""
    place = Path(path).expanduser().absolute()
    read_file(place)
    return str(place)


def add(path: Path, name: str) -> str:
    """A new key, written down as a digest. ConfigError on a name that is taken or no name."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"'{name}' is no name for a key: letters, digits, and . _ @ - inside, at most 64")
    if name in (entry.name for entry in (read_file(path) if path.exists() else [])):
        raise ConfigError(f"{path} has a key of the name '{name}'; revoke it, or choose another name")
    key = f"ts-{secrets.token_urlsafe(32)}"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    entry = Entry(name, digest(key), datetime.now(UTC).date().isoformat())
    _write(path, [*(f"{line}\n" for line in lines), entry.line()])
    return key


def revoke(path: Path, name: str) -> None:
    """Take a key away; comments and other lines stay. ConfigError when there is none of the name."""
    if name not in (entry.name for entry in read_file(path)):
        raise ConfigError(
            f"{path} has no key of the name '{name}'; `python -m serving.keys list --file {path}` shows them"
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    _write(path, (f"{line}\n" for line in lines if line.split()[:1] != [name]))


def _write(path: Path, lines: Iterable[str]) -> None:
    """All or nothing: a gateway never reads half a file."""
    target = path.resolve()  # behind a link, the file it points to
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    with tempfile.NamedTemporaryFile("w", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        file.writelines(lines)
    os.chmod(file.name, mode)
    os.replace(file.name, target)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m serving.keys", description="API keys of the endpoint.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, about in (
        ("add", "make a key and print it, this once"),
        ("list", "names and days"),
        ("revoke", "take a key away"),
    ):
        command = verbs.add_parser(verb, help=about)
        if verb != "list":
            command.add_argument("name")
        command.add_argument("--file", type=Path, required=True, help="file of names and digests (app.key_file)")
    given = parser.parse_args(argv)
    try:
        if given.verb == "add":
            print(add(given.file, given.name))
            print(f"this is the only time the key of '{given.name}' is shown", file=sys.stderr)
        elif given.verb == "revoke":
            revoke(given.file, given.name)
        else:
            print("\n".join(f"{entry.name}\t{entry.made}" for entry in read_file(given.file)))
    except (ConfigError, OSError) as error:
        print(f"python -m serving.keys: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
