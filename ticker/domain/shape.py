"""A form that text must have, with the message for text that has another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # settings have shapes too, and are read without pydantic
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema


@dataclass(frozen=True)
class Shape:
    """Annotates a text field: the whole of it must match ``pattern``.

    ``message`` follows the field's name, as in "language must be a tag such as en". In a JSON
    schema the field has the ``pattern``.
    """

    pattern: str
    message: str

    def check(self, text: str) -> str:
        """Return ``text``. Raises ValueError with the message if it does not match."""
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(self.message)
        return text

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"pattern": f"^{self.pattern}$"}
