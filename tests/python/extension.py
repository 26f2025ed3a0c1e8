"""The package under test: what `tools/build.sh python` made, or what is in $BRINERY_SITE."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = pathlib.Path(os.environ.get("BRINERY_SITE", ROOT / "build" / "python" / "site"))

if not (SITE / "brinery").is_dir():
    raise FileNotFoundError(f"{SITE} has no package: run tools/build.sh python")
sys.path.insert(0, str(SITE))

import brinery  # noqa: E402

if not brinery.__file__.startswith(str(SITE)):
    raise ImportError(f"brinery comes from {brinery.__file__}, not from {SITE}")
