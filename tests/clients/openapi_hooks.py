"""What schemathesis does not know of this gateway: of the names that it makes up, some are put in place
of by such that there are."""

import os

import schemathesis

MODELS = ["gpt", "claude", "nova", "sage", "flash", "demo", "embed-openai", "azure"]
KNOWN = {
    "model": MODELS,
    "id": MODELS,
    "user_id": ["known"],
    "team_id": ["known"],
    "budget_id": ["known"],
    "key": [os.environ["SLUICE_KNOWN_KEY"]],
    "budget_duration": ["1d", "30s", "1mo"],
    "duration": ["1h", "30d"],
}


def with_known(values):
    """Two of three names become known ones; the same always become the same."""
    if not isinstance(values, dict):
        return values
    changed = dict(values)
    for name, known in KNOWN.items():
        given = values.get(name)
        if isinstance(given, str) and len(given) % 3:
            changed[name] = known[len(given) % len(known)]
    return changed


@schemathesis.hook
def map_body(context, body):
    return with_known(body)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return with_known(path_parameters)


@schemathesis.hook
def map_query(context, query):
    return with_known(query)
