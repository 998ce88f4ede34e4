"""The functions: how they are built, what they may do, and where they write."""

from __future__ import annotations

import json
import re

import pytest

from conftest import ROOT, of_type

# Variables that say where a secret is.
ARNS = {"SLUICE_MASTER_KEY_SECRET", "SLUICE_KMS_KEY"}
FUNCTIONS = {"InferenceFunction", "AdminFunction", "BudgetResetFunction"}


@pytest.fixture(scope="session")
def functions(resources: dict) -> dict:
    return of_type(resources, "AWS::Lambda::Function")


def statements(role: dict) -> list[dict]:
    """Every statement of a role's inline policies, also those that a condition may leave out."""
    found = []
    for policy in role["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:
                statement = statement["Fn::If"][1]
            found.append(statement)
    return found


def listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def every_statement(resources: dict) -> list[tuple[str, dict]]:
    found = []
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        found += [(name, s) for s in statements(role)]
        found += [(name, s) for s in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]]
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for name, policy in of_type(resources, kind).items():
            found += [(name, s) for s in policy["Properties"]["PolicyDocument"]["Statement"]]
    return found


def test_there_are_three_functions(functions: dict) -> None:
    assert set(functions) == FUNCTIONS


def test_every_function_runs_on_arm64_and_amazon_linux_2023(functions: dict) -> None:
    for name, function in functions.items():
        assert function["Properties"]["Architectures"] == ["arm64"], name
        assert function["Properties"]["Runtime"] == "provided.al2023", name
        assert function["Properties"]["Handler"] == "bootstrap", name


def test_every_function_is_built_from_the_binary_of_its_name(functions: dict) -> None:
    binaries = {}
    for name, function in functions.items():
        assert function["Metadata"]["BuildMethod"] == "rust-cargolambda", name
        binaries[name] = function["Metadata"]["BuildProperties"]["Binary"]
    assert binaries == {
        "InferenceFunction": "inference",
        "AdminFunction": "admin",
        "BudgetResetFunction": "budget-reset",
    }


