//! An unmodified SDK client against the engine.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests, outside test functions"
)]

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, PutRequest,
        ReturnValuesOnConditionCheckFailure, ScalarAttributeType, Select, TimeToLiveSpecification,
        WriteRequest,
    },
};
use sluice_embedded::{Engine, Fault, Faulty, client_over, endpoint_client};
use tokio::{net::TcpListener, sync::oneshot};

async fn table(client: &Client) {
    let key = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    client
        .create_table()
        .table_name("t-core")
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .send()
        .await
        .unwrap();
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

async fn take(client: &Client, amount: i64) -> Result<(), Option<String>> {
    client
        .update_item()
        .table_name("t-core")
        .key("pk", text("a"))
        .key("sk", text("GUARD"))
        .update_expression("SET rem = rem - :e")
        .condition_expression("rem >= :e")
        .expression_attribute_values(":e", AttributeValue::N(amount.to_string()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .map(|_| ())
        .map_err(|error| match error.into_service_error() {
            aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed) => {
                failed.item().and_then(|item| item["rem"].as_n().ok().cloned())
            }
            other => panic!("{other:?}"),
        })
}

async fn put(client: &Client, rem: i64) {
    client
        .put_item()
        .table_name("t-core")
        .item("pk", text("a"))
        .item("sk", text("GUARD"))
        .item("rem", AttributeValue::N(rem.to_string()))
        .send()
        .await
        .unwrap();
}

async fn left(client: &Client) -> String {
    let item = client
        .get_item()
        .table_name("t-core")
        .key("pk", text("a"))
        .key("sk", text("GUARD"))
        .consistent_read(true)
        .send()
        .await
        .unwrap()
        .item
        .unwrap();
    item["rem"].as_n().unwrap().clone()
}

#[tokio::test]
async fn a_condition_holds_and_its_failure_tells_the_item() {
    let client = Engine::memory().unwrap().client();
    table(&client).await;
    put(&client, 10).await;
    take(&client, 7).await.unwrap();
    assert_eq!(take(&client, 7).await, Err(Some("3".to_owned())));
}

#[tokio::test]
async fn the_same_over_loopback_http() {
    let engine = Engine::memory().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = {
        let engine = engine.clone();
        #[expect(clippy::disallowed_methods, reason = "the server beside the test")]
        tokio::spawn(
            async move { engine.serve(listener, async { stopped.await.unwrap_or(()) }).await },
        )
    };
    let client = endpoint_client(&url);
    table(&client).await;
    put(&client, 10).await;
    take(&client, 7).await.unwrap();
    assert_eq!(take(&client, 7).await, Err(Some("3".to_owned())));
    // What came over the wire is there in process.
    assert_eq!(left(&engine.client()).await, "3");
    drop(client);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_file_keeps_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    {
        let client = Engine::open(&path).unwrap().client();
        table(&client).await;
        put(&client, 10).await;
        take(&client, 4).await.unwrap();
    }
    assert_eq!(left(&Engine::open(&path).unwrap().client()).await, "6");
}

#[tokio::test]
async fn scripted_faults_are_met_once_each_and_in_order() {
    let engine = Engine::memory().unwrap();
    table(&engine.client()).await;
    put(&engine.client(), 10).await;
    let faulty = Faulty::new(engine.connector());
    faulty.next("UpdateItem", Fault::Throttled);
    faulty.next("UpdateItem", Fault::LostBefore);
    let client = client_over(faulty.clone());
    // The SDK tries again by itself: two faults, then the write.
    take(&client, 7).await.unwrap();
    assert_eq!((faulty.left(), left(&engine.client()).await.as_str()), (0, "3"));
}

#[tokio::test]
async fn a_lost_answer_hides_a_write_that_was_done() {
    let engine = Engine::memory().unwrap();
    table(&engine.client()).await;
    put(&engine.client(), 10).await;
    let faulty = Faulty::new(engine.connector());
    faulty.next("UpdateItem", Fault::LostAfter);
    // The retry finds the first write's work: a bare subtraction is counted twice.
    take(&client_over(faulty), 3).await.unwrap();
    assert_eq!(left(&engine.client()).await, "4");
}

#[tokio::test]
async fn what_the_engine_does_not_have_is_refused() {
    let client = Engine::memory().unwrap().client();
    let error = client.describe_limits().send().await.unwrap_err().into_service_error();
    assert!(format!("{error:?}").contains("DescribeLimits"), "{error:?}");
}

#[tokio::test]
async fn a_malformed_request_is_a_validation_error() {
    let client = Engine::memory().unwrap().client();
    table(&client).await;
    let error = client
        .put_item()
        .table_name("t-core")
        .item("pk", text("a"))
        .item("sk", AttributeValue::N("no number".to_owned()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"), "{error:?}");
    assert!(!error.message().unwrap().contains("VALIDATION:"), "{error:?}");
}

fn writes(names: &[&str]) -> Vec<WriteRequest> {
    let put = |name: &&str| {
        let put = PutRequest::builder().item("pk", text(name)).item("sk", text("ROW"));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    names.iter().map(put).collect()
}

async fn rows(client: &Client) -> i32 {
    client.scan().table_name("t-core").select(Select::Count).send().await.unwrap().count()
}

#[tokio::test]
async fn a_batch_is_written_whole() {
    let client = Engine::memory().unwrap().client();
    table(&client).await;
    let names: Vec<String> = (0..25).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let written =
        client.batch_write_item().request_items("t-core", writes(&names)).send().await.unwrap();
    assert_eq!(written.unprocessed_items().map_or(0, |left| left.len()), 0);
    assert_eq!(rows(&client).await, 25);
}

#[tokio::test]
async fn a_wrong_batch_is_refused_as_a_batch() {
    let client = Engine::memory().unwrap().client();
    table(&client).await;
    let twice = client.batch_write_item().request_items("t-core", writes(&["a", "a"]));
    let error = twice.send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"), "{error:?}");
    assert_eq!(rows(&client).await, 0);
}

#[tokio::test]
async fn an_unprocessed_rest_comes_back() {
    let engine = Engine::memory().unwrap();
    table(&engine.client()).await;
    let faulty = Faulty::new(engine.connector());
    let client = client_over(faulty.clone());
    faulty.next("BatchWriteItem", Fault::Unprocessed);
    let batch = client.batch_write_item().request_items("t-core", writes(&["a", "b", "c"]));
    let left = batch.send().await.unwrap().unprocessed_items.unwrap();
    assert_eq!((left["t-core"].len(), rows(&client).await), (2, 1));
    client.batch_write_item().set_request_items(Some(left)).send().await.unwrap();
    assert_eq!((rows(&client).await, faulty.seen("BatchWriteItem")), (3, 2));
}

#[tokio::test]
async fn a_storm_passes() {
    let engine = Engine::memory().unwrap();
    table(&engine.client()).await;
    put(&engine.client(), 1000).await;
    let faulty = Faulty::new(engine.connector());
    let client = client_over(faulty.clone());
    faulty.storm(7, 20, &[Fault::Throttled, Fault::LostBefore, Fault::Internal]);
    for _ in 0..50 {
        // The SDK tries again; a few requests meet four faults in a row.
        let _ = client.list_tables().send().await;
    }
    assert!(faulty.met() > 0);
    faulty.clear();
    let (met, before) = (faulty.met(), left(&client).await.parse::<i64>().unwrap());
    take(&client, 1).await.unwrap();
    assert_eq!((faulty.met(), left(&client).await), (met, (before - 1).to_string()));
}

#[tokio::test]
async fn items_whose_time_is_over_go_when_they_are_swept() {
    let engine = Engine::memory().unwrap();
    let client = engine.client();
    table(&client).await;
    let ttl = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true);
    client
        .update_time_to_live()
        .table_name("t-core")
        .time_to_live_specification(ttl.build().unwrap())
        .send()
        .await
        .unwrap();
    for (name, until) in [("old", "1700000000"), ("new", "4000000000")] {
        client
            .put_item()
            .table_name("t-core")
            .item("pk", text(name))
            .item("sk", text("ROW"))
            .item("ttl", AttributeValue::N(until.to_owned()))
            .send()
            .await
            .unwrap();
    }
    engine.sweep_ttl().await;
    assert_eq!(rows(&client).await, 1);
}
