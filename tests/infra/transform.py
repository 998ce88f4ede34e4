"""Expands a SAM template to plain CloudFormation, without AWS and without credentials.

    python tests/infra/transform.py infra/template.yaml > transformed.json

What `sam deploy` would package (code, layers) stays a placeholder: nothing is built.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

REGION = "us-east-1"
PLACEHOLDER = "s3://bucket/key"
# Managed policies are looked up in IAM only where a template names one; this one names none.
NO_MANAGED_POLICIES: dict[str, str] = {}


def load(path: Path) -> dict:
    """The template with local paths replaced by what packaging would have put there."""
    template = yaml_parse(path.read_text())
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for resource in template["Resources"].values():
        properties = resource.setdefault("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = PLACEHOLDER
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = PLACEHOLDER
    return template


def transform(path: Path) -> dict:
    """The CloudFormation template that SAM makes of the one at `path`."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    session = boto3.Session(region_name=REGION)
    translator = Translator(NO_MANAGED_POLICIES, Parser(), boto_session=session)
    return translator.translate(load(path), parameter_values={})


if __name__ == "__main__":
    json.dump(transform(Path(sys.argv[1])), sys.stdout, indent=2, sort_keys=True)
