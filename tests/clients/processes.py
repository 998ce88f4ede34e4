"""Fixtures: the fake providers, and the gateways in front of them, once for the whole run."""

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
