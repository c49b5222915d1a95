"""Local folders and pyarrow.fs URIs under one name, as far as training needs them."""

from __future__ import annotations

from pathlib import Path


def is_uri(place: str) -> bool:
    return "://" in place


def absolute(place: str) -> str:
    """A local folder as an absolute path; a URI as it is."""
    return place if is_uri(place) else str(Path(place).resolve())


def join(place: str, *parts: str) -> str:
    return "/".join([place.rstrip("/"), *parts])


def copy_out(folder: Path, place: str) -> None:
    """Copy a local folder's content to a folder or URI; existing files of the same name are replaced."""
    from pyarrow import fs

    system, path = _filesystem(place)
    system.create_dir(path, recursive=True)
    fs.copy_files(str(folder), path, source_filesystem=fs.LocalFileSystem(), destination_filesystem=system)


def copy_in(place: str, folder: Path, name: str) -> None:
    """Copy one file of a folder or URI into a local folder, if it is there."""
    from pyarrow import fs

    system, path = _filesystem(join(place, name))
    if system.get_file_info(path).is_file:
        fs.copy_files(path, str(folder / name), source_filesystem=system, destination_filesystem=fs.LocalFileSystem())


def _filesystem(place: str):  # type: ignore[no-untyped-def]  # pyarrow has no stubs
    from pyarrow import fs

    return fs.FileSystem.from_uri(place) if is_uri(place) else (fs.LocalFileSystem(), place)
