"""The catalogue generator: what it makes of the fields of LiteLLM's price map."""

import json
import pathlib
import subprocess
import sys

GENERATOR = pathlib.Path(__file__).with_name("catalogue.py")
SHIPPED = GENERATOR.parents[2] / "shared/gateway/data/catalogue.tsv"

MODELS = {
    "sample_spec": {"mode": "one of: chat", "input_cost_per_token": 0.0},
    "zeta": {"litellm_provider": "z", "mode": "chat", "input_cost_per_token": 1.5e-07},
    "alpha": {
        "litellm_provider": "a",
        "mode": "chat",
        "max_input_tokens": 100,
        "max_output_tokens": 10,
        "input_cost_per_token": 3e-06,
        "input_cost_per_token_above_200k_tokens": 6e-06,
        "output_cost_per_token_priority": 0.00001,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
        "input_cost_per_token_batches": 1,
        "supports_vision": True,
    },
    "alias": {"alias_of": "zeta"},
    "Upper": {"litellm_provider": "xai", "input_cost_per_token_above_200k_tokens": 1e-6},
    "tiny": {"output_cost_per_second": 0.0005666666666666667, "input_cost_per_query": 1e-13},
    "tiered": {
        "tiered_pricing": [
            {"range": [0, 32000], "input_cost_per_token": 1e-6},
            {"range": [32000, 64000.0], "input_cost_per_token": 2e-6},
        ]
    },
    "empty": {"litellm_provider": "e", "mode": "chat"},
}

LINES = [
    "Upper\txai\t\t\t\ti@199999=1000000",
    "alias\tz\tchat\t\t\ti=150000",
    "alpha\ta\tchat\t100\t10\ti=3000000 i@200000=6000000 p.o=10000000 w1h@200000=12000000",
    "tiered\t\t\t\t\ti=1000000 i@32000=2000000",
    "tiny\t\t\t\t\treq=1 seco=566666667",
    "zeta\tz\tchat\t\t\ti=150000",
]


def generate(path, models, *options):
    """The generator's output for a price map."""
    source = path / "prices.json"
    source.write_text(json.dumps(models))
    command = [sys.executable, GENERATOR, source, "--date", "2026-01-02", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_prices_become_whole_pico_dollars_in_sorted_lines(tmp_path):
    header, *lines = generate(tmp_path, MODELS).splitlines()
    assert lines == LINES
    assert header.startswith("#2026-01-02-") and len(header) == len("#2026-01-02-01234567")


def test_guardrails_are_priced_by_the_names_of_their_units(tmp_path):
    units = {"topicPolicyUnits": 0.00015, "contentPolicyUnits": 1e-13, "wordPolicyUnits": 0.0}
    models = {**MODELS, "bedrock/guardrails": {"guardrail_cost_per_unit": units}}
    _, *lines = generate(tmp_path, models, "--guardrails").splitlines()
    assert lines == ["bedrock/guardrails\tcontentPolicyUnits=1 topicPolicyUnits=150000000 wordPolicyUnits=0"]


def test_the_same_prices_give_the_same_bytes(tmp_path):
    turned = dict(reversed([(k, dict(reversed(v.items()))) for k, v in MODELS.items()]))
    assert generate(tmp_path, MODELS) == generate(tmp_path, turned)


def test_another_price_gives_another_version(tmp_path):
    changed = {**MODELS, "zeta": {"input_cost_per_token": 1.6e-07}}
    first, second = (generate(tmp_path, models).split("\n")[0] for models in (MODELS, changed))
    assert first != second


def test_the_shipped_catalogue_is_small_and_sorted():
    text = SHIPPED.read_bytes()
    assert len(text) < 700_000
    keys = [line.split(b"\t")[0] for line in text.splitlines()[1:]]
    assert keys == sorted(set(keys))
