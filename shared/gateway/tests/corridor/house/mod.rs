//! A gateway to test, and what callers need to talk to it.

mod answer;
mod caller;
mod eventstream;
mod hook;
mod issuer;
mod reading;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use axum::{Router, body::Body};
use http::{Method, Request, header};
use serde_json::{Value, json};
use sluice_embedded::{Engine, Faulty, client_over};
use sluice_fakes::{ACCESS_KEY_ID, Fakes, SECRET_ACCESS_KEY};
use sluice_gateway::{
    App, AppParts, Departure, KEY_BYTES, KeyPlace, Randomness, config::Config, telemetry::Telemetry,
};
use sluice_providers::{Redacted, Transport, TransportOptions};
use sluice_store::{LedgerMode, ManualClock, Millis, NanoUsd, Span, Store, Subject, TableNames};
use tower::ServiceExt as _;

pub(crate) use answer::Answer;
pub(crate) use caller::Caller;
pub(crate) use eventstream::Message;
pub(crate) use hook::Hook;
pub(crate) use issuer::{AUDIENCE, Issuer};
pub(crate) use reading::Reading;

/// The master key, unless another one is asked for.
pub(crate) const MASTER: &str = "sk-master-of-the-house";
/// A Wednesday.
pub(crate) const START: &str = "2026-11-25T09:30:00Z";

/// What a token costs in [`PROVIDERS`], in nano-dollars.
pub(crate) const INPUT: i64 = 2_000;
/// What a token of the answer costs.
pub(crate) const OUTPUT: i64 = 8_000;
/// What a token from the prompt cache costs.
pub(crate) const CACHE_READ: i64 = 500;
/// What a token into the prompt cache costs.
pub(crate) const CACHE_WRITE: i64 = 2_500;

/// The groups of [`providers`].
pub(crate) const PROVIDERS: [&str; 6] =
    ["openai", "anthropic", "bedrock", "sagemaker", "gemini", "demo"];

/// A running gateway.
pub(crate) struct House {
    pub(crate) app: Arc<App>,
    pub(crate) fakes: Arc<Fakes>,
    pub(crate) clock: Arc<ManualClock>,
    /// Between the gateway and its store.
    pub(crate) faults: Faulty,
    store: Store,
    router: Router,
    config: Config,
}

/// A gateway to be.
pub(crate) struct Plan {
    models: Models,
    settings: Box<dyn Fn(&Fakes) -> String>,
    departure: Departure,
    ledger: LedgerMode,
    variables: BTreeMap<String, String>,
}

enum Models {
    Providers,
    Written(Box<dyn Fn(&Fakes) -> String>),
}

/// Chance that falls the same way every time.
struct Dice(Mutex<fastrand::Rng>);

// === impl Plan ===

impl Plan {
    /// Other deployments than one of each provider.
    pub(crate) fn models(mut self, models: impl Fn(&Fakes) -> String + 'static) -> Self {
        self.models = Models::Written(Box::new(models));
        self
    }

    /// Sections beside `model_list`.
    pub(crate) fn settings(self, settings: &str) -> Self {
        let settings = settings.to_owned();
        self.settings_of(move |_| settings.clone())
    }

    /// The same, where they say where a fake is.
    pub(crate) fn settings_of(mut self, settings: impl Fn(&Fakes) -> String + 'static) -> Self {
        self.settings = Box::new(settings);
        self
    }

    /// Variables of the environment.
    pub(crate) fn variables(mut self, variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.variables = variables.iter().map(owned).collect();
        self
    }

    /// What becomes of a call whose caller leaves.
    pub(crate) fn departure(mut self, departure: Departure) -> Self {
        self.departure = departure;
        self
    }

    /// How the books are kept.
    pub(crate) fn ledger(mut self, mode: LedgerMode) -> Self {
        self.ledger = mode;
        self
    }

    /// Opens the house.
    pub(crate) async fn open(self) -> House {
        let fakes = Arc::new(Fakes::start().await.unwrap());
        let list = match &self.models {
            Models::Providers => {
                PROVIDERS.map(|name| deployment(&fakes, name, name, PRICED)).concat()
            }
            Models::Written(written) => written(&fakes),
        };
        let settings = (self.settings)(&fakes);
        let text = format!("model_list:\n{list}\n{settings}\n");
        let checked = Config::parse(&text, "config.yaml", &self.variables);
        let config = match checked.config {
            Some(config) => config,
            None => std::panic::panic_any(format!("{:?}\n{text}", checked.findings)),
        };
        let clock = Arc::new(ManualClock::at(Millis::parse(START).unwrap()));
        let faults = Faulty::new(Engine::memory().unwrap().connector());
        let tables = TableNames::from_prefix("house");
        let store = Store::builder(client_over(faults.clone()), tables, clock.clone());
        let store = store.ledger_mode(self.ledger).build();
        store.create_tables().await.unwrap();
        // Boxed: every test holds it.
        Box::pin(House::start(config, self.departure, MASTER, fakes, clock, faults, store)).await
    }
}

