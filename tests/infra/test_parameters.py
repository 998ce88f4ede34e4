"""Parameters, outputs and the environments of samconfig.toml."""

from __future__ import annotations

import re
import tomllib

import pytest

from conftest import ROOT

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = [name for name in CONFIG if name != "version"]


def overrides(environment: str) -> dict[str, str]:
    written = CONFIG[environment]["deploy"]["parameters"].get("parameter_overrides", "")
    return dict(pair.split("=", 1) for pair in written.split())


def test_every_parameter_says_what_it_takes(stack: dict) -> None:
    for name, parameter in stack["Parameters"].items():
        assert parameter.get("Description"), name
        bounded = {"AllowedPattern", "AllowedValues", "MinValue", "MaxValue"} & set(parameter)
        assert bounded, f"{name} takes anything"


def test_every_default_is_allowed(stack: dict) -> None:
    for name, parameter in stack["Parameters"].items():
        check(name, parameter, parameter["Default"])


def check(name: str, parameter: dict, value: object) -> None:
    if "AllowedValues" in parameter:
        assert str(value) in {str(v) for v in parameter["AllowedValues"]}, name
    if "AllowedPattern" in parameter:
        assert re.fullmatch(parameter["AllowedPattern"], str(value)), name
    if "MinValue" in parameter:
        assert parameter["MinValue"] <= float(value) <= parameter["MaxValue"], name


def test_every_parameter_is_in_a_group(stack: dict) -> None:
    interface = stack["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(stack["Parameters"])
    assert sorted(interface["ParameterLabels"]) == sorted(stack["Parameters"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_sets_parameters_that_exist(stack: dict, environment: str) -> None:
    for name, value in overrides(environment).items():
        check(name, stack["Parameters"][name], value)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_asks_before_it_changes_anything(environment: str) -> None:
    deploy = CONFIG[environment]["deploy"]["parameters"]
    assert deploy["confirm_changeset"] is True
    assert deploy["capabilities"] == "CAPABILITY_IAM"


def test_environments_share_no_stack() -> None:
    names = [CONFIG[e]["global"]["parameters"]["stack_name"] for e in ENVIRONMENTS]
    assert len(set(names)) == len(names)


def test_the_outputs_tell_where_everything_is(stack: dict) -> None:
    assert {
        "Endpoint",
        "OpenAiBaseUrl",
        "AnthropicBaseUrl",
        "BedrockEndpointUrl",
        "MasterKeySecretArn",
        "CoreTableName",
        "UsageTableName",
        "CacheTableName",
        "InferenceLogGroup",
        "AdminLogGroup",
        "BudgetResetLogGroup",
        "AlarmTopicArn",
    } <= set(stack["Outputs"])
