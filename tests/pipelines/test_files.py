"""Paths, atomic writes, hashes and lines."""

import pytest

from pipelines import files
from toolschool.errors import StorageError


def test_text_round_trip_replaces_and_leaves_no_draft(tmp_path):
    uri = str(tmp_path / "a" / "b.json")
    files.write_text(uri, "one")
    files.write_text(uri, "twö")
    assert files.read_text(uri) == "twö"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.json"]


def test_missing_file_and_unknown_scheme(tmp_path):
    with pytest.raises(StorageError, match="does not exist"):
        files.read_text(str(tmp_path / "none"))
    with pytest.raises(StorageError, match="nosuch"):
        files.open_uri("nosuch://x")


def test_lines_survive_chunk_borders_and_bad_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 3)
    path = tmp_path / "x.jsonl"
    path.write_bytes("erste\r\nzweite ü\n\nlast".encode() + b"\xff")
    assert list(files.read_lines(str(path))) == ["erste", "zweite ü", "", "last\\xff"]


def test_hash_of_a_folder_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    before = files.sha256(str(tmp_path))
    assert before == files.sha256(str(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    assert files.sha256(str(tmp_path)) != before


def test_listing_and_removing(tmp_path):
    files.write_text(str(tmp_path / "f" / "x.parquet"), "")
    assert [p.rsplit("/", 1)[1] for p in files.list_files(str(tmp_path), ".parquet")] == ["x.parquet"]
    files.remove_folder(str(tmp_path / "f"))
    files.remove_folder(str(tmp_path / "f"))
    assert files.list_files(str(tmp_path / "f")) == []


def test_joining():
    assert files.join("s3://b/x/", "/y", "z") == "s3://b/x/y/z"
    assert files.absolute("s3://b") == "s3://b"
    assert files.absolute("runs").startswith("/")


def test_a_file_is_removed_once(tmp_path):
    (tmp_path / "a").write_text("1")
    for _ in range(2):
        files.remove_file(str(tmp_path / "a"))
        assert not (tmp_path / "a").exists()
