//! The table of roles, cell by cell: `docs/roles.md` says what is allowed, and so it is.

use serde_json::{Value, json};

use crate::house::{Answer, Hook, House, MASTER, post};

/// Whose things a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Others,
    Teams,
}

/// A fresh cast for one cell: somebody with a role, somebody else, and a team.
struct Cast {
    house: House,
    _hook: Hook,
    actor: String,
    me: Person,
    other: Person,
    team: Person,
}

/// A user, a key and a team that go together.
#[derive(Clone)]
struct Person {
    user: String,
    key: String,
    team: String,
    organisation: String,
}

const ROLES: [&str; 4] =
    ["proxy_admin", "proxy_admin_viewer", "internal_user", "internal_user_viewer"];

/// What a prompt is made of.
fn template() -> Value {
    json!({"prompt_integration": "dotprompt", "dotprompt_content": "Hi"})
}

/// The day on which houses open.
const TODAY: &str = "?start_date=2026-11-25&end_date=2026-11-25";

impl Cast {
    async fn of(role: &str, in_team: Option<&str>) -> Self {
        Self::with(role, in_team, None).await
    }

    async fn with(role: &str, in_team: Option<&str>, in_organisation: Option<&str>) -> Self {
        let hook = Hook::start().await;
        let settings = format!(
            "general_settings:\n  alerting: [webhook]\n  alerting_args: {{webhook_url: '{}'}}",
            hook.url
        );
        let house = House::plan().settings(&settings).open().await;
        let make = |path: &'static str, body: Value| {
            let house = &house;
            async move {
                let answer = house.post(path, MASTER, &body).await;
                assert_eq!(answer.status, 200, "{path} {}", answer.text());
                answer.json()
            }
        };
        make("/user/new", json!({"user_id": "me", "user_role": role})).await;
        make("/user/new", json!({"user_id": "other"})).await;
        make("/budget/new", json!({"budget_id": "b"})).await;
        make("/customer/new", json!({"user_id": "c"})).await;
        make("/tag/new", json!({"name": "tag"})).await;
        make("/user/new", json!({"user_id": "mate"})).await;
        let params = json!({"model": "demo/demo", "api_key": "sk-of-the-added-model"});
        let model =
            json!({"model_name": "added", "litellm_params": params, "model_info": {"id": "m"}});
        make("/model/new", model).await;
        let values = json!({"api_key": "sk-of-the-credential"});
        make("/credentials", json!({"credential_name": "k", "credential_values": values})).await;
        make("/access_group/new", json!({"access_group": "g", "model_ids": ["m"]})).await;
        make("/prompts", json!({"prompt_id": "p", "litellm_params": template()})).await;
        let person = |user: &str, role: &str| json!({"user_id": user, "role": role});
        for (organisation, team, user) in [("o", "ours", "mate"), ("p", "theirs", "other")] {
            let asked = json!({"organization_id": organisation, "organization_alias": "O"});
            make("/organization/new", asked).await;
            let member = person(user, "internal_user");
            let asked = json!({"organization_id": organisation, "member": member});
            make("/organization/member_add", asked).await;
            let asked =
                json!({"team_id": team, "models": ["demo"], "organization_id": organisation});
            make("/team/new", asked).await;
        }
        if let Some(role) = in_organisation {
            let asked = json!({"organization_id": "o", "member": person("me", role)});
            make("/organization/member_add", asked).await;
        }
        make(
            "/team/member_add",
            json!({"team_id": "ours", "member": {"role": "user", "user_id": "mate"}}),
        )
        .await;
        make(
            "/team/member_add",
            json!({"team_id": "theirs", "member": {"role": "user", "user_id": "other"}}),
        )
        .await;
        if let Some(role) = in_team {
            let member = json!({"role": role, "user_id": "me"});
            make("/team/member_add", json!({"team_id": "ours", "member": member})).await;
        }
        let key = |body: Value| async {
            make("/key/generate", body).await["key"].as_str().unwrap().to_owned()
        };
        let actor = key(json!({"user_id": "me"})).await;
        let mine = key(json!({"user_id": "me"})).await;
        let others = key(json!({"user_id": "other"})).await;
        let ours = key(json!({"user_id": "mate", "team_id": "ours"})).await;
        let person = |user: &str, key: String, team: &str| Person {
            user: user.to_owned(),
            key,
            team: team.to_owned(),
            organisation: if team == "ours" { "o" } else { "p" }.to_owned(),
        };
        let me = person("me", mine, "theirs");
        let other = person("other", others, "theirs");
        let team = person("mate", ours, "ours");
        Self { house, _hook: hook, actor, me, other, team }
    }

    async fn send(&self, route: &str, whose: Whose) -> Answer {
        let of = match whose {
            Whose::Own => &self.me,
            Whose::Others => &self.other,
            Whose::Teams => &self.team,
        };
        let (method, path) = route.split_once(' ').unwrap();
        if method == "GET" {
            let path = path.replace("{name}", "k").replace("{model_id}", "m");
            let path = path.replace("{access_group}", "g").replace("{prompt_id}", "p");
            let query = match path.as_str() {
                "/key/info" => format!("?key={}", of.key),
                "/user/info" | "/v2/user/info" => format!("?user_id={}", of.user),
                "/team/info" | "/team/permissions_list" => format!("?team_id={}", of.team),
                "/organization/info" => format!("?organization_id={}", of.organisation),
                "/organization/daily/activity" => {
                    format!("{TODAY}&organization_ids={}", of.organisation)
                }
                "/team/list" if whose == Whose::Others => format!("?user_id={}", of.user),
                "/spend/logs" => format!("?api_key={}", of.key),
                "/budget/settings" => "?budget_id=b".to_owned(),
                "/customer/info" => "?end_user_id=c".to_owned(),
                "/health/services" => "?service=webhook".to_owned(),
                "/team/daily/activity" => format!("{TODAY}&team_ids={}", of.team),
                path if path.starts_with("/global/") || path.contains("/daily/activity") => {
                    format!("{TODAY}&api_key={}", of.key)
                }
                "/spend/logs/v2" | "/spend/tags" => format!("{TODAY}&api_key={}", of.key),
                _ => String::new(),
            };
            let path = match path.as_str() {
                "/audit/{id}" => {
                    let log = self.house.get("/audit", MASTER).await.json();
                    format!("/audit/{}", log["audit_logs"][0]["id"].as_str().unwrap())
                }
                path => path.to_owned(),
            };
            return self.house.get(&format!("{path}{query}"), &self.actor).await;
        }
        let team = (whose == Whose::Teams).then_some(&of.team);
        let body = match path {
            "/key/generate" => json!({"user_id": of.user, "team_id": team}),
            "/key/service-account/generate" => json!({"team_id": of.team}),
            "/key/update" => json!({"key": of.key, "metadata": {"a": 1}}),
            "/key/bulk_update" => json!({"keys": [{"key": of.key}]}),
            "/key/delete" => json!({"keys": [of.key]}),
            "/key/block" | "/key/unblock" | "/key/regenerate" => json!({"key": of.key}),
            "/key/{key}/reset_spend" => json!({"reset_to": 0}),
            "/user/update" => json!({"user_id": of.user, "user_alias": "x"}),
            "/user/delete" => json!({"user_ids": [of.user]}),
            "/user/new" => json!({"organizations": team.map(|_| [&of.organisation])}),
            "/team/new" => json!({"organization_id": team.map(|_| &of.organisation)}),
            "/organization/new" => json!({"organization_alias": "n"}),
            "/organization/update" => {
                json!({"organization_id": of.organisation, "organization_alias": "x"})
            }
            "/organization/info" => json!({"organizations": [of.organisation]}),
            "/organization/delete" => json!({"organization_ids": [of.organisation]}),
            "/organization/member_add" => {
                let member = json!({"role": "internal_user", "user_id": "new"});
                json!({"organization_id": of.organisation, "member": member})
            }
            "/organization/member_update" | "/organization/member_delete" => {
                json!({"organization_id": of.organisation, "user_id": of.user})
            }
            "/team/update" => json!({"team_id": of.team, "team_alias": "x"}),
            "/team/delete" => json!({"team_ids": [of.team]}),
            "/team/member_add" => {
                json!({"team_id": of.team, "member": {"role": "user", "user_id": "new"}})
            }
            "/team/bulk_member_add" => {
                json!({"team_id": of.team, "members": [{"role": "user", "user_id": "new"}]})
            }
            "/team/permissions_update" => {
                json!({"team_id": of.team, "team_member_permissions": ["/key/info"]})
            }
            "/user/bulk_update" => json!({"users": [{"user_id": of.user, "user_alias": "x"}]}),
            "/team/member_update" | "/team/member_delete" => {
                json!({"team_id": of.team, "user_id": of.user, "role": null})
            }
            "/team/block" | "/team/unblock" => json!({"team_id": of.team}),
            "/team/model/add" => json!({"team_id": of.team, "models": ["openai"]}),
            "/team/model/delete" => json!({"team_id": of.team, "models": ["anthropic"]}),
            "/budget/info" => json!({"budgets": ["b"]}),
            "/budget/new" => json!({"max_budget": 1}),
            "/budget/update" => json!({"budget_id": "b"}),
            "/budget/delete" => json!({"id": "b"}),
            "/customer/new" => json!({"user_id": "new"}),
            "/customer/update" => json!({"user_id": "c"}),
            "/customer/delete" | "/customer/block" | "/customer/unblock" => {
                json!({"user_ids": ["c"]})
            }
            "/tag/new" => json!({"name": "new"}),
            "/tag/update" | "/tag/delete" => json!({"name": "tag"}),
            "/tag/info" => json!({"names": ["tag"]}),
            "/access_group/new" => json!({"access_group": "new", "model_ids": ["m"]}),
            "/access_group/{access_group}/update" => json!({"model_ids": ["m"]}),
            "/model/new" => json!({"model_name": "n", "litellm_params": {"model": "demo/demo"}}),
            "/model/update" => json!({"model_info": {"id": "m"}, "model_name": "renamed"}),
            "/model/{id}/update" => json!({"model_name": "renamed"}),
            "/model/delete" => json!({"id": "m"}),
            "/model/block" | "/model/unblock" => json!({"model_id": "m"}),
            "/credentials" => {
                json!({"credential_name": "new", "credential_values": {"api_key": "sk-new"}})
            }
            "/prompts" => json!({"prompt_id": "new", "litellm_params": template()}),
            "/prompts/{prompt_id}" if method != "DELETE" => json!({"litellm_params": template()}),
            "/credentials/{name}" => json!({"credential_info": {"a": "b"}}),
            _ => json!({}),
        };
        let path = path.replace("{key}", &of.key).replace("{id}", "m").replace("{name}", "k");
        let path = path.replace("{access_group}", "g").replace("{prompt_id}", "p");
        let mut request = post(&path, &self.actor, body.to_string());
        *request.method_mut() = method.parse().unwrap();
        self.house.send(request).await
    }
}

