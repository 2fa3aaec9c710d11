"""The committed dashboards are what their tables make, and Grafana can read them."""

from __future__ import annotations

import pytest

from scripts import dashboards


def test_the_files_are_what_the_tables_make() -> None:
    assert dashboards.main([]) == 0
    assert {path.stem for path in dashboards.FOLDER.glob("*.json")} == set(dashboards.DASHBOARDS)


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_panels_do_not_overlap_and_have_expressions(name: str) -> None:
    found = dashboards.dashboard(name)
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in found["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert all(target["expr"] for panel in found["panels"] for target in panel["targets"])
    assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
