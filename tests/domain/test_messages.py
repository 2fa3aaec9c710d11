"""Messages: each code has an English sentence here, and one in each language of the console."""

from __future__ import annotations

import ast
import re
import string
from functools import cache
from pathlib import Path

import pytest

from ticker.console.texts import FILES, all_texts, refusals
from ticker.domain.errors import FieldError, Invalid, Stale
from ticker.domain.messages import OTHER, SENTENCES, Message, coded, message_of, other, said
from ticker.domain.second_person import by_name, refusal

SOURCES = Path(__file__).parents[2] / "ticker"
PLACE = re.compile(r"\{(\w+)\}")
NAMES = {"known": "names", "named": "state", "act": "permission", "objection": "why"}
"""Parameters with English words in them, and the one with the value that a language has a word
for."""
OF_FEEDS = ("imports/", "wires/")
"""What the wire desk reads: it shows why a feed cannot be read."""
REFUSALS = ("Conflict", "Forbidden", "Gone", "StorageFull")
NOT_SHOWN = ("net/", "webhooks/", "api/session_cookie.py", "api/live_items.py", "console/views.py")
"""Other parts, answers of readers' addresses, and a page that has a text of its own."""


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


CALLED = re.compile(rf"\b(?:said|FieldError|Unreadable|{'|'.join(REFUSALS)})\(")


@cache
def calls() -> list[tuple[str, ast.Call, str]]:
    """Return the calls of ``CALLED`` in the sources: file, call and the name of what is called.

    To parse a source takes long, and most have no such call.
    """
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        source = path.read_text("utf-8")
        for node in ast.walk(ast.parse(source)) if CALLED.search(source) else ():
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else ""
                name = called.id if isinstance(called, ast.Name) else name
                found.append((path.relative_to(SOURCES).as_posix(), node, name))
    return found


def test_a_message_is_its_english_text_and_knows_its_code() -> None:
    message = said("too-long-by", most=280, count=300)
    assert message == "must have at most 280 characters, not 300"
    assert isinstance(message, str)
    assert coded(message) == {"code": "too-long-by", "params": {"most": 280, "count": 300}}
    assert message_of(ValueError(message)).code == "too-long-by"
    assert coded("from elsewhere") == {"code": OTHER, "params": {}}
    assert message_of(ValueError("from elsewhere")) == other("from elsewhere")
    assert FieldError("headline", said("required")).document()["code"] == "required"
    assert Invalid([FieldError("a", said("empty"))]).detail == "a: must not be empty"


@pytest.mark.parametrize("language", ["en", "ar", "es"])
def test_every_code_has_a_sentence_in_every_language(language: str) -> None:
    own = refusals(all_texts()[language])
    assert SENTENCES.keys() <= own.keys()
    for code, english in SENTENCES.items():
        known = places(english)
        known |= {NAMES[name] for name in known & NAMES.keys()}
        assert set(PLACE.findall(own[code])) <= known, code


def test_the_words_for_values_are_those_of_codes_in_use() -> None:
    named = {name for texts in all_texts(FILES / "refusals").values() for name in texts.script}
    kinds = {name.partition(".")[0] for name in named - SENTENCES.keys()}
    used = {place for sentence in SENTENCES.values() for place in places(sentence)}
    assert kinds - {"field"} <= used | {*NAMES.values()}


def test_every_call_names_a_code_and_what_its_sentence_needs() -> None:
    wrong = []
    for path, call, name in calls():
        if name != "said" or path == "domain/messages.py":
            continue
        code = call.args[0]
        if not isinstance(code, ast.Constant):
            continue  # chosen at run time
        given = {one.arg for one in call.keywords}
        if code.value not in SENTENCES or (
            None not in given and not places(SENTENCES[str(code.value)]) <= given
        ):
            wrong.append((path, code.value))
    assert not wrong


def test_no_field_error_and_no_refusal_of_the_console_is_without_a_code() -> None:
    bare = (ast.JoinedStr, ast.Constant)
    wrong = [
        (path, call.lineno)
        for path, call, name in calls()
        if (name == "FieldError" and len(call.args) > 1 and isinstance(call.args[1], bare))
        or (
            name in REFUSALS
            and call.args
            and isinstance(call.args[0], bare)
            and not path.startswith(NOT_SHOWN)
        )
        or (name == "Unreadable" and isinstance(call.args[0], bare) and path.startswith(OF_FEEDS))
    ]
    assert not wrong


def test_what_is_said_of_an_objection_has_its_code_too() -> None:
    objection = by_name("Ana", ["ana"])
    assert isinstance(objection, Message)
    message = refusal("second-person", "flash", objection)
    assert message.endswith("you are an author, or have made the key or password of one")
    assert message.params["why"] == "you-are-author"
    assert said("stale", what="item", current=3) == Stale(3).detail
