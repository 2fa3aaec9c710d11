"""Run chaos and print the report.

./scripts/chaos                        all faults for ten minutes, with a random seed
./scripts/chaos --seed 7 --time 60     a run that can be repeated
./scripts/chaos --faults "kill store" --store redis
./scripts/chaos --store sentinel --durability replicated
./scripts/chaos --store sentinel --secured    (TLS, passwords, a user for each role)
./scripts/chaos --store sentinel --faults partition    (as root)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import get_args

from tests.chaos.faults import FAULTS, Stores, refusal, usual
from tests.chaos.report import as_json, as_text
from tests.chaos.run import Options, run
from tests.support.redis_servers import Kind
from ticker.config import Durability


def main() -> int:
    """Run the command; return 0 if every promise was kept, otherwise 1."""
    parser = argparse.ArgumentParser(
        prog="./scripts/chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--time", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--store", choices=(*get_args(Kind), "sentinel"), default="valkey")
    parser.add_argument(
        "--secured",
        action="store_true",
        help="with --store sentinel: TLS with client certificates, passwords, users of ticker acl",
    )
    parser.add_argument("--durability", choices=get_args(Durability), default="fsync")
    parser.add_argument("--readers", type=int, default=12, metavar="N")
    parser.add_argument(
        "--faults",
        nargs="+",
        choices=sorted(FAULTS),
        metavar="NAME",
        help="some of:\n" + "\n".join(sorted(FAULTS)),
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the report there")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep the processes' logs there")
    asked = parser.parse_args()
    stores: Stores = "sentinel" if asked.store == "sentinel" else "single"
    if asked.secured and stores != "sentinel":
        parser.error("--secured needs --store sentinel")
    for name in asked.faults or ():
        if why := refusal(name, stores):
            parser.error(why)
    if {"partition", "cut the store off"} <= set(asked.faults or ()):
        parser.error("in a partition, no proxy that could be cut is before the store")
    for name, fault in FAULTS.items():
        if not asked.faults and not fault.on_demand and (why := fault.missing()):
            print(f"left out: {name}: {why}", file=sys.stderr)
    options = Options(
        *(asked.seed, asked.time, asked.faults or usual(stores)),
        store=_kind(asked.store, secured=asked.secured),
        readers=asked.readers,
        sentinels=stores == "sentinel",
        secured=asked.secured,
        durability=asked.durability,
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        verdict = asyncio.run(run(options, folder))
    about = {"seed": asked.seed, "seconds": asked.time, "store": asked.store}
    about |= {"durability": asked.durability, "secured": asked.secured}
    print(as_text(verdict, **about))
    if asked.json:
        asked.json.write_text(json.dumps(as_json(verdict, **about), indent=1) + "\n")
    return 0 if verdict.kept else 1


def _kind(store: str, *, secured: bool) -> Kind:
    """Return the server to run. Of the two, Redis is the one that is built with TLS here."""
    if store == "redis" or secured:
        return "redis"
    return "valkey"


if __name__ == "__main__":
    sys.exit(main())
