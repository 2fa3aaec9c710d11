"""Write the tables of docs/scale.md.

python -m benchmarks.scale             print them, from the costs measured last
python -m benchmarks.scale --write     write them into docs/scale.md
python -m benchmarks.scale --measure   measure the costs outside the gateway anew; a minute
"""

from __future__ import annotations

import argparse

from benchmarks import machine
from benchmarks.scale import measure, page, unit_costs


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.measure:
        machine.prepare()
        unit_costs.EXTRA.write_text(measure.extra().written())
    tables = page.tables(unit_costs.read())
    if options.write:
        page.write(tables)
    else:
        print(tables)


if __name__ == "__main__":
    main()
