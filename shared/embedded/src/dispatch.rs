//! One DynamoDB request, as JSON, to the engine and back.

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

/// What the engine answered.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Runs one operation.
pub(crate) fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Outcome {
    match run(database, operation, body) {
        Ok(body) => Outcome { status: 200, body },
        Err(error) => Outcome { status: error.status_code(), body: error.to_json() },
    }
}

fn run(db: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "CreateTable" => write(&db.create_table(read(body)?)?),
        "DeleteTable" => write(&db.delete_table(read(body)?)?),
        "DescribeTable" => write(&db.describe_table(read(body)?)?),
        "ListTables" => write(&db.list_tables(read(body)?)?),
        "UpdateTable" => write(&db.update_table(read(body)?)?),
        "UpdateTimeToLive" => write(&db.update_time_to_live(read(body)?)?),
        "DescribeTimeToLive" => write(&db.describe_time_to_live(read(body)?)?),
        "PutItem" => write(&db.put_item(read(body)?)?),
        "GetItem" => write(&db.get_item(read(body)?)?),
        "DeleteItem" => write(&db.delete_item(read(body)?)?),
        "UpdateItem" => write(&db.update_item(read(body)?)?),
        "Query" => write(&db.query(read(body)?)?),
        "Scan" => write(&db.scan(read(body)?)?),
        "BatchGetItem" => write(&db.batch_get_item(read(body)?)?),
        "BatchWriteItem" => write(&db.batch_write_item(read(body)?)?),
        "TransactWriteItems" => write(&db.transact_write_items(read(body)?)?),
        "TransactGetItems" => write(&db.transact_get_items(read(body)?)?),
        other => Err(DynoxideError::ValidationException(format!(
            "the embedded engine is not asked for {other}"
        ))),
    }
}

/// The engine's deserialisers say a validation error by a prefix of the message.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        match text.split_once("VALIDATION:") {
            Some((_, message)) => DynoxideError::ValidationException(message.to_owned()),
            None => DynoxideError::SerializationException(text),
        }
    })
}

fn write<T: Serialize>(answer: &T) -> Result<String, DynoxideError> {
    serde_json::to_string(answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
