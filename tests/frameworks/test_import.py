"""`sluice import litellm`, as a person runs it, from a proxy whose every answer LiteLLM's own types read."""

import json
import os
import subprocess

import httpx
import pytest
import stack
from litellm.models.budget import LiteLLM_BudgetTableFull
from litellm.models.credentials import CredentialView
from litellm.proxy._types import (
    TeamInfoMembership,
    TeamInfoResponseObjectTeamTable,
    UserAPIKeyAuth,
)
from litellm.types.proxy.management_endpoints.customer_endpoints import CustomerResponse
from litellm.types.proxy.management_endpoints.internal_user_endpoints import UserListResponse
from litellm.types.proxy.management_endpoints.team_endpoints import TeamListItem
from litellm.types.router import Deployment

ALICE = "sk-of-alice-at-litellm"


@pytest.fixture(scope="module")
def proxy(fakes):
    headers = {"authorization": f"Bearer {fakes.urls['litellm_key']}"}
    with httpx.Client(base_url=fakes.urls["litellm"], headers=headers, trust_env=False) as client:
        yield lambda path: client.get(path).raise_for_status().json()


def faithful(model, row):
    """The row, as LiteLLM's type writes what it has read of it: nothing missing, nothing made up."""
    assert json.loads(model.model_validate(row).model_dump_json()) == row


def test_keys_are_what_litellm_tells_of_keys(proxy):
    page = proxy("/key/list?return_full_object=true&size=100")
    assert len(page["keys"]) == 100 and page["total_pages"] == 2
    for row in page["keys"]:
        faithful(UserAPIKeyAuth, row)
    assert proxy("/key/list?size=1")["keys"] == [page["keys"][0]["token"]]


def test_users_are_what_litellm_tells_of_users(proxy):
    page = proxy("/user/list?page_size=100")
    assert page["users"]
    faithful(UserListResponse, page)


def test_teams_are_what_litellm_tells_of_teams(proxy):
    teams = proxy("/v2/team/list?page_size=100")["teams"]
    assert teams
    for team in teams:
        faithful(TeamListItem, team)
        told = proxy(f"/team/info?team_id={team['team_id']}")
        faithful(TeamInfoResponseObjectTeamTable, told["team_info"])
        for membership in told["team_memberships"]:
            faithful(TeamInfoMembership, membership)


def test_customers_budgets_and_credentials_are_what_litellm_tells(proxy):
    for row in proxy("/customer/list"):
        faithful(CustomerResponse, row)
    for row in proxy("/budget/list"):
        # The table's own columns, beside those of the type.
        own = {name: row[name] for name in LiteLLM_BudgetTableFull.model_fields}
        faithful(LiteLLM_BudgetTableFull, own)
    for row in proxy("/credentials")["credentials"]:
        faithful(CredentialView, row)


def test_models_are_what_litellm_tells_of_models(proxy):
    for row in proxy("/model/info")["data"]:
        Deployment.model_validate(row)
        assert "api_key" not in row["litellm_params"]


def imported(fakes, folder, *flags):
    done = subprocess.run(
        [
            stack.binary("sluice", "SLUICE_BIN"), "import", "litellm", "--url", fakes.urls["litellm"],
            "--data-dir", folder, *flags,
        ],
        env={**os.environ, "LITELLM_MASTER_KEY": fakes.urls["litellm_key"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done


def test_a_gateway_takes_over_from_litellm(fakes, tmp_path):
    folder = tmp_path / "data"
    dry = imported(fakes, folder)
    assert "nothing was written: run it again with --apply" in dry.stdout, dry.stderr
    assert not folder.exists()
    done = imported(fakes, folder, "--apply", "--json")
    # A row that could not be carried over is told by the exit code as well.
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["applied"] is True
    refused = [line["name"] for line in report["lines"] if line["outcome"] == "refused"]
    assert "carol" in refused
    again = imported(fakes, folder, "--apply")
    assert "nothing to do" in again.stdout, again.stdout

    gateway = stack.Gateway(tmp_path, fakes.urls)
    try:
        ask = {"model": "gpt", "messages": [{"role": "user", "content": "say hi"}]}
        answer = gateway.http.post(
            "/v1/chat/completions", json=ask, headers={"authorization": f"Bearer {ALICE}"}
        )
        # Her models are those of the other gateway: she may not call this one's `gpt`.
        assert answer.status_code == 403, answer.text
        info = gateway.http.get(
            f"/key/info?key={ALICE}", headers={"authorization": f"Bearer {stack.MASTER_KEY}"}
        ).json()["info"]
        assert info["key_alias"] == "alice-laptop"
        assert info["spend"] == 0.0012
        core = gateway.http.post(
            "/v1/chat/completions", json=ask,
            headers={"authorization": "Bearer sk-of-the-crowd-119"},
        )
        assert core.status_code == 200, core.text
    finally:
        gateway.stop()


def test_a_wrong_key_is_told_and_nothing_is_made(fakes, tmp_path):
    done = imported(fakes, tmp_path / "data", "--apply", "--master-key", "sk-of-nobody")
    assert done.returncode == 3
    assert "/budget/list with 401" in done.stderr
