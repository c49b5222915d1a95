"""Early storage checks: what is refused, why, and that nothing is left behind."""

import os

import pytest

from cluster.storage import BadStorageError, NotSharedError, NotWritableError, check, is_local


def test_a_writable_folder_passes_and_stays_empty(tmp_path):
    check(str(tmp_path / "new" / "folder"))
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_local_path_on_several_nodes_is_refused_with_advice(tmp_path):
    with pytest.raises(NotSharedError, match=r"4 nodes.*s3://"):
        check(str(tmp_path), nodes=4)
    with pytest.raises(NotSharedError):
        check(f"file://{tmp_path}", nodes=2)


def test_a_mounted_path_on_several_nodes_is_accepted(tmp_path):
    check(str(tmp_path), nodes=4, shared=True)


@pytest.mark.parametrize("uri", ["nosuch://bucket/x", "", "  "])
def test_unusable_uris(uri):
    with pytest.raises(BadStorageError):
        check(uri)


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotWritableError, match="cannot write"):
        check(str(tmp_path / "file" / "run"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(NotWritableError):
        check(str(tmp_path))


def test_what_is_local():
    assert is_local("runs")
    assert is_local("file:///x")
    assert not is_local("s3://bucket/x")
