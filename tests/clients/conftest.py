"""Fixtures: one set of fake providers and one gateway for the whole run, a fresh key a test."""

import pytest

import stack
from processes import fakes, gateway, tls_gateway  # noqa: F401


@pytest.fixture
def own_gateway(fakes, tmp_path):
    """A gateway that a test may kill."""
    gateway = stack.Gateway(tmp_path, fakes.urls)
    yield gateway
    gateway.stop()


@pytest.fixture
def key(gateway):
    return gateway.new_key()


@pytest.fixture
def openai(gateway, key):
    import clients

    with clients.openai(gateway, key) as client:
        yield client


@pytest.fixture
def anthropic(gateway, key):
    import clients

    with clients.anthropic(gateway, key) as client:
        yield client


@pytest.fixture
def gemini(gateway, key):
    import clients

    return clients.gemini(gateway, key)


@pytest.fixture
def bedrock(tls_gateway, monkeypatch):
    import clients

    return clients.bedrock(tls_gateway, tls_gateway.new_key(), monkeypatch)


@pytest.fixture
def http(gateway):
    return gateway.http
