"""Join the metrics of several processes into one answer, with the process as a label.

Nothing is added up: Prometheus sums counters and sees which process restarted. So gauges and
histograms stay right for any number of processes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LABEL = "process"
_OWN = re.compile(rf'(?<=[{{,]){LABEL}="')  # a quote inside of a value is escaped


def merged(answers: Mapping[str, bytes]) -> bytes:
    """Return one exposition of ``answers``, the text format of each process by its name.

    A sample that has the label already, since that process has joined others, gets ``name/other``.
    """
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for process, answer in answers.items():
        family = ""
        for line in answer.decode().split("\n"):
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                heads.setdefault(family, [line])
                samples.setdefault(family, [])
            elif line.startswith("# TYPE ") and len(heads[family]) == 1:
                heads[family].append(line)
            elif line and not line.startswith("#"):
                samples[family].append(_labelled(line, process))
    lines = [line for name, head in heads.items() for line in (*head, *samples[name])]
    return "".join(f"{line}\n" for line in lines).encode()


def _labelled(line: str, process: str) -> str:
    nested, found = _OWN.subn(f'{LABEL}="{process}/', line, 1)
    if found:
        return nested
    name, brace, rest = line.partition("{")
    if brace:
        return f'{name}{{{LABEL}="{process}",{rest}'
    name, _, value = line.partition(" ")
    return f'{name}{{{LABEL}="{process}"}} {value}'
