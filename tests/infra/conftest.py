"""What every test here reads: the template as SAM expands it, the tables, the events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transform import transform

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def stack() -> dict:
    """infra/template.yaml as plain CloudFormation."""
    return transform(ROOT / "infra" / "template.yaml")


@pytest.fixture(scope="session")
def resources(stack: dict) -> dict:
    """Resources by logical id."""
    return stack["Resources"]


@pytest.fixture(scope="session")
def paths(resources: dict) -> dict:
    """The API's paths, as OpenAPI has them."""
    return resources["Api"]["Properties"]["Body"]["paths"]


@pytest.fixture(scope="session")
def tables() -> dict:
    """The one definition of the tables, which the store creates on a laptop and in tests."""
    return json.loads((ROOT / "shared" / "store" / "tables.json").read_text())


def of_type(resources: dict, kind: str) -> dict:
    """Resources of one CloudFormation type, by logical id; never none."""
    found = {name: r for name, r in resources.items() if r["Type"] == kind}
    assert found, f"the template has no {kind}"
    return found
