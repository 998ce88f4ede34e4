#!/usr/bin/env python3
"""Writes shared/gateway/data/litellm_keys.txt: the names that LiteLLM's config.yaml may use.

    python3 tests/tools/known_keys.py PATH/TO/litellm > shared/gateway/data/litellm_keys.txt

The argument is the folder of an installed `litellm` package; it is parsed, never imported. The
configuration reader tells with this list a key that LiteLLM knows, and that has no effect here,
from one that nobody knows. A line is a section and a name; names that the reader gives an effect
are in the list too.
"""

import ast
import pathlib
import re
import sys

# Read by LiteLLM's proxy from the file's top level and from general_settings, without a declaration.
TOP = """agent_list agents assistant_settings callback_settings credential_list
default_vertex_config environment_variables files_settings finetune_settings general_settings
guardrails include litellm_settings mcp_servers mcp_tools model_list policies policy_attachments
prompts router_settings sandbox_tools search_tools vector_store_registry worker_registry"""
GENERAL = """admin_only_routes allow_requests_on_db_unavailable allow_user_auth allowed_ips
block_requests_for_models_without_pricing custom_key_generate custom_key_policy custom_key_update
custom_sso custom_team_metadata_validate disable_custom_api_keys disable_error_logs
disable_prisma_schema_update disable_reset_budget disable_spend_logs enable_health_check_routing
enable_jwt_auth enforce_user_param enforced_params expose_fallback_errors_to_caller
fail_closed_budget_enforcement health_check_details health_check_staleness_threshold
key_management_settings litellm_jwtauth litellm_key_header_name proxy_batch_write_at
proxy_budget_rescheduler_max_time proxy_budget_rescheduler_min_time public_routes role_permissions
spend_report_frequency team_metadata_schema team_metadata_validation_error_message
team_metadata_validation_timeout token_rate_limit_type tracing use_redis_transaction_buffer
use_shared_health_check use_x_forwarded_for user_api_key_cache_ttl"""
LITELLM = """audit_log_callbacks cache cache_params callbacks code_interpreter_interception_params
default_key_generate_params default_team_params json_logs key_generation_settings
max_internal_user_budget mcp_semantic_tool_filter modify_params priority_reservation_settings
redact_user_api_key_info s3_callback_params set_verbose store_audit_logs tag_budget_config
timezone turn_off_message_logging upperbound_key_generate_params websearch_interception_params"""
INFO = """access_groups adaptive_router_preferences allowed_fails allowed_fails_policy
cooldown_time disable_background_health_check health_check_model health_check_timeout
litellm_provider max_input_tokens max_output_tokens max_tokens mode supported_environments"""
PARAMS = """additional_drop_params cache_control_injection_points extra_body extra_headers
guardrails headers litellm_params max_completion_tokens max_tokens mock_delay mock_timeout
mock_tool_calls num_retries region_name sagemaker_base_url temperature top_p
use_aws_bedrock_converse"""

ALERTING_ARGS = """budget_alert_ttl daily_report_frequency log_to_console major_outage_alert_threshold
max_outage_alert_list_size minor_outage_alert_threshold outage_alert_ttl region_outage_alert_ttl
report_check_interval"""
ALERT_TYPES = """budget_alerts cooldown_deployment daily_reports db_exceptions failed_tracking_spend
fallback_reports internal_user_created internal_user_deleted internal_user_updated llm_exceptions
llm_requests_hanging llm_too_slow new_internal_user_created new_model_added new_team_created
new_virtual_key_created outage_alerts region_outage_alerts spend_reports team_deleted team_updated
virtual_key_deleted virtual_key_updated"""


def classes(path, names):
    """Annotated fields of the named classes."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name in names:
            fields = (s.target.id for s in node.body if isinstance(s, ast.AnnAssign))
            found.update(name for name in fields if name.islower() or "_1K" in name or "_2K" in name)
    return found


def router(path):
    """Arguments of the router's constructor, wherever they are declared."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = {a.arg for a in node.args.args + node.args.kwonlyargs}
            if {"routing_strategy", "model_group_retry_policy"} <= names:
                return names - {"self", "model_list"}
    return set()


def attributes(path):
    """Public variables of a module."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        found.update(t.id for t in targets if isinstance(t, ast.Name))
    return {name for name in found if re.fullmatch(r"[a-z][a-z0-9_]*", name)}


def providers(path):
    """Values of the enumeration of providers."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name == "LlmProviders":
            return {s.value.value for s in node.body if isinstance(s, ast.Assign)}
    return set()


def main(package):
    """Prints the list."""
    root = pathlib.Path(package)
    types = root / "types"
    pricing = {"MirroredPricingParams", "CustomPricingLiteLLMParams"}
    params = {
        "CredentialLiteLLMParams", "GenericLiteLLMParams", "LiteLLM_Params", "LiteLLMParamsTypedDict",
    }
    sections = {
        "alert_types": set(ALERT_TYPES.split()),
        "alerting_args": set(ALERTING_ARGS.split()),
        "file": set(TOP.split()),
        "general_settings": classes(root / "proxy/_types.py", {"ConfigGeneralSettings"})
        | set(GENERAL.split()),
        "litellm_settings": attributes(root / "__init__.py") | set(LITELLM.split()),
        "router_settings": router(root / "router.py")
        | classes(types / "router.py", {"RouterConfig", "UpdateRouterConfig"}) - {"model_list"},
        "litellm_params": classes(types / "router.py", params) | set(PARAMS.split()),
        "model_info": classes(types / "router.py", {"ModelInfo"}) | set(INFO.split()),
        "price": classes(types / "utils.py", pricing),
        "provider": providers(types / "utils.py"),
        "jwt_auth": classes(root / "proxy/_types.py", {"LiteLLM_JWTAuth"}),
        "jwt_issuer": classes(root / "proxy/_types.py", {"JWTIssuerConfig"}),
    }
    for section in sorted(sections):
        if not sections[section]:
            raise SystemExit("found no name of %s: the package has changed" % section)
        for name in sorted(n for n in sections[section] if not n.startswith("_")):
            print(section, name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
