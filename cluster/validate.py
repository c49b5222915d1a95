"""Check cluster files before a cluster sees them: launcher files, Kubernetes manifests, Serve configurations.

    python -m cluster.validate                                   # all of ours
    python -m cluster.validate cluster/launch/aws.yaml mine.yaml # these

A line per file; names that begin with FILL_IN_ are listed, they are yours to replace. Ends with 2 when a file is wrong. Run it in
the repository: a Serve application is imported to check its arguments. What the cloud itself knows (regions, images, quotas) is
not checked.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cluster.checks import ClusterFileError, check_kubernetes, check_launcher, check_serve
from cluster.checks.places import ROOT, read, to_fill_in

OURS = ("cluster/launch", "cluster/kubernetes", "cluster/monitoring", "serving/configs")
CHECKS: dict[Callable[[str | Path], None], frozenset[str]] = {  # by what stands at a file's top
    check_launcher: frozenset({"cluster_name", "provider", "available_node_types", "head_node_type"}),
    check_kubernetes: frozenset({"apiVersion", "kind", "metadata", "spec"}),
    check_serve: frozenset({"applications", "http_options", "proxy_location"}),
}


def ours() -> list[str]:
    return [os.path.relpath(path) for folder in OURS for path in sorted((ROOT / folder).glob("*.yaml"))]


def check_file(path: str) -> None:
    """The check for this file, chosen by most of its keys, so that a typo in one of them is still told."""
    place, (document, *_) = read(path)
    check = max(CHECKS, key=lambda each: len(CHECKS[each] & document.keys()))
    if not CHECKS[check] & document.keys():
        raise place.error("is neither a launcher file, nor a Kubernetes manifest, nor a Serve configuration")
    check(path)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m cluster.validate", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="default: the files of this repository")
    wrong = 0
    for path in parser.parse_args(argv).files or ours():
        try:
            check_file(path)
        except ClusterFileError as error:
            wrong += 1
            print(error, file=sys.stderr)
            continue
        names = to_fill_in(path)
        print(f"{path}: valid" + (f"; fill in {', '.join(names)}" if names else ""))
    return 2 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
