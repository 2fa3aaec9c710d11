"""``scripts/fuzz``: one target under atheris (libFuzzer for Python), or schemathesis on OpenAPI."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.fuzz import openapi

SEEDS = Path(__file__).with_name("seeds")
KEPT = Path(".fuzz")
LENGTH_MAX = 4_096
SLOWEST = 5
"""Seconds for one input; more is a find."""


def main() -> int:
    """Run the target that the arguments name."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("target", nargs="?")
    parser.add_argument("--time", type=int, default=60, metavar="SECONDS")
    parser.add_argument("--openapi", action="store_true", help="schemathesis instead of atheris")
    options = parser.parse_args()
    if options.openapi:
        return openapi.main(options.time)
    try:
        import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ModuleNotFoundError:
        print("atheris is not installed; run pip install --group fuzz", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["ticker", "websockets"]):
        from tests.fuzz.targets import TARGETS
    if options.target not in TARGETS:
        for name, target in TARGETS.items():
            print(f"{name:<12} {(target.__doc__ or '').splitlines()[0]}")
        return 0 if options.target is None else 2
    folder = KEPT / options.target
    folder.mkdir(parents=True, exist_ok=True)
    for seed in (SEEDS / options.target).iterdir():
        shutil.copy(seed, folder / f"seed-{seed.name}")
    arguments = [
        *(f"-max_total_time={options.time}", f"-max_len={LENGTH_MAX}", f"-timeout={SLOWEST}"),
        *(f"-artifact_prefix={folder}/find-", "-rss_limit_mb=2048", "-print_final_stats=1"),
    ]
    atheris.Setup([sys.argv[0], *arguments, str(folder)], TARGETS[options.target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
