//! A batch of rows as it is sent.
//!
//! The SDK wants every attribute of every row in a map of its own and writes them out from there. For
//! rows that is most of what a call costs on a busy server, so they are written here, and take the place
//! of the body that the SDK has made of an empty request. It signs what is sent, and it sends it again.

use std::sync::Arc;

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use crate::{
    StoreError, UsageRow, nested,
    usage::item::{DOCUMENT, Field, row_fields},
};

/// Bytes that most rows fit into.
const ROW: usize = 2048;

/// The body of a BatchWriteItem. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Written(Bytes);

// === impl Written ===

impl Written {
    /// Writes rows for a table, marked as those of a slice's flush.
    pub(super) fn new(
        table: &str,
        rows: &[Arc<UsageRow>],
        slice: &str,
        flush: i64,
    ) -> Result<Self, StoreError> {
        let mut out = Vec::with_capacity(rows.len() * ROW);
        let mut between: &[u8] = b"";
        out.extend_from_slice(b"{\"RequestItems\":{");
        text(&mut out, table)?;
        out.extend_from_slice(b":[");
        for row in rows {
            out.extend_from_slice(between);
            between = b",";
            out.extend_from_slice(b"{\"PutRequest\":{\"Item\":{");
            attribute(&mut out, "fn", &Field::Number(flush))?;
            out.extend_from_slice(b",\"sl\":{\"S\":");
            text(&mut out, slice)?;
            out.push(b'}');
            for (name, field) in row_fields(row) {
                out.push(b',');
                attribute(&mut out, name, &field)?;
            }
            out.push(b',');
            text(&mut out, DOCUMENT)?;
            out.extend_from_slice(b":{\"S\":\"");
            nested::write(&mut out, &**row).map_err(|error| unwritten(&error))?;
            out.extend_from_slice(b"\"}}}}");
        }
        out.extend_from_slice(b"]}}");
        Ok(Self(Bytes::from(out)))
    }

    /// Puts it into a request.
    pub(super) fn put_into(&self, request: &mut HttpRequest) {
        request.headers_mut().insert("content-length", self.0.len().to_string());
        *request.body_mut() = SdkBody::from(self.0.clone());
    }
}

/// Writes a name and a value in DynamoDB's JSON
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>).
fn attribute(out: &mut Vec<u8>, name: &str, field: &Field) -> Result<(), StoreError> {
    text(out, name)?;
    match field {
        Field::Text(value) => {
            out.extend_from_slice(b":{\"S\":");
            text(out, value)?;
        }
        Field::Number(number) => {
            out.extend_from_slice(b":{\"N\":");
            text(out, &number.to_string())?;
        }
    }
    out.push(b'}');
    Ok(())
}

fn text(out: &mut Vec<u8>, text: &str) -> Result<(), StoreError> {
    serde_json::to_writer(out, text).map_err(|error| unwritten(&error))
}

fn unwritten(error: &serde_json::Error) -> StoreError {
    StoreError::corrupt("BatchWriteItem", error.to_string())
}
