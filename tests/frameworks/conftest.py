"""The processes under test are those of the clients' tests; the gateway gets a certificate for AWS's."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))

import stack  # noqa: E402


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
    gateway = stack.Gateway(tmp_path_factory.mktemp("gateway-tls"), fakes.urls, tls=True)
    yield gateway
    gateway.stop()


@pytest.fixture
def key(gateway):
    return gateway.new_key(max_budget=1)


@pytest.fixture(params=[pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()])
def group(request):
    """A model group, once for each provider."""
    return request.param
