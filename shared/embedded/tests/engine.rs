//! An unmodified SDK client against the engine.

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
        ReturnValuesOnConditionCheckFailure, ScalarAttributeType,
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
async fn what_the_engine_is_not_asked_for_is_refused() {
    let client = Engine::memory().unwrap().client();
    let error = client.describe_limits().send().await.unwrap_err().into_service_error();
    assert!(format!("{error:?}").contains("DescribeLimits"), "{error:?}");
}
