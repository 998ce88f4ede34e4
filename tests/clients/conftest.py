"""Fixtures: one set of fake providers and one gateway for the whole run, a fresh key a test."""

import pytest

import stack


@pytest.fixture(scope="session")
def fakes():
    fakes = stack.Fakes()
    yield fakes
    fakes.stop()


@pytest.fixture(scope="session")
def gateway(fakes, tmp_path_factory):
    gateway = stack.Gateway(tmp_path_factory.mktemp("gateway"), fakes.urls)
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def tls_gateway(fakes, tmp_path_factory):
    """The same over HTTPS: AWS's clients send a bearer token over nothing else."""
    gateway = stack.Gateway(tmp_path_factory.mktemp("gateway-tls"), fakes.urls, tls=True)
    yield gateway
    gateway.stop()


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
