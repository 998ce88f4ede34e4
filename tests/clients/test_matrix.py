"""Every client on every provider, for everything that both can do.

A cell of the matrix is one client asking one provider for one thing, over HTTP, with the client's own SDK. What the
provider received, byte for byte as JSON, and what the client got stand in `golden/<provider>.json`, written anew by
`SLUICE_WRITE=1` (read the difference); what every cell must come to is written here. What a cell loses on the way
must stand in docs/LOSSES.md.
"""

import collections
import json
import os
import pathlib
import re

import pytest

import callers
import clients

HERE = pathlib.Path(__file__).parent
LOSSES = (HERE.parents[1] / "docs" / "LOSSES.md").read_text()
REQUESTS, _, ANSWERS = LOSSES.partition("\n## Answers\n")

#: Each provider: its model group, the fake that stands for it, and the dialects that it is spoken to in.
PROVIDERS = {
    "openai": ("gpt", "openai", {"openai_responses": "openai_responses"}, "openai_chat"),
    "anthropic": ("claude", "anthropic", {}, "anthropic_messages"),
    "bedrock": ("bedrock-claude", "bedrock", {}, "bedrock_converse"),
    "sagemaker": ("sage", "sagemaker", {}, "openai_chat"),
    "azure": ("azure", "openai", {"openai_responses": "openai_responses"}, "openai_chat"),
    "gemini": ("flash", "gemini", {}, "gemini"),
    "vertex": ("vertex", "gemini", {}, "gemini"),
    "compatible": ("deepseek", "openai", {}, "openai_chat"),
}
FEATURES = ["text", "stream", "tools", "streamed-tools", "image", "schema", "reasoning", "errors"]

#: Providers of whose models the thoughts are not shown, by the client's dialect.
SILENT = {("openai", "openai_chat"), ("azure", "openai_chat")}


@pytest.fixture(scope="module")
def speaking(gateway, tls_gateway):
    """The clients, each with a key of its own."""
    homes = collections.defaultdict(lambda: gateway, converse=tls_gateway)
    # AWS's client reads its key from the environment, at its first call.
    with pytest.MonkeyPatch.context() as environment:
        speaking = {
            name: kind(homes[name], homes[name].new_key(), environment)
            for name, kind in callers.ALL.items()
        }
        yield speaking
        for caller in speaking.values():
            caller.client.close()


@pytest.fixture(scope="module")
def golden():
    golden = Golden()
    yield golden
    golden.close()


class Golden:
    """What each cell came to when somebody last looked."""

    def __init__(self):
        self.writing = "SLUICE_WRITE" in os.environ
        self.cells = {name: self.read(name) for name in PROVIDERS}

    def path(self, provider):
        return HERE / "golden" / f"{provider}.json"

    def read(self, provider):
        path = self.path(provider)
        return json.loads(path.read_text()) if path.exists() else {}

    def check(self, caller, provider, feature, found):
        kept = self.cells[provider].setdefault(feature, {})
        if self.writing:
            kept[caller] = found
        assert kept.get(caller) == found

    def close(self):
        if self.writing:
            for provider, cells in self.cells.items():
                text = json.dumps(cells, indent=1, ensure_ascii=False, sort_keys=True)
                self.path(provider).write_text(text + "\n")


def declared(name, caller, provider):
    """Whether docs/LOSSES.md names the field among what requests of one dialect lose in another, or answers."""
    where, heading = REQUESTS, f"### `{caller}` to `{provider}`\n"
    if name.startswith("answer."):
        name, where, heading = name.removeprefix("answer."), ANSWERS, f"### `{provider}` to `{caller}`\n"
    _, _, rest = where.partition(heading)
    rows = rest.partition("\n### ")[0]
    return f"`{unnumbered(name)}`" in unnumbered(rows)


def unnumbered(text):
    return re.sub(r"\[\d+\]", "[]", text)


