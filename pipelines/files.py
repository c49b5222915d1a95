"""Paths and file systems: a run's folder is any pyarrow.fs URI, and this is the one place that opens it.

A plain path means the local file system; `s3://bucket/x`, `gs://bucket/x` and `file:///x` mean what they say. Writes
that mark something as finished go through `write_text`: a reader sees the old file, the new file, never half of one.
"""

from __future__ import annotations

import hashlib
import posixpath
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from toolschool.errors import StorageError

if TYPE_CHECKING:
    from pyarrow import fs

CHUNK = 1 << 20


class Place(NamedTuple):
    """A file system and a path on it."""

    files: fs.FileSystem
    path: str


def absolute(uri: str) -> str:
    """The URI itself, or the absolute form of a plain path (workers have another current folder)."""
    return uri if "://" in uri else str(Path(uri).expanduser().absolute())


def join(uri: str, *parts: str) -> str:
    return "/".join([uri.rstrip("/"), *(part.strip("/") for part in parts)])


def open_uri(uri: str) -> Place:
    """Raises StorageError for a scheme pyarrow does not know."""
    import pyarrow as pa
    from pyarrow import fs

    try:
        return Place(*fs.FileSystem.from_uri(absolute(uri)))
    except (pa.ArrowException, ValueError, OSError) as error:
        raise StorageError(f"cannot open storage '{uri}': {' '.join(str(error).split())}") from error


def exists(uri: str) -> bool:
    from pyarrow import fs

    place = open_uri(uri)
    return place.files.get_file_info(place.path).type != fs.FileType.NotFound


def list_files(uri: str, suffix: str = "") -> list[str]:
    """Paths below a folder that end in `suffix`, sorted; [] when there is no such folder."""
    from pyarrow import fs

    place = open_uri(uri)
    found = place.files.get_file_info(fs.FileSelector(place.path, recursive=True, allow_not_found=True))
    return sorted(info.path for info in found if info.type == fs.FileType.File and info.path.endswith(suffix))


def remove_folder(uri: str) -> None:
    """Delete a folder and all below it; nothing happens when it is not there."""
    if exists(uri):
        place = open_uri(uri)
        place.files.delete_dir(place.path)


def remove_file(uri: str) -> None:
    """Delete a file; nothing happens when it is not there."""
    if exists(uri):
        place = open_uri(uri)
        place.files.delete_file(place.path)


def write_text(uri: str, text: str) -> None:
    """Write a text file as `write_bytes` does."""
    write_bytes(uri, text.encode())


def write_bytes(uri: str, content: bytes) -> None:
    """Write a file atomically: under another name first, then moved over the old one."""
    place = open_uri(uri)
    place.files.create_dir(posixpath.dirname(place.path), recursive=True)
    draft = f"{place.path}.{uuid.uuid4().hex[:8]}.draft"
    with place.files.open_output_stream(draft) as stream:
        stream.write(content)
    place.files.move(draft, place.path)


def read_text(uri: str) -> str:
    """Raises StorageError when the file is not there."""
    place = open_uri(uri)
    try:
        with place.files.open_input_stream(place.path) as stream:
            return bytes(stream.readall()).decode()
    except FileNotFoundError as error:
        raise StorageError(f"{uri} does not exist") from error


def read_lines(uri: str) -> Iterator[str]:
    """The lines of a text file without their ends; bytes that are not UTF-8 are kept visible as \\xNN."""
    place = open_uri(uri)
    rest = b""
    with place.files.open_input_stream(place.path) as stream:
        while chunk := stream.read(CHUNK):
            *lines, rest = (rest + bytes(chunk)).split(b"\n")
            yield from (line.decode(errors="backslashreplace").rstrip("\r") for line in lines)
    if rest:
        yield rest.decode(errors="backslashreplace").rstrip("\r")


def read_rows(uri: str) -> Iterator[dict[str, Any]]:
    """Rows of all Parquet files of a folder, file by file in the order of their names."""
    import pyarrow.parquet as pq

    files = open_uri(uri).files
    for path in list_files(uri, ".parquet"):
        yield from pq.read_table(path, filesystem=files).to_pylist()


def read_texts(uri: str, suffix: str) -> Iterator[tuple[str, str]]:
    """Path and text of all files below a folder that end in `suffix`, in the order of their paths."""
    files = open_uri(uri).files
    for path in list_files(uri, suffix):
        with files.open_input_stream(path) as stream:
            yield path, bytes(stream.readall()).decode()


def sha256(uri: str) -> str:
    """Hex digest of one file, or of the names and contents of all files of a folder."""
    from pyarrow import fs

    place = open_uri(uri)
    digest = hashlib.sha256()
    if place.files.get_file_info(place.path).type == fs.FileType.Directory:
        for path in list_files(uri):
            digest.update(posixpath.relpath(path, place.path).encode() + b"\0")
            _feed(digest, place.files, path)
    else:
        _feed(digest, place.files, place.path)
    return digest.hexdigest()


def model_mark(name: str) -> str:
    """What tells one model from another: the hash of its folder, or the hub id."""
    return sha256(name) if exists(name) else name


def _feed(digest: hashlib._Hash, files: fs.FileSystem, path: str) -> None:
    with files.open_input_stream(path) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(bytes(chunk))
