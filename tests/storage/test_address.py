"""Addresses of the store: URLs without their passwords, passwords from files, TLS files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from ticker.config import Settings
from ticker.config.fields import InvalidFields
from ticker.storage.address import (
    PasswordFile,
    StoreAddress,
    TlsFiles,
    job_store,
    main_store,
    read_password,
    tls_context,
)
from ticker.storage.connection import connect


@pytest.mark.parametrize(
    ("url", "without", "shown"),
    [
        ("redis://h:1/2", "redis://h:1/2", "redis://h:1/2"),
        ("redis://web@h", "redis://h", "redis://web@h"),
        ("rediss://web:p%40s@h:1/2", "rediss://h:1/2", "rediss://web:***@h:1/2"),
        ("unix://web:pw@/run/s?db=3", "unix:///run/s?db=3", "unix://web:***@/run/s?db=3"),
        ("redis+sentinel://:pw@h,[::1]:2/s", "redis+sentinel://h,[::1]:2/s", None),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, without: str, shown: str | None) -> None:
    address = StoreAddress(url)
    assert address.split()[0] == without
    assert address.shown == (shown or "redis+sentinel://:***@h,[::1]:2/s")
    assert url not in repr(address)


def test_user_and_password_of_a_url_are_decoded() -> None:
    _, login = StoreAddress("redis://a%3Ab:p%40s@h").split()
    assert login == {"username": "a:b", "password": "p@s"}


def test_a_password_file_is_read_each_time_and_keeps_the_user_of_the_url(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("first\n")
    _, login = StoreAddress("redis://web:ignored@h", file).split()
    provider = login.pop("credential_provider")
    assert isinstance(provider, PasswordFile)
    assert login == {}
    assert provider.get_credentials() == ("web", "first")
    file.write_text("second")
    assert provider.get_credentials() == ("web", "second")
    _, login = StoreAddress("redis://h", file).split()
    assert login["credential_provider"].get_credentials() == ("second",)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"two\nlines\n", b"\xff\xfe", b"x" * 5_000])
def test_a_file_without_a_password_is_refused_at_start(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=str(file)):
        read_password(file)
    with pytest.raises(ValueError, match=str(file)):
        connect(StoreAddress("redis://h", file))


def test_tls_files_that_cannot_be_used_are_refused_at_start(tmp_path: Path) -> None:
    for name, content in (("absent.pem", None), ("empty.pem", ""), ("bad.pem", "no PEM")):
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=name):
            connect(StoreAddress("rediss://h", tls=TlsFiles(tmp_path / name)))


def test_a_tls_context_is_shared_until_a_file_changes(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    mine = authority.issue("client")
    files = TlsFiles(authority.ca, mine.certificate, mine.key)
    first = tls_context(files)
    assert tls_context(files) is first
    assert [ca["subject"] for ca in first.get_ca_certs()] == [
        ((("commonName", "Test authority ca"),),)
    ]
    authority.issue("client")
    os.utime(mine.certificate, ns=(1, 1))
    assert tls_context(files) is not first


def test_the_job_queue_has_an_address_and_a_password_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    one = Settings(redis_url="redis://h", redis_password_file=tmp_path / "a")
    assert job_store(one) == main_store(one)
    two = Settings(
        redis_url="redis://h",
        redis_password_file=tmp_path / "a",
        jobs_redis_url="redis://jobs",
        jobs_redis_password_file=tmp_path / "b",
    )
    assert job_store(two).password_file == tmp_path / "b"


@pytest.mark.parametrize(
    "wrong",
    [
        {"redis_ca_file": "/ca.pem"},
        {"redis_url": "rediss://h", "redis_cert_file": "/client.pem"},
        {"jobs_redis_password_file": "/password"},
        {"redis_url": "redis+cluster://h"},
        {"jobs_redis_url": "rediss+cluster://h"},
    ],
)
def test_settings_that_would_be_ignored_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidFields):
        Settings.model_validate(wrong)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://u:SEC/RET@h", "%2F"),
        ("redis://u:SEC#RET@h:1", "%23"),
        ("redis+sentinel://u:SEC?RET@h/m", "%3F"),
        ("redis://u:SECRET@h?SEC=1", "option"),
        ("redis://u:SECRET@h:x", "port must be a number"),
        ("rediss://u:SECRET@h:99999", "port must be a number"),
        ("redis://u:SECRET@[::1", "host is not valid"),
    ],
)
def test_a_wrong_url_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        connect(url)
    assert "SEC" not in str(refused.value)
