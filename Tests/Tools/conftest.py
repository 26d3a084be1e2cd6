"""Fixtures of the black-box tests: the built daemon, one for each module that asks for it. PUSHCART_BINARY says where it is."""

import os
import pathlib

import pytest

from daemon import Daemon

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def binary():
    path = pathlib.Path(os.environ.get("PUSHCART_BINARY") or ROOT / ".build/debug/pushcart").resolve()
    if not path.exists():
        pytest.fail(f"{path} is not there; build it, or name one with PUSHCART_BINARY")
    return path


@pytest.fixture(scope="module")
def daemon(binary, tmp_path_factory):
    """A shop with practice money, an owner, and no rate limits, so that tests do not wait for each other."""
    daemon = Daemon(binary, tmp_path_factory.mktemp("shop"), PUSHCART_RATE_LIMIT="off")
    daemon.set_up("owner@example.com", "an owner's long password")
    with daemon:
        yield daemon
    assert not daemon.complaints_at_end
