//! The tables: one definition for the laptop, the tests and, compared by a test, the template.

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
    },
};
use serde::Deserialize;

use crate::{StoreError, item::failed};

/// The definition, in the words of `CreateTable`.
const DEFINITION: &str = include_str!("../tables.json");

/// The names of the three tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNames {
    /// Keys, guards, unique names.
    pub core: String,
    /// Usage rows.
    pub usage: String,
    /// Whatever may be lost.
    pub cache: String,
}

#[derive(Deserialize)]
struct Definition {
    core: Table,
    usage: Table,
    cache: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Element>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    time_to_live: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Element {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    index_name: String,
    key_schema: Vec<Element>,
    projection: Projected,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Projected {
    projection_type: String,
}

// === impl TableNames ===

impl TableNames {
    /// `<prefix>-core`, `<prefix>-usage`, `<prefix>-cache`.
    pub fn from_prefix(prefix: &str) -> Self {
        Self {
            core: format!("{prefix}-core"),
            usage: format!("{prefix}-usage"),
            cache: format!("{prefix}-cache"),
        }
    }
}

/// Makes the tables that are missing. Without their streams: those belong to a deployment that has a
/// reader, and the template turns them on. (The embedded engine looks through all of a stream's records
/// for each new one: at 10,000 rows a write takes thirty times what it takes without.)
pub(crate) async fn create(client: &Client, names: &TableNames) -> Result<(), StoreError> {
    let definition: Definition = serde_json::from_str(DEFINITION)
        .map_err(|error| StoreError::corrupt("CreateTable", error.to_string()))?;
    one(client, &names.core, &definition.core).await?;
    one(client, &names.usage, &definition.usage).await?;
    one(client, &names.cache, &definition.cache).await
}

async fn one(client: &Client, name: &str, table: &Table) -> Result<(), StoreError> {
    let bad = |error: aws_sdk_dynamodb::error::BuildError| {
        StoreError::corrupt("CreateTable", error.to_string())
    };
    let mut call = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for attribute in &table.attribute_definitions {
        call = call.attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(&attribute.attribute_name)
                .attribute_type(ScalarAttributeType::from(attribute.attribute_type.as_str()))
                .build()
                .map_err(bad)?,
        );
    }
    for element in &table.key_schema {
        call = call.key_schema(element.build().map_err(bad)?);
    }
    for index in &table.global_secondary_indexes {
        let kind = ProjectionType::from(index.projection.projection_type.as_str());
        let mut built = GlobalSecondaryIndex::builder()
            .index_name(&index.index_name)
            .projection(Projection::builder().projection_type(kind).build());
        for element in &index.key_schema {
            built = built.key_schema(element.build().map_err(bad)?);
        }
        call = call.global_secondary_indexes(built.build().map_err(bad)?);
    }
    match call.send().await {
        Ok(_) => {}
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_resource_in_use_exception()) =>
        {
            return Ok(());
        }
        Err(error) => return Err(failed("CreateTable", error)),
    }
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(&table.time_to_live)
        .enabled(true)
        .build()
        .map_err(bad)?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl)
        .send()
        .await
        .map_err(|error| failed("UpdateTimeToLive", error))?;
    Ok(())
}

// === impl Element ===

impl Element {
    fn build(&self) -> Result<KeySchemaElement, aws_sdk_dynamodb::error::BuildError> {
        KeySchemaElement::builder()
            .attribute_name(&self.attribute_name)
            .key_type(KeyType::from(self.key_type.as_str()))
            .build()
    }
}