def test_every_function_writes_to_a_log_group_of_its_own_with_a_retention(
    functions: dict, resources: dict
) -> None:
    groups = [f["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for f in functions.values()]
    assert len(set(groups)) == len(functions)
    for group in groups:
        assert "RetentionInDays" in resources[group]["Properties"], group


def test_every_function_has_a_role_of_its_own_without_managed_policies(
    functions: dict, resources: dict
) -> None:
    roles = [f["Properties"]["Role"]["Fn::GetAtt"][0] for f in functions.values()]
    assert len(set(roles)) == len(functions)
    for role in roles:
        assert "ManagedPolicyArns" not in resources[role]["Properties"], role
    # SAM adds no role behind our back.
    assert set(of_type(resources, "AWS::IAM::Role")) == {*roles, "ScheduleRole"}


def test_every_invoker_goes_through_the_alias(resources: dict, paths: dict) -> None:
    aliases = set(of_type(resources, "AWS::Lambda::Alias"))
    assert len(aliases) == len(FUNCTIONS)
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert permission["Properties"]["FunctionName"]["Ref"] in aliases, name
    for path, methods in paths.items():
        for method in methods.values():
            uri = method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            assert re.search(r"\$\{(\w+)\}/", uri.split("functions/")[1]).group(1) in aliases, path
    schedule = resources["BudgetResetFunctionSweep"]["Properties"]
    assert schedule["Target"]["Arn"]["Ref"] in aliases


def test_no_action_has_a_wildcard(resources: dict) -> None:
    for name, statement in every_statement(resources):
        assert "NotAction" not in statement, name
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{name}: {action}"


def test_no_resource_is_everything(resources: dict) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            assert "NotResource" not in statement, name
            for resource in listed(statement["Resource"]):
                assert resource != "*", f"{name}: {statement['Action']}"


def test_nobody_may_list_secrets_or_write_others_than_rotated_keys(resources: dict) -> None:
    for name, statement in every_statement(resources):
        if statement.get("Sid") == "RotatedKeys":
            continue
        for action in listed(statement["Action"]):
            if action.startswith("secretsmanager:"):
                assert action == "secretsmanager:GetSecretValue", name


def test_only_admin_may_have_a_data_key_made_and_only_ours_is_opened(resources: dict) -> None:
    may = {
        (name, action)
        for name, statement in every_statement(resources)
        for action in listed(statement["Action"])
        if action.startswith("kms:")
    }
    assert may == {
        ("InferenceRole", "kms:Decrypt"),
        ("AdminRole", "kms:Decrypt"),
        ("AdminRole", "kms:GenerateDataKey"),
    }
    for name in ("InferenceRole", "AdminRole"):
        [sealed] = [s for s in statements(resources[name]) if s.get("Sid") == "SealedSecrets"]
        assert sealed["Resource"] == {"Ref": "CredentialsKeyArn"}
        assert sealed["Condition"] == {"StringEquals": {"kms:EncryptionContext:application": "sluice"}}


def test_of_the_core_table_only_what_routes_calls_and_the_audit_log_may_be_listed(resources: dict) -> None:
    core = {"Fn::GetAtt": ["CoreTable", "Arn"]}
    queries = {
        name: statement.get("Condition")
        for name, statement in every_statement(resources)
        if statement["Action"] == "dynamodb:Query" and statement["Resource"] == core
    }
    routing = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ROUTING"]}}
    both = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ROUTING", "AUDIT#*"]}}
    assert queries == {"InferenceRole": routing, "AdminRole": both}


def test_only_inference_may_call_models(resources: dict) -> None:
    reach = {
        name
        for name, statement in every_statement(resources)
        for action in listed(statement["Action"])
        if action.split(":")[0] in {"bedrock", "sagemaker"}
    }
    assert reach == {"InferenceRole"}


def test_bedrock_covers_models_and_the_profiles_that_lead_to_them(resources: dict) -> None:
    bedrock = next(s for s in statements(resources["InferenceRole"]) if s.get("Sid") == "Bedrock")
    arns = [r["Fn::Sub"] for r in bedrock["Resource"]]
    # A cross-region profile is refused unless both may be invoked, in every region it reaches.
    assert "arn:${AWS::Partition}:bedrock:*::foundation-model/*" in arns
    assert "arn:${AWS::Partition}:bedrock:*:${AWS::AccountId}:inference-profile/*" in arns


def test_tokens_are_counted_by_the_model_itself(resources: dict) -> None:
    named = {s.get("Sid"): s for s in statements(resources["InferenceRole"])}
    counted = named["BedrockTokens"]
    assert counted["Action"] == "bedrock:CountTokens"
    assert "foundation-model/*" in json.dumps(counted["Resource"])


def test_prompts_that_bedrock_manages_are_read_by_who_calls_models_alone(resources: dict) -> None:
    named = {s.get("Sid"): s for s in statements(resources["InferenceRole"])}
    assert named["BedrockPrompts"]["Action"] == "bedrock:GetPrompt"
    assert json.dumps(named["BedrockPrompts"]["Resource"]).count("prompt/*") == 1
    for role in ("AdminRole", "BudgetResetRole"):
        assert "bedrock:GetPrompt" not in json.dumps(resources[role])


def test_keys_are_rotated_by_the_schedule_alone_and_into_secrets_of_their_own(resources: dict) -> None:
    writes = {"secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"}
    may = {
        (name, json.dumps(statement["Resource"]))
        for name, statement in every_statement(resources)
        if writes & set(listed(statement["Action"]))
    }
    [(role, secret)] = may
    assert role == "BudgetResetRole" and "secret:sluice-keys/*" in secret


def test_providers_secrets_are_reached_by_prefix(resources: dict) -> None:
    secrets = [
        resource
        for statement in statements(resources["InferenceRole"])
        if statement["Action"] == "secretsmanager:GetSecretValue"
        for resource in listed(statement["Resource"])
    ]
    assert {"Ref": "MasterKeySecret"} in secrets
    by_prefix = [s["Fn::Sub"] for s in secrets if "Fn::Sub" in s]
    assert len(by_prefix) == 1 and by_prefix[0].endswith("secret:${ProviderSecretPrefix}*")


def test_only_admin_may_delete_what_lasts_and_of_usage_it_may_only_add_rows(resources: dict) -> None:
    may = {
        (name, action, json.dumps(resource))
        for name, statement in every_statement(resources)
        for action in listed(statement["Action"])
        for resource in listed(statement.get("Resource", []))
        if action.startswith("dynamodb:")
    }
    cache = json.dumps({"Fn::GetAtt": ["CacheTable", "Arn"]})
    deletes = {(name, table) for name, action, table in may if action == "dynamodb:DeleteItem"}
    # A caller may delete an answer that is kept for it.
    usage = json.dumps({"Fn::GetAtt": ["UsageTable", "Arn"]})
    # A roll-up that was made again replaces the one before, and no row does.
    rolls = ("BudgetResetRole", usage)
    assert {name for name, table in deletes - {rolls} if table != cache} == {"AdminRole"}
    keys = [
        statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for name, statement in every_statement(resources)
        if name == rolls[0] and "dynamodb:DeleteItem" in listed(statement["Action"])
    ]
    assert keys == [["ROLL#*"]]
    # PutItem: the row of a spend that is reset.
    writes = {"dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    assert not [m for m in may if m[0] == "AdminRole" and m[1] in writes and m[2] == usage]


def test_alerts_are_sent_by_who_watches_budgets_and_by_who_tries_a_channel_and_nowhere_but_where_told(
    resources: dict,
) -> None:
    channels = {
        "sns:Publish": {"Ref": "AlertTopicArn"},
        "ses:SendEmail": {"Ref": "AlertSenderArn"},
        "events:PutEvents": {"Ref": "AlertEventBusArn"},
    }
    may = {
        (name, action): statement["Resource"]
        for name, statement in every_statement(resources)
        if name.endswith("Role")
        for action in listed(statement["Action"])
        if action in channels
    }
    roles = ("AdminRole", "BudgetResetRole")
    assert may == {(role, action): channels[action] for role in roles for action in channels}
    for role in roles:
        [addresses] = [s for s in statements(resources[role]) if s.get("Sid") == "AddressesOfWebhooks"]
        assert addresses["Resource"]["Fn::Sub"].endswith("secret:${ProviderSecretPrefix}alerting*")


def test_inference_may_look_whether_records_have_changed(resources: dict) -> None:
    core = {"Fn::GetAtt": ["CoreTable", "Arn"]}
    may = {
        action
        for name, statement in every_statement(resources)
        for action in listed(statement["Action"])
        if name == "InferenceRole" and statement.get("Resource") == core
    }
    # Users, teams and customers in one question; guards of theirs where there is none yet.
    assert {"dynamodb:BatchGetItem", "dynamodb:PutItem"} <= may


def test_no_more_is_allowed_of_dynamodb_than_the_store_asks_for(resources: dict) -> None:
    store = (ROOT / "shared" / "store" / "src").rglob("*.rs")
    code = "".join(path.read_text() for path in store)
    for name, statement in every_statement(resources):
        for action in listed(statement["Action"]):
            service, _, operation = action.partition(":")
            if service != "dynamodb":
                continue
            call = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
            part = operation.removesuffix("Item") + "::builder()"  # of a transaction
            assert f".{call}()" in code or part in code, f"{name}: nobody calls {action}"


def test_the_environment_is_what_the_binaries_read(functions: dict) -> None:
    every = {"SLUICE_CONFIG", "SLUICE_TABLE_CORE", "SLUICE_TABLE_USAGE", "SLUICE_TABLE_CACHE"}
    for name, function in functions.items():
        variables = function["Properties"]["Environment"]["Variables"]
        assert every <= set(variables), name
        assert variables["SLUICE_MASTER_KEY_SECRET"] == {"Ref": "MasterKeySecret"}, name
    for name, mode in {"InferenceFunction": "stream", "AdminFunction": "buffered"}.items():
        variables = functions[name]["Properties"]["Environment"]["Variables"]
        assert variables["SLUICE_RESPONSE_MODE"] == mode
        # A REST API puts the stage in front of the path, where no route expects it.
        assert variables["AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH"] == "true"


def test_every_variable_is_read_by_the_code(functions: dict) -> None:
    code = "".join(path.read_text() for path in (ROOT / "shared" / "lambda" / "src").rglob("*.rs"))
    for name, function in functions.items():
        for variable in function["Properties"]["Environment"]["Variables"]:
            if variable.startswith("SLUICE_"):
                assert f'"{variable}"' in code, f"{name}: nobody reads {variable}"


def test_no_secret_is_in_the_environment_or_the_outputs(functions: dict, stack: dict) -> None:
    named = re.compile(r"KEY|SECRET|TOKEN|PASSWORD", re.IGNORECASE)
    for name, function in functions.items():
        variables = function["Properties"]["Environment"]["Variables"]
        for variable, value in variables.items():
            if named.search(variable):
                # An ARN to read or open a secret by, never its value.
                if "Fn::If" in value:
                    assert value["Fn::If"][2] == {"Ref": "AWS::NoValue"}, name
                    value = value["Fn::If"][1]
                assert variable in ARNS and set(value) == {"Ref"}, name
    written = json.dumps(stack)
    assert "resolve:secretsmanager" not in written
    assert not re.search(r"sk-[A-Za-z0-9]{8,}", written)


def test_the_master_key_is_made_by_the_secret_itself(resources: dict) -> None:
    (secret,) = of_type(resources, "AWS::SecretsManager::Secret").values()
    assert "SecretString" not in secret["Properties"]
    generated = secret["Properties"]["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {}
    assert generated["GenerateStringKey"] == "master_key"
    assert generated["PasswordLength"] >= 40 and generated["ExcludePunctuation"] is True


def test_the_inference_function_may_run_as_long_as_a_stream(functions: dict) -> None:
    assert functions["InferenceFunction"]["Properties"]["Timeout"] == 900


def test_the_sweep_is_over_before_the_next_one(functions: dict, resources: dict) -> None:
    schedule = resources["BudgetResetFunctionSweep"]["Properties"]
    minutes = int(re.fullmatch(r"rate\((\d+) minutes\)", schedule["ScheduleExpression"]).group(1))
    assert functions["BudgetResetFunction"]["Properties"]["Timeout"] < minutes * 60


def test_the_schedule_is_named_by_the_stack_and_has_a_dead_letter_queue(resources: dict) -> None:
    schedule = resources["BudgetResetFunctionSweep"]["Properties"]
    assert "${AWS::StackName}" in schedule["Name"]["Fn::Sub"]
    queue = schedule["Target"]["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
    assert resources[queue]["Type"] == "AWS::SQS::Queue"
    assert resources[queue]["Properties"]["SqsManagedSseEnabled"] is True
    sends = [s for s in statements(resources["ScheduleRole"]) if s["Action"] == "sqs:SendMessage"]
    assert sends and sends[0]["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}


def test_a_missed_sweep_raises_an_alarm(resources: dict) -> None:
    alarm = resources["SweepMissed"]["Properties"]
    assert alarm["MetricName"] == "Invocations" and alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold" and alarm["Threshold"] == 1


def test_every_function_has_alarms_for_errors_and_throttles(resources: dict) -> None:
    watched = {
        (alarm["Properties"]["Dimensions"][0]["Value"].get("Ref"), alarm["Properties"]["MetricName"])
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"]["Namespace"] == "AWS/Lambda"
    }
    for function in FUNCTIONS:
        assert {(function, "Errors"), (function, "Throttles")} <= watched


def test_every_alarm_reaches_the_topic(resources: dict) -> None:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
