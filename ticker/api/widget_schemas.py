"""Schemas for the widget."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class WidgetWords(BaseModel):
    """The widget's texts in one language: the members named here, and one for each phrase."""

    model_config = ConfigDict(extra="allow")

    lang: str
    dir: Literal["ltr", "rtl"]
    locale: str
    topics: dict[str, str]