/// Casts for one cell after another: a new one only where the last was changed.
struct Stage {
    role: &'static str,
    in_team: Option<&'static str>,
    cast: Option<Cast>,
}

impl Stage {
    fn new(role: &'static str, in_team: Option<&'static str>) -> Self {
        Self { role, in_team, cast: None }
    }

    /// Somebody with the role, where nothing has been changed yet.
    async fn fresh(&mut self) -> Cast {
        match self.cast.take() {
            Some(cast) => cast,
            None => Box::pin(Cast::of(self.role, self.in_team)).await,
        }
    }

    /// What was only read, or refused, is as it was.
    fn keep(&mut self, cast: Cast, route: &str, answers: &[&Answer]) {
        let refused = answers.iter().all(|answer| matches!(answer.status, 401 | 403));
        if refused || route.starts_with("GET ") {
            self.cast = Some(cast);
        }
    }
}

/// Routes whose answer is cut to what the caller may see, whatever is asked.
const CUT: [&str; 11] = [
    "GET /prompts/list",
    "GET /spend/keys",
    "GET /key/list",
    "GET /key/aliases",
    "GET /user/available_roles",
    "POST /key/health",
    "GET /user/list",
    "GET /v2/team/list",
    "GET /model/info",
    "GET /v2/model/info",
    "GET /model_group/info",
];

