"""The tables: one definition for the template, the laptop and the tests."""

from __future__ import annotations

import pytest

from conftest import of_type


def as_in_the_store(properties: dict) -> dict:
    """A table's properties in the terms of shared/store/tables.json, less what only AWS has."""
    table = dict(properties)
    for only_aws in ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "Tags"):
        table.pop(only_aws)
    ttl = table.pop("TimeToLiveSpecification", None)
    if ttl:
        assert ttl["Enabled"] is True
        table["TimeToLive"] = ttl["AttributeName"]
    if "StreamSpecification" in table:
        table["StreamSpecification"] = {"StreamEnabled": True, **table["StreamSpecification"]}
    return table


@pytest.mark.parametrize("name", ["core", "usage", "cache"])
def test_a_table_is_the_one_that_the_store_makes(resources: dict, tables: dict, name: str) -> None:
    assert as_in_the_store(resources[f"{name.capitalize()}Table"]["Properties"]) == tables[name]


def test_there_is_no_other_table(resources: dict, tables: dict) -> None:
    made = {f"{name.capitalize()}Table" for name in tables}
    assert set(of_type(resources, "AWS::DynamoDB::Table")) == made


def test_tables_survive_the_stack(resources: dict) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        assert table["DeletionPolicy"] == "Retain", name
        assert table["UpdateReplacePolicy"] == "Retain", name
        assert table["Properties"]["DeletionProtectionEnabled"] is True, name


def test_tables_cost_nothing_idle(resources: dict) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST", name


def test_tables_have_no_name_of_their_own(resources: dict) -> None:
    # Two stacks in one account, and a replacement beside the old table, must both be possible.
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        assert "TableName" not in table["Properties"], name


def test_what_cannot_be_lost_can_be_restored_to_any_second(resources: dict) -> None:
    for name in ("CoreTable", "UsageTable"):
        recovery = resources[name]["Properties"]["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True, name
