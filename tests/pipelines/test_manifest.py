"""What a manifest says."""

from pipelines import manifest


def test_manifest_says_who_what_from_what(tmp_path):
    folder = str(tmp_path / "run")
    assert manifest.read(folder) is None
    written = manifest.write(
        folder, "prepare", config={"a": 1}, inputs={"x": "00"}, counts={"in": 3}, wall_s=1.234, fingerprint="f"
    )
    assert manifest.read(folder) == written
    assert written["config"] == {"a": 1}
    assert written["inputs"] == {"x": "00"}
    assert written["counts"] == {"in": 3}
    assert written["wall_s"] == 1.23
    assert written["fingerprint"] == "f"
    assert written["versions"]["pyarrow"] != "absent"
    assert written["git"]
    assert written["finished"].endswith("+00:00")


def test_fingerprint_depends_on_content_not_on_order():
    assert manifest.fingerprint({"a": 1, "b": 2}) == manifest.fingerprint({"b": 2, "a": 1})
    assert manifest.fingerprint({"a": 1}) != manifest.fingerprint({"a": 2})
