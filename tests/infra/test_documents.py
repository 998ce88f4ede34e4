"""The documents: what they point at exists."""

from __future__ import annotations

import re
import subprocess

import pytest

from conftest import ROOT


def documents() -> list[str]:
    """Every document under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


@pytest.mark.parametrize("name", documents())
def test_a_link_leads_to_a_file(name: str) -> None:
    document = ROOT / name
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("name", documents())
def test_an_anchor_leads_to_a_heading(name: str) -> None:
    document = ROOT / name
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", document.read_text()):
        if target.startswith("http"):
            continue
        text = (document.parent / target if target else document).read_text()
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        slugs = {re.sub(r"[^\w\s-]", "", h.lower()).strip().replace(" ", "-") for h in headings}
        assert anchor in slugs, f"{target}#{anchor}"


def promises() -> list[tuple[str, str]]:
    """Each promise of SPECIFICATION.md and each assertion of LiteLLM's with what holds it."""
    documents = ["SPECIFICATION.md", "docs/acceptance.md"]
    text = "\n".join((ROOT / name).read_text() for name in documents)
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.MULTILINE)
    return [(promise, held) for promise, held in rows if held != "held by" and "`" in held]


@pytest.mark.parametrize(("promise", "held"), promises())
def test_a_promise_is_held_by_tests_that_exist(promise: str, held: str) -> None:
    quoted = re.findall(r"`([^`]+)`", held)
    files = [ROOT / q for q in quoted if "/" in q or q.endswith(".toml")]
    assert files, f"{promise}: no file"
    for file in files:
        assert file.is_file(), file
    text = "".join(file.read_text() for file in files)
    for name in quoted:
        if re.fullmatch(r"[a-z][a-z0-9_]+", name):
            assert re.search(rf"\b(fn|def) {name}\b", text), f"{name} is in none of {files}"
