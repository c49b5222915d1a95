"""Is this storage good for this run? Asked before anything starts, so that a run does not die an hour later.

    check("runs", nodes=1)               # creates the folder and writes a probe
    check("runs", nodes=4)               # NotSharedError: other nodes cannot see a local path

A local path is accepted for several nodes only when the caller says that it is mounted on all of them (`shared=True`).
"""

from __future__ import annotations

import uuid
from pathlib import Path


class BadStorageError(ValueError):
    """The storage cannot be used; the message says what to do."""


class NotSharedError(BadStorageError):
    """A local path on a cluster of several nodes."""


class NotWritableError(BadStorageError):
    """The probe could not be written, read back or removed."""


def is_local(uri: str) -> bool:
    return "://" not in uri or uri.startswith("file://")


def check(uri: str, *, nodes: int = 1, shared: bool = False) -> None:
    """Write, read and remove a small probe below `uri`. Raises BadStorageError (one of the kinds above)."""
    if nodes > 1 and is_local(uri) and not shared:
        raise NotSharedError(
            f"storage '{uri}' is local but the cluster has {nodes} nodes; use a URI all of them see (s3://, gs://), "
            "or set cluster.shared_storage=true if this path is mounted on every node"
        )
    if not uri.strip():
        raise BadStorageError("output.storage is empty; name a folder or a URI")
    _probe(uri)


def _probe(uri: str) -> None:
    import pyarrow as pa
    from pyarrow import fs

    absolute = uri if "://" in uri else str(Path(uri).expanduser().absolute())
    try:
        files, root = fs.FileSystem.from_uri(absolute)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise BadStorageError(f"cannot open storage '{uri}': {' '.join(str(error).split())}") from error
    text = uuid.uuid4().hex.encode()
    path = f"{root}/.probe-{text.decode()[:8]}"
    try:
        files.create_dir(root, recursive=True)
        with files.open_output_stream(path) as stream:
            stream.write(text)
        with files.open_input_stream(path) as stream:
            back = bytes(stream.readall())
        files.delete_file(path)
    except (pa.ArrowException, OSError) as error:
        raise NotWritableError(f"cannot write to storage '{uri}': {' '.join(str(error).split())}") from error
    if back != text:
        raise NotWritableError(f"storage '{uri}' does not return what was written to it")