fn table() -> Vec<Vec<String>> {
    let page = include_str!("../../../../docs/roles.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    })
    .collect()
}

/// Every route for somebody with the role whose cells are in this column of the table.
async fn reaches_what_the_table_says(column: usize) {
    let mut stage = Stage::new(ROLES[column], None);
    for row in table() {
        let (route, cell) = (&row[0], &row[1 + column]);
        let place = format!("{route} as {}: {cell}", stage.role);
        let cast = stage.fresh().await;
        let others = cast.send(route, Whose::Others).await;
        let told = format!("{place}: {} {}", others.status, others.text());
        if cell == "all" {
            assert_eq!(others.status, 200, "{told}");
            stage.keep(cast, route, &[&others]);
            continue;
        }
        let own = cast.send(route, Whose::Own).await;
        if cell == "own" {
            let cut = CUT.contains(&route.as_str());
            assert!(cut || matches!(others.status, 401 | 403), "{told}");
            let secret = sluice_store::KeyHash::of_plaintext(&cast.other.key).to_string();
            assert!(!others.text().contains(&secret), "{told}");
            assert_eq!(own.status, 200, "{place}: own: {}", own.text());
        } else {
            assert!(matches!(others.status, 401 | 403), "{told}");
            assert!(matches!(own.status, 401 | 403), "{place}: own: {}", own.text());
        }
        stage.keep(cast, route, &[&others, &own]);
    }
}

#[tokio::test]
async fn a_proxy_admin_reaches_what_the_table_says() {
    reaches_what_the_table_says(0).await;
}

#[tokio::test]
async fn a_proxy_admin_viewer_reaches_what_the_table_says() {
    reaches_what_the_table_says(1).await;
}

#[tokio::test]
async fn an_internal_user_reaches_what_the_table_says() {
    reaches_what_the_table_says(2).await;
}

#[tokio::test]
async fn an_internal_user_viewer_reaches_what_the_table_says() {
    reaches_what_the_table_says(3).await;
}

/// Calls that change nothing, though they are no GET: four that only tell, and one that leaves a group
/// as it is.
const READS: [&str; 5] = [
    "POST /key/health",
    "POST /budget/info",
    "POST /organization/info",
    "POST /tag/info",
    "PUT /access_group/{access_group}/update",
];

#[tokio::test]
async fn every_change_and_every_refusal_is_in_the_audit_log_whatever_the_route() {
    let (mut admins, mut users) =
        (Stage::new("proxy_admin", None), Stage::new("internal_user", None));
    for row in table() {
        let route = &row[0];
        let changes = !route.starts_with("GET") && !READS.contains(&route.as_str());
        let admin = admins.fresh().await;
        let done = admin.send(route, Whose::Others).await;
        let told = admin.house.audited(&done).await;
        assert_eq!((done.status, told.is_empty()), (200, !changes), "{route}: {told:?}");
        assert!(told.iter().all(|row| row["action"] != "refused"), "{route}: {told:?}");
        assert!(told.iter().all(|row| row["who"]["user"] == "me"), "{route}: {told:?}");
        admins.keep(admin, route, &[&done]);
        if row[3] == "-" {
            let user = users.fresh().await;
            let refused = user.send(route, Whose::Others).await;
            let told = user.house.audited(&refused).await;
            let facts = told.iter().map(|row| (&row["action"], &row["status"], &row["route"]));
            let expected = (&json!("refused"), &json!(refused.status), &json!(route));
            assert_eq!(facts.collect::<Vec<_>>(), [expected]);
            users.keep(user, route, &[&refused]);
        }
    }
}

/// Every route for a user who has the role in a team, as the column of the table says.
async fn adds_what_the_table_says(role: &'static str, column: usize) {
    let mut stage = Stage::new("internal_user", Some(role));
    for row in table() {
        let (route, cell) = (&row[0], &row[column]);
        let place = format!("{route} as team {role}: {cell}");
        if CUT.contains(&route.as_str()) {
            continue;
        }
        let mut cast = stage.fresh().await;
        if route.contains("/team/") && route != "GET /team/list" {
            let stranger = cast.send(route, Whose::Others).await;
            assert!(matches!(stranger.status, 401 | 403), "{place}: {}", stranger.text());
        }
        let teams = cast.send(route, Whose::Teams).await;
        let told = format!("{place}: {} {}", teams.status, teams.text());
        match cell.as_str() {
            "team" => assert_eq!(teams.status, 200, "{told}"),
            "permitted" if route == "GET /key/info" => assert_eq!(teams.status, 200, "{told}"),
            "permitted" => {
                assert!(matches!(teams.status, 401 | 403), "{told}");
                let path = route.split_once(' ').unwrap().1;
                let body = json!({"team_id": "ours", "team_member_permissions": [path]});
                cast.house.done("/team/update", &body).await;
                if path == "/key/generate" {
                    // For themselves, not for another member.
                    cast.team.user = "me".to_owned();
                }
                if matches!(path, "/key/update" | "/key/delete" | "/key/regenerate") {
                    let own = json!({"user_id": "me", "team_id": "ours"});
                    cast.team.key = cast.house.key(&own).await;
                }
                let teams = cast.send(route, Whose::Teams).await;
                assert_eq!(teams.status, 200, "{place}: permitted: {}", teams.text());
                continue;
            }
            _ if route == "GET /team/list" => {}
            _ => assert!(matches!(teams.status, 401 | 403), "{told}"),
        }
        stage.keep(cast, route, &[&teams]);
    }
}

#[tokio::test]
async fn an_admin_of_a_team_reaches_what_the_table_says() {
    adds_what_the_table_says("admin", 5).await;
}

#[tokio::test]
async fn a_member_of_a_team_reaches_what_the_table_says() {
    adds_what_the_table_says("user", 6).await;
}

#[tokio::test]
async fn a_role_in_an_organisation_adds_what_the_table_says() {
    for (place, role) in ["org_admin", "internal_user"].iter().enumerate() {
        // What is refused changes nothing: one cast is enough for all of that.
        let refused = Cast::with("internal_user", None, Some(role)).await;
        for row in table() {
            let (route, cell) = (&row[0], &row[7 + place]);
            let place = format!("{route} as {role}: {cell}");
            let lists = matches!(route.as_str(), "GET /team/list" | "GET /organization/list");
            if CUT.contains(&route.as_str()) {
                continue;
            }
            if cell == "organisation" {
                let cast = Cast::with("internal_user", None, Some(role)).await;
                let answer = cast.send(route, Whose::Teams).await;
                assert_eq!(answer.status, 200, "{place}: {}", answer.text());
            }
            let whose = if cell == "organisation" { Whose::Others } else { Whose::Teams };
            if !lists {
                let answer = refused.send(route, whose).await;
                let told = format!("{place}: {whose:?}: {} {}", answer.status, answer.text());
                assert!(matches!(answer.status, 401 | 403), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_gives_more_than_they_hold() {
    let house = House::open().await;
    let asked = json!({"user_id": "u", "user_role": "internal_user", "models": ["demo", "openai"]});
    let user = house.post("/user/new", MASTER, &asked).await.json();
    let free = user["key"].as_str().unwrap().to_owned();
    let bound = json!({"user_id": "u", "models": ["demo"], "max_budget": 1, "duration": "1h"});
    let bound = house.key(&bound).await;
    for (key, body, param) in [
        (&free, json!({"models": ["anthropic"]}), "models"),
        (&free, json!({"models": ["*"]}), "models"),
        (&free, json!({"models": ["all-proxy-models"]}), "models"),
        (&free, json!({"user_id": "somebody"}), "user_id"),
        (&bound, json!({"models": ["openai"], "max_budget": 1, "duration": "1m"}), "models"),
        (&bound, json!({"max_budget": 1, "duration": "1m"}), "models"),
        (&bound, json!({"models": ["demo"], "duration": "1m"}), "max_budget"),
        (&bound, json!({"models": ["demo"], "max_budget": 2, "duration": "1m"}), "max_budget"),
        (&bound, json!({"models": ["demo"], "max_budget": 1}), "duration"),
        (&bound, json!({"models": ["demo"], "max_budget": 1, "duration": "2h"}), "duration"),
    ] {
        let answer = house.post("/key/generate", key, &body).await;
        assert_eq!(answer.status, 403, "{body}: {}", answer.text());
        assert_eq!(answer.json()["error"]["param"], param, "{body}: {}", answer.text());
    }
    let good = json!({"models": ["demo"], "max_budget": 1, "duration": "30m"});
    let made = house.post("/key/generate", &bound, &good).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.json()["user_id"], "u");
    // What cannot be made cannot be had by a change either.
    let key = made.json()["key"].clone();
    for body in [
        json!({"key": key, "models": []}),
        json!({"key": key, "max_budget": null}),
        json!({"key": key, "duration": "-1"}),
        json!({"key": key, "user_id": "somebody"}),
    ] {
        let answer = house.post("/key/update", &bound, &body).await;
        assert_eq!(answer.status, 403, "{body}: {}", answer.text());
    }
    // Nobody raises their own role, or opens their own list of models.
    for body in [
        json!({"user_id": "u", "user_role": "proxy_admin"}),
        json!({"user_id": "u", "models": []}),
        json!({"user_id": "u", "blocked": false}),
    ] {
        let answer = house.post("/user/update", &free, &body).await;
        assert_eq!(answer.status, 403, "{body}: {}", answer.text());
    }
}
