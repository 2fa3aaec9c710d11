"""Render Jinja2 templates. Every value is escaped unless it is ``Markup``."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).with_name("templates")

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: object) -> bytes:
    """Return ``template`` with ``values``. Raises jinja2.UndefinedError for a missing value."""
    return _environment.get_template(template).render(values).encode()