def plain(value, said):
    """What was sent, without what differs from run to run: ids, and what is sealed over them."""
    text = json.dumps(value)
    for identity in {identity for answer in said for identity in answer.ids}:
        text = text.replace(json.dumps(identity), '"$CALL"')
    text = re.sub(r'"(rs|fc|msg)_[A-Za-z0-9]+"', r'"$\1"', text)
    text = re.sub(r'"encrypted_content": "gAAA[^"]*"', '"encrypted_content": "$SEALED"', text)
    return json.loads(text)


class Cell:
    """One client, one provider, one thing."""

    def __init__(self, client, provider, feature, word):
        self.client, self.word = client, word
        self.group, self.fake, also, usual = PROVIDERS[provider]
        self.spoken = also.get(client.dialect, usual)
        self.shows_thoughts = (provider, self.spoken) not in SILENT
        self.said, self.dropped = [], []

    def ask(self, turns, feature=None, stream=False):
        said = self.client.ask(self.group, turns, self.client.SETTINGS.get(feature, {}), stream)
        self.said.append(said)
        self.dropped.append(self.client.dropped())
        return said

    def text(self, stream=False):
        said = self.ask([self.client.user(f"usage 100 20 say Grüezi {self.word}")], stream=stream)
        assert (said.text, said.calls, said.thoughts) == (f"Grüezi {self.word}", [], "")
        assert (said.finish, said.usage) == (self.client.finishes[0], (100, 20))

    def stream(self):
        self.text(stream=True)

    def tools(self, stream=False):
        turns = [self.client.user(f"What is the weather? {self.word}")]
        asked = self.ask(turns, "tools", stream)
        assert (asked.text, asked.calls) == ("", [["get_weather", {"city": "Paris"}]])
        assert asked.finish == self.client.finishes[1]
        turns += [*asked.turns, self.client.result(asked.ids[0], "18 degrees")]
        told = self.ask(turns, "tools", stream)
        assert (told.text, told.calls, told.finish) == (
            "The tool said: 18 degrees", [], self.client.finishes[0]
        )

    def streamed_tools(self):
        self.tools(stream=True)

    def image(self):
        said = self.ask([self.client.user(f"What is this? {self.word}", clients.PIXEL)])
        assert said.text == f"You said: What is this? {self.word} [image/png of {len(clients.PIXEL)} bytes]"

    def schema(self):
        said = self.ask([self.client.user(f"json {self.word}")], "schema")
        assert json.loads(said.text) == {"city": "Paris"}

    def reasoning(self):
        for stream in (False, True):
            turns = [self.client.user(f"say hm {self.word}")]
            first = self.ask(turns, "reasoning", stream)
            assert first.text == f"hm {self.word}"
            expected = f"Let me think about this first: {f'say hm {self.word}'[:40]}" if self.shows_thoughts else ""
            assert first.thoughts == expected
            # The provider checks the thought that it gets back.
            turns += [*first.turns, self.client.user(f"say again {self.word}")]
            assert self.ask(turns, "reasoning", stream).text == f"again {self.word}"

    def errors(self):
        turns = lambda order: [self.client.user(f"{order} {self.word}")]  # noqa: E731
        limit = self.client.fails(self.group, turns("error 429"), {})
        context = self.client.fails(self.group, turns("error context"), {})
        late = self.client.fails(self.group, turns("late error long 20"), {}, True)
        assert (limit[0], context[0], late[0]) == self.client.refusals
        assert (limit[1], context[1]) == (429, 400)
        return {"429": limit, "context": context, "late": late}


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", callers.ALL)
def test_cell(caller, provider, feature, speaking, fakes, golden):
    cell = Cell(speaking[caller], provider, feature, f"{caller}-{provider}-{feature}!")
    told = getattr(cell, feature.replace("-", "_"))()
    seen = fakes.seen(cell.fake, cell.word)
    assert [request["refused"] for request in seen if feature != "errors"] == [None] * len(cell.said)
    lost = sorted({name for names in cell.dropped for name in names})
    assert [name for name in lost if not declared(name, cell.client.dialect, cell.spoken)] == []
    sent = [{"path": request["path"], "body": plain(request["body"], cell.said)} for request in seen]
    golden.check(caller, provider, feature, {"sent": sent, "lost": lost, "told": told})
