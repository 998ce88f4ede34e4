"""API Gateway's choice of a resource, so that tests can ask where a request goes."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Met:
    """What a request meets."""

    resource: str
    function: str
    integration: dict


def meet(paths: dict, method: str, path: str) -> Met:
    """The most particular resource whose path matches, and the function behind it."""
    candidates = [resource for resource in paths if _matches(resource, path)]
    assert candidates, f"no resource takes {path}"
    resource = max(candidates, key=_rank)
    methods = paths[resource]
    found = methods.get(method.lower()) or methods["x-amazon-apigateway-any-method"]
    integration = found["x-amazon-apigateway-integration"]
    alias = re.search(r"functions/\$\{(\w+)\}/", integration["uri"]["Fn::Sub"]).group(1)
    return Met(resource, alias.removesuffix("Aliaslive"), integration)


def _matches(resource: str, path: str) -> bool:
    wanted, given = _split(resource), _split(path)
    for at, segment in enumerate(wanted):
        if segment.endswith("+}"):
            return len(given) > at  # a greedy variable takes at least one segment
        if at >= len(given) or not (segment.startswith("{") or segment == given[at]):
            return False
    return len(wanted) == len(given)


def _rank(resource: str) -> list[int]:
    # Segment by segment: a literal beats a variable, a variable beats a greedy one.
    return [0 if s.endswith("+}") else 1 if s.startswith("{") else 2 for s in _split(resource)]


def _split(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
