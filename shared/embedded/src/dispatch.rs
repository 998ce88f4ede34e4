//! One DynamoDB request, as JSON, to the engine and back.

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

use crate::batch;

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

/// Reads the request, calls the method, writes the answer.
macro_rules! operations {
    ($database:ident, $operation:ident, $body:ident, { $($name:literal => $method:ident,)+ }) => {
        match $operation {
            $($name => write(&$database.$method(read($body)?)?),)+
            other => Err(DynoxideError::ValidationException(format!(
                "the embedded engine has no operation {other}"
            ))),
        }
    };
}

fn run(db: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    if operation == "BatchWriteItem"
        && let Some(answer) = batch::at_once(db, body)
    {
        return Ok(answer);
    }
    operations!(db, operation, body, {
        "BatchExecuteStatement" => batch_execute_statement,
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "CreateTable" => create_table,
        "DeleteItem" => delete_item,
        "DeleteTable" => delete_table,
        "DescribeStream" => describe_stream,
        "DescribeTable" => describe_table,
        "DescribeTimeToLive" => describe_time_to_live,
        "ExecuteStatement" => execute_statement,
        "ExecuteTransaction" => execute_transaction,
        "GetItem" => get_item,
        "GetRecords" => get_records,
        "GetShardIterator" => get_shard_iterator,
        "ListStreams" => list_streams,
        "ListTables" => list_tables,
        "ListTagsOfResource" => list_tags_of_resource,
        "PutItem" => put_item,
        "Query" => query,
        "Scan" => scan,
        "TagResource" => tag_resource,
        "TransactGetItems" => transact_get_items,
        "TransactWriteItems" => transact_write_items,
        "UntagResource" => untag_resource,
        "UpdateItem" => update_item,
        "UpdateTable" => update_table,
        "UpdateTimeToLive" => update_time_to_live,
    })
}

/// The engine's deserialisers say which of DynamoDB's errors they mean by a prefix of the message,
/// and serde says where it stood; neither is for the client.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        match message.split_once(':') {
            Some((marker, message)) if marker.starts_with("VALIDATION") => {
                DynoxideError::ValidationException(message.to_owned())
            }
            Some((marker, message)) if marker.starts_with("SERIALIZATION") => {
                DynoxideError::SerializationException(message.to_owned())
            }
            _ if message.contains("missing field") || message.contains("unknown variant") => {
                DynoxideError::ValidationException(message.to_owned())
            }
            _ => DynoxideError::SerializationException(message.to_owned()),
        }
    })
}

fn write<T: Serialize>(answer: &T) -> Result<String, DynoxideError> {
    serde_json::to_string(answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
