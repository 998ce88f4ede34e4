//! The account of a subject that has spent elsewhere before: it begins with that.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use serde_json::Value;

use super::{Ledger, Limit, Measure, Span, Subject, guard::guard_key};
use crate::{
    Deed, NanoUsd, StoreError,
    audit::Change,
    item::{Item, money, n},
    transaction::malformed,
};

// === impl Ledger ===

impl Ledger {
    /// Begins the account of a subject that is no key with what it has spent before, in the windows of
    /// its budget. `false` where something is in the account already: it is left as it is. A key's
    /// account is what its rows add up to: see [`Ledger::correct`].
    ///
    /// # Errors
    /// The database's.
    pub async fn open(
        &self,
        deed: &Deed,
        subject: &Subject,
        span: Span<'_>,
        spent: NanoUsd,
    ) -> Result<bool, StoreError> {
        let Some((kind, id)) = named(subject) else { return Ok(false) };
        self.inner.make_guard(subject, 0).await?;
        let limit =
            Limit { measure: Measure::Money, model: None, span, max: i64::MAX, need: 0, floor: 0 };
        let meter = Item::from([
            ("w".to_owned(), n(limit.begin(self.inner.clock.now()).number())),
            ("u".to_owned(), money(spent)),
            ("s".to_owned(), money(spent)),
        ]);
        let update = Update::builder()
            .table_name(&self.inner.tables.core)
            .set_key(Some(guard_key(subject)))
            .update_expression("SET #total = :spent, #meter = :meter")
            .condition_expression("#total = :nothing AND attribute_not_exists(#meter)")
            .expression_attribute_names("#total", "total")
            .expression_attribute_names("#meter", limit.meter())
            .expression_attribute_values(":spent", money(spent))
            .expression_attribute_values(":meter", AttributeValue::M(meter))
            .expression_attribute_values(":nothing", money(NanoUsd::ZERO))
            .build()
            .map_err(malformed)?;
        let amounts = [NanoUsd::ZERO, spent].map(|spend| Value::Number(spend.to_json_number()));
        let change = Change::number(kind, id, "spend", amounts);
        let writes = vec![TransactWriteItem::builder().update(update).build()];
        Ok(self.inner.transact_as(deed, &[change], writes).await?.is_ok())
    }
}

/// The kind and the id of a subject's record, where it has a record and is no key.
fn named(subject: &Subject) -> Option<(&'static str, String)> {
    Some(match subject {
        Subject::User(id) => ("USERS", id.clone()),
        Subject::Team(id) => ("TEAMS", id.clone()),
        Subject::Member { team, user } => ("MEMBERS", format!("{team}/{user}")),
        Subject::Organisation(id) => ("ORGANISATIONS", id.clone()),
        Subject::Associate { organisation, user } => {
            ("ASSOCIATES", format!("{organisation}/{user}"))
        }
        Subject::EndUser(id) => ("CUSTOMERS", id.clone()),
        Subject::Key(_)
        | Subject::Tag(_)
        | Subject::Model(_)
        | Subject::Provider(_)
        | Subject::Deployment(_)
        | Subject::Gateway => return None,
    })
}
