//! `GET /customer/info` and `/customer/list`.

use std::sync::Arc;

use serde_json::Value;

use super::{find, view};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// Tells of a customer and what was spent for them.
pub(in crate::admin) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let customer = find(&app, visit.required("end_user_id")?).await?;
    view::row(&app, &customer).await
}

/// Lists all customers, newest first.
pub(in crate::admin) async fn list(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let all = app.store.customers().all().await.map_err(|error| app.store_fault(&error))?;
    view::rows(&app, &all).await.map(Value::Array)
}
