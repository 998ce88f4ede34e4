//! A row as LiteLLM shows it, with what it does not tell beside that.

use serde_json::{Value, json};
use sluice_store::AuditRow;

/// Kinds of objects, and LiteLLM's names of their tables.
const TABLES: [(&str, &str); 10] = [
    ("KEYS", "LiteLLM_VerificationToken"),
    ("USERS", "LiteLLM_UserTable"),
    ("TEAMS", "LiteLLM_TeamTable"),
    ("MEMBERS", "LiteLLM_TeamMembership"),
    ("ORGANISATIONS", "LiteLLM_OrganizationTable"),
    ("ASSOCIATES", "LiteLLM_OrganizationMembership"),
    ("BUDGETS", "LiteLLM_BudgetTable"),
    ("CUSTOMERS", "LiteLLM_EndUserTable"),
    ("MODELS", "LiteLLM_ProxyModelTable"),
    ("CREDENTIALS", "LiteLLM_CredentialsTable"),
];

/// The row.
pub(super) fn row(row: &AuditRow) -> Value {
    let who = &row.deed.who;
    let by = who.on_behalf.as_ref().or(who.user.as_ref()).or(who.name.as_ref());
    json!({
        "id": row.id,
        "updated_at": row.at.rfc3339(),
        "changed_by": by.or(who.authority.as_ref()),
        "changed_by_api_key": who.key.map(|key| key.to_string()),
        "action": row.action.as_str(),
        "table_name": table(&row.kind),
        "object_id": row.object,
        "before_value": row.before,
        "updated_values": row.after,
        "route": row.deed.route,
        "call_id": row.deed.call,
        "ip_address": row.deed.address,
        "user_agent": row.deed.agent,
        "who": who,
        "status": row.status,
        "reason": row.reason,
    })
}

/// The kind of object that a table's name, or its own, stands for.
pub(super) fn kind(name: &str) -> String {
    let known = TABLES.iter().find(|(_, table)| *table == name);
    known.map_or(name, |(kind, _)| kind).to_owned()
}

fn table(kind: &str) -> &str {
    TABLES.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, table)| table)
}
