"""Your tools, explored by a teacher: trials of made-up requests, each acted on and judged (STE); killed and run again, it goes on.

    python -m jobs.explore --config recipes/ste/explore.yaml                                     # the calculator and the calendar, embedded teacher
    python -m jobs.explore --config recipes/ste/explore.yaml 'tools=[{functions: my_tools.py}]' output.name=mine
    python -m jobs.explore --config recipes/ste/explore.yaml teacher.url=http://HOST:8000/v1 teacher.model=NAME output.name=served

Writes below `<storage>/<name>/`: trials/ (a file for each, the moment it ends), explored/ (a table for each tool, what `jobs.prepare` with `ste`
reads), quarantine/ with tools that could not be explored and why, metrics.json, report.html, manifest.json. What is on disk is not done again.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session
from jobs.results import write_results
from pipelines import files, manifest
from pipelines.ste import ExploreRows
from toolschool.config import Config, OutputConfig
from toolschool.errors import BudgetError, TeacherError
from toolschool.methods.ste.teachers import TeacherConfig
from toolschool.tools.toolsets import ToolSource
