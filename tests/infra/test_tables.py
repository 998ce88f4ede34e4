"""The tables: one definition for the template, the laptop and the tests."""

from __future__ import annotations

from conftest import of_type


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