// === impl House ===

impl House {
    /// One deployment of each provider, all at the same price; callers who leave cancel.
    pub(crate) fn plan() -> Plan {
        Plan {
            models: Models::Providers,
            settings: Box::new(|_| String::new()),
            departure: Departure::Cancel,
            ledger: LedgerMode::Strict,
            variables: BTreeMap::new(),
        }
    }

    /// [`House::plan`], opened.
    pub(crate) async fn open() -> Self {
        Self::plan().open().await
    }

    async fn start(
        config: Config,
        departure: Departure,
        master: &str,
        fakes: Arc<Fakes>,
        clock: Arc<ManualClock>,
        faults: Faulty,
        store: Store,
    ) -> Self {
        // What the process itself signs goes to Agents for Bedrock.
        let own = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "house");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(own))
            .endpoint_url(&fakes.bedrock_agent_url)
            .build();
        let options = TransportOptions {
            sdk: Some(sdk),
            demo_pace: std::time::Duration::ZERO,
            ..TransportOptions::default()
        };
        let app = Box::pin(App::start(AppParts {
            config: config.clone(),
            store: store.clone(),
            transport: Transport::new(options).unwrap(),
            clock: clock.clone(),
            random: Arc::new(Dice(Mutex::new(fastrand::Rng::with_seed(7)))),
            telemetry: Telemetry::off(),
            departure,
            master_key: master.to_owned(),
            secrets_key: KeyPlace::Here(Redacted::new([7; KEY_BYTES])),
        }))
        .await
        .unwrap();
        let router = sluice_gateway::http::all(Arc::clone(&app));
        Self { app, fakes, clock, faults, store, router, config }
    }

    /// Another process over the same store, with another master key and only the demo model.
    pub(crate) async fn beside(&self, master: &str) -> Self {
        let (fakes, clock) = (Arc::clone(&self.fakes), Arc::clone(&self.clock));
        let (faults, store) = (self.faults.clone(), self.store.clone());
        let config = Config::demo();
        Box::pin(Self::start(config, Departure::Cancel, master, fakes, clock, faults, store)).await
    }

    /// What somebody has spent, in nano-dollars, and nothing is reserved.
    pub(crate) async fn settled(&self, subject: Subject) -> i64 {
        self.app.orphans().drained().await;
        let asked = [(subject, Span::Always)];
        let balances = self.store.ledger().balances(&asked).await.unwrap();
        assert_eq!(balances[0].reserved, NanoUsd::ZERO, "something is still reserved");
        balances[0].spent.nanos()
    }

    /// Another process of the same gateway.
    pub(crate) async fn twin(&self) -> Self {
        let (fakes, clock) = (Arc::clone(&self.fakes), Arc::clone(&self.clock));
        let (faults, store) = (self.faults.clone(), self.store.clone());
        let config = self.config.clone();
        Box::pin(Self::start(config, Departure::Cancel, MASTER, fakes, clock, faults, store)).await
    }

    /// Sends a request and reads the answer whole.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.begin(request).await).await
    }

    /// Sends a request; the body of the answer is not read yet.
    pub(crate) async fn begin(&self, request: Request<Body>) -> http::Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Time passes in which the gateway writes down what it holds, as its ledger does every second.
    pub(crate) async fn pass(&self, by: std::time::Duration) {
        self.app.store().ledger().flush().await.unwrap();
        self.clock.advance(by);
    }

    /// `POST` of JSON.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(post(path, key, body.to_string())).await
    }

    /// JSON by the master key, by whatever method.
    pub(crate) async fn master(&self, method: Method, path: &str, body: &Value) -> Answer {
        let mut request = post(path, MASTER, body.to_string());
        *request.method_mut() = method;
        self.send(request).await
    }

    /// The ids that `/v1/models` lists, by a query.
    pub(crate) async fn listed(&self, key: &str, query: &str) -> Vec<String> {
        let models = self.get(&format!("/v1/models{query}"), key).await.json();
        let rows = models["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// `POST` of JSON by the master key, which must succeed: the answer.
    pub(crate) async fn done(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, MASTER, body).await;
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
        answer.json()
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &str, key: &str) -> Answer {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Makes a key.
    pub(crate) async fn key(&self, fields: &Value) -> String {
        let answer = self.post("/key/generate", MASTER, fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["key"].as_str().unwrap().to_owned()
    }

    /// `/key/info` of a key.
    pub(crate) async fn info(&self, key: &str) -> Value {
        let answer = self.get(&format!("/key/info?key={key}"), MASTER).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["info"].clone()
    }

    /// What the audit log tells of a call, among its newest rows.
    pub(crate) async fn audited(&self, answer: &Answer) -> Vec<Value> {
        let log = self.get("/audit?page_size=100", MASTER).await.json();
        let mut rows = log["audit_logs"].as_array().unwrap().clone();
        rows.retain(|row| row["call_id"] == answer.header("x-litellm-call-id"));
        rows
    }

    /// What a key has spent, and what is reserved, in nano-dollars.
    pub(crate) async fn account(&self, key: &str) -> (i64, i64) {
        let info = self.info(key).await;
        (nanos(&info["spend"]), nanos(&info["reserved_spend"]))
    }

    /// Usage rows of a key, newest first.
    pub(crate) async fn rows(&self, key: &str) -> Vec<Value> {
        let answer = self.get(&format!("/spend/logs?api_key={key}"), MASTER).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json().as_array().unwrap().clone()
    }

    /// The only usage row of a key.
    pub(crate) async fn row(&self, key: &str) -> Value {
        let mut rows = self.rows(key).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// Nothing is reserved, and the rows sum to the account: returns what it says.
    pub(crate) async fn balanced(&self, key: &str) -> i64 {
        self.app.orphans().drained().await;
        let (spent, reserved) = self.account(key).await;
        assert_eq!(reserved, 0, "something is still reserved");
        let rows = self.rows(key).await;
        let sum: i64 = rows.iter().map(|row| row["spend_nanos"].as_i64().unwrap()).sum();
        assert_eq!(sum, spent, "rows do not sum to the account: {rows:?}");
        spent
    }
}

/// Calls until a call is refused: the refusal.
pub(crate) async fn refused_at_last(mut call: impl AsyncFnMut() -> Answer) -> Answer {
    for _ in 0..100 {
        let answer = call().await;
        if answer.status != 200 {
            return answer;
        }
    }
    std::panic::panic_any("nothing was refused")
}

/// `POST` of anything that says it is JSON.
pub(crate) fn post(path: &str, key: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

/// Dollars as JSON writes them, in nano-dollars.
pub(crate) fn nanos(dollars: &Value) -> i64 {
    NanoUsd::from_json(dollars.as_number().unwrap()).unwrap().nanos()
}

/// Dollars as a header writes them, in nano-dollars.
pub(crate) fn decimal(text: &str) -> i64 {
    NanoUsd::from_decimal(text).unwrap().nanos()
}

/// The prices above.
pub(crate) const PRICED: &str = "
      input_cost_per_token: 0.000002
      output_cost_per_token: 0.000008
      cache_read_input_token_cost: 0.0000005
      cache_creation_input_token_cost: 0.0000025
    model_info:
      max_output_tokens: 1000";

/// An entry of `model_list`: a group, a provider, and more lines under `litellm_params`.
pub(crate) fn deployment(fakes: &Fakes, group: &str, provider: &str, more: &str) -> String {
    named(fakes, group, &format!("{provider}/model-of-{provider}"), more)
}

/// As [`deployment`], with a model of one's own.
pub(crate) fn named(fakes: &Fakes, group: &str, model: &str, more: &str) -> String {
    let aws = format!(
        "
      aws_region_name: us-east-1
      aws_access_key_id: {ACCESS_KEY_ID}
      aws_secret_access_key: {SECRET_ACCESS_KEY}"
    );
    let access = match model.split('/').next().unwrap() {
        "openai" => format!("\n      api_base: {}/v1\n      api_key: sk-fake", fakes.openai_url),
        "anthropic" => format!("\n      api_base: {}\n      api_key: sk-fake", fakes.anthropic_url),
        "gemini" => format!("\n      api_base: {}\n      api_key: sk-fake", fakes.gemini_url),
        "bedrock" => format!("{aws}\n      aws_bedrock_runtime_endpoint: {}", fakes.bedrock_url),
        "sagemaker" => format!("{aws}\n      sagemaker_base_url: {}", fakes.sagemaker_url),
        _ => String::new(),
    };
    format!(
        "
  - model_name: {group}
    litellm_params:
      model: {model}{access}{more}"
    )
}

/// A key's fields that say only how much it may spend.
pub(crate) fn budget(dollars: &str) -> Value {
    json!({ "max_budget": dollars })
}

// === impl Dice ===

impl Randomness for Dice {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), sluice_gateway::NoRandomness> {
        self.0.lock().unwrap().fill(bytes);
        Ok(())
    }
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dice")
    }
}
