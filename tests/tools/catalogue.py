#!/usr/bin/env python3
"""Writes shared/gateway/data/catalogue.tsv from a `model_prices_and_context_window.json`.

    python3 tests/tools/catalogue.py PRICES.json --date 2026-11-25 > shared/gateway/data/catalogue.tsv
    python3 tests/tools/catalogue.py PRICES.json --date 2026-11-25 --guardrails \
        > shared/gateway/data/guardrails.tsv

The same input and date give the same bytes. Prices become integer pico-dollars (1e-12 USD) per unit,
rounded up where a source says less than that; nothing goes through a float.

A line is: key, provider, mode, max input tokens, max output tokens, prices. Prices are `name=pico`
separated by spaces. A name is `[service tier.]class[@tokens]`, where `@tokens` says that the price
holds for the whole request once its prompt is larger than that. Lines are sorted by the bytes of
their key, so that a reader can search them without reading them all. The reader is
`shared/gateway/src/pricing/catalogue.rs`; docs/pricing.md lists the classes.

With `--guardrails` a line is: key, prices of Bedrock Guardrails by the name of their unit. The reader is
`shared/gateway/src/passage/guardrail.rs`.
"""

import argparse
import hashlib
import json
import re
import sys
from decimal import ROUND_CEILING, Decimal

CLASSES = {
    "input_cost_per_token": "i",
    "output_cost_per_token": "o",
    "cache_read_input_token_cost": "r",
    "input_cost_per_token_cache_hit": "r",
    "cache_read_input_audio_token_cost": "ra",
    "cache_creation_input_token_cost": "w",
    "cache_creation_input_token_cost_above_1hr": "w1h",
    "output_cost_per_reasoning_token": "t",
    "input_cost_per_audio_token": "ai",
    "output_cost_per_audio_token": "ao",
    "input_cost_per_image_token": "ii",
    "output_cost_per_image_token": "io",
    "input_cost_per_request": "req",
    "input_cost_per_query": "req",
    "input_cost_per_image": "imgi",
    "output_cost_per_image": "imgo",
    "input_cost_per_second": "seci",
    "output_cost_per_second": "seco",
    "input_cost_per_character": "chi",
    "output_cost_per_character": "cho",
    "ocr_cost_per_page": "page",
    "input_cost_per_pixel": "pxi",
    "output_cost_per_pixel": "pxo",
}
# Classes that a service tier or a threshold may change. The others are bought by the piece.
BY_TOKEN = {"i", "o", "r", "ra", "w", "w1h", "t", "ai", "ao", "ii", "io"}
TIERS = {"priority": "p", "flex": "f", "ultrafast": "u", "balanced": "b"}
FIELD = re.compile(
    r"^(?P<class>.+?)"
    r"(?P<above>_above_(?P<tokens>\d+)(?P<kilo>k?)_tokens)?"
    r"(?:_(?P<tier>priority|flex|ultrafast|balanced))?$"
)
PICO = Decimal(10) ** 12


def pico(value):
    """Pico-dollars of a price, or None for what is no price."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < 0:
        return None
    return int((Decimal(value) * PICO).to_integral_value(rounding=ROUND_CEILING))


def price_name(field, inclusive=False):
    """`p.i@200000` for `input_cost_per_token_above_200k_tokens_priority`, None for other fields."""
    match = FIELD.match(field)
    if not match or match["class"] not in CLASSES:
        return None
    kind = CLASSES[match["class"]]
    tier = TIERS[match["tier"]] + "." if match["tier"] else ""
    above = ""
    if match["above"]:
        threshold = int(match["tokens"]) * (1000 if match["kilo"] else 1)
        above = "@%d" % (threshold - 1 if inclusive else threshold)
    if kind not in BY_TOKEN and (tier or above):
        return None
    return tier + kind + above


def prices(entry):
    """Every price of an entry by its short name."""
    found = {}
    # A band starts above its threshold, except at xAI, where it starts at it.
    inclusive = entry.get("litellm_provider") == "xai"
    # An alias field ("cache_hit") yields to the field it is an alias of, which sorts before it.
    for field in sorted(entry):
        name, price = price_name(field, inclusive), pico(entry[field])
        if name is not None and price is not None:
            found.setdefault(name, price)
    for band in entry.get("tiered_pricing") or []:
        low = int((band.get("range") or [0])[0])
        for field in sorted(band):
            name, price = price_name(field), pico(band[field])
            if name in BY_TOKEN and price is not None:
                found.setdefault(name + ("@%d" % low if low else ""), price)
    return found


def tokens(value):
    """A token limit, or nothing."""
    return str(value) if isinstance(value, int) and value > 0 else ""


def line(key, entry):
    """One line of the catalogue, or None for an entry with neither price nor limit."""
    found = prices(entry)
    limits = tokens(entry.get("max_input_tokens")), tokens(entry.get("max_output_tokens"))
    if not found and not any(limits):
        return None
    text = " ".join("%s=%d" % (name, found[name]) for name in sorted(found))
    columns = [key, entry.get("litellm_provider") or "", entry.get("mode") or "", *limits, text]
    if any("\t" in column or "\n" in column for column in columns):
        raise SystemExit("a tab or a line break in the entry %r" % key)
    return "\t".join(columns)


def catalogue(models, date):
    """The whole file."""
    lines = {}
    for key, entry in models.items():
        if key in ("sample_spec", "fallback_generalizations") or not isinstance(entry, dict):
            continue
        target = models.get(entry.get("alias_of"), entry)
        written = line(key, target)
        if written:
            lines[key.encode()] = written
    return dated(lines, date)


def guardrails(models, date):
    """The file of the prices of guardrails."""
    lines = {}
    for key, entry in models.items():
        units = entry.get("guardrail_cost_per_unit") if isinstance(entry, dict) else None
        found = {name: pico(price) for name, price in (units or {}).items()}
        text = " ".join("%s=%d" % (name, found[name]) for name in sorted(found) if found[name] is not None)
        if text:
            lines[key.encode()] = "%s\t%s" % (key, text)
    return dated(lines, date)


def dated(lines, date):
    """Lines by key, under a header of their day and content."""
    body = "".join(lines[key] + "\n" for key in sorted(lines))
    digest = hashlib.sha256(body.encode()).hexdigest()[:8]
    return "#%s-%s\n%s" % (date, digest, body)


def main():
    """Reads the arguments and writes to stdout."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("prices", help="a model_prices_and_context_window.json")
    parser.add_argument("--date", required=True, help="the day of the prices, YYYY-MM-DD")
    parser.add_argument("--guardrails", action="store_true", help="the prices of guardrails instead")
    arguments = parser.parse_args()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", arguments.date):
        parser.error("--date must be YYYY-MM-DD")
    with open(arguments.prices, encoding="utf-8") as source:
        models = json.load(source, parse_float=Decimal)
    write = guardrails if arguments.guardrails else catalogue
    sys.stdout.write(write(models, arguments.date))


if __name__ == "__main__":
    main()
