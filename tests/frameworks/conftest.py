"""The processes under test are those of the clients' tests; the gateway gets a certificate for AWS's."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))

import stack  # noqa: E402
from processes import fakes, gateway, tls_gateway  # noqa: E402, F401


@pytest.fixture
def key(gateway):
    return gateway.new_key(max_budget=1)


@pytest.fixture(params=[pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()])
def group(request):
    """A model group, once for each provider."""
    return request.param
