"""An organisation's budget over the processes' own socket, with calls of many keys at once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

NANOS = Decimal("1e-9")


def done(gateway, method, path, **arguments):
    answer = gateway.admin(method, path, **arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()


def nanos(amount):
    return int(Decimal(str(amount)) / NANOS)


def call(gateway, key):
    return gateway.http.post(
        "/v1/chat/completions",
        json={"model": "priced", "max_tokens": 50,
              "messages": [{"role": "user", "content": "usage 1000 50 say hi"}]},
        headers={"authorization": f"Bearer {key}"},
    )


def test_many_keys_of_many_teams_spend_no_more_than_their_organisation(gateway):
    organisation = f"o-{uuid.uuid4()}"
    done(gateway, "POST", "/organization/new", json={
        "organization_id": organisation, "organization_alias": "Ocean", "max_budget": 0.1,
    })
    keys = []
    for team in ("red", "blue", "green"):
        team = done(gateway, "POST", "/team/new", json={"organization_id": organisation})["team_id"]
        keys += [gateway.new_key(team_id=team) for _ in range(2)]
    keys.append(gateway.new_key(organization_id=organisation))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda at: call(gateway, keys[at % len(keys)]), range(120)))
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 422}, statuses
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert f"Organization={organisation}" in refused.json()["error"]["message"]

    rows = [row for key in keys for row in gateway.rows(key)]
    assert {row["organization_id"] for row in rows} == {organisation}
    spent = sum(row["spend_nanos"] for row in rows)
    told = done(gateway, "GET", "/organization/info", params={"organization_id": organisation})
    assert nanos(told["spend"]) == spent <= nanos("0.1")
    assert nanos(told["reserved_spend"]) == 0
    # A call costs 3.75 thousandths: what is left is less than the worst case of one.
    assert spent > nanos("0.08")


def test_an_organisation_ends_with_its_keys(gateway):
    made = done(gateway, "POST", "/organization/new", json={"organization_alias": "Pond"})
    organisation = made["organization_id"]
    key = gateway.new_key(organization_id=organisation)
    assert call(gateway, key).status_code == 200
    changed = done(gateway, "PATCH", "/organization/update",
                   json={"organization_id": organisation, "blocked": True})
    assert changed["blocked"] is True
    assert call(gateway, key).status_code == 401
    [gone] = done(gateway, "DELETE", "/organization/delete",
                  json={"organization_ids": [organisation]})
    assert gone["organization_alias"] == "Pond"
    answer = gateway.admin("GET", "/organization/info", params={"organization_id": organisation})
    assert answer.status_code == 404
