//! Schemas, both ways. Google's `Schema` is a part of OpenAPI 3.0: types in capitals, `nullable`,
//! no references, and few of JSON Schema's words.

mod clean;
mod join;
mod plain;

pub(super) use clean::clean;
pub(super) use plain::plain;
