//! Providers on loopback that speak the exact wire, for tests and benchmarks.
//!
//! A gateway is tested against the provider it will meet, or it is not tested. These servers answer
//! as OpenAI, Anthropic, Google, Bedrock Runtime, Agents for Amazon Bedrock, SageMaker Runtime, Secrets Manager, STS and the management
//! API of a LiteLLM proxy do: same routes,
//! headers, events, framing, error bodies and refusals. In particular they *check what they are
//! sent*: an unknown field, a conversation that does not alternate, a tool result without its call,
//! a thought with the wrong signature or a request with a bad AWS signature is refused with the
//! provider's own error, so that a wrong encoding cannot pass for a right one.
//!
//! They are not models. What they answer is written in the request, at the head of the last user
//! message that has text: any number of modifiers, then what to say. A model (or endpoint) named
//! `fake-...` gives the same orders with hyphens (`fake-error-429`), and has the last word.
//!
//! | order | effect |
//! |---|---|
//! | *(none)* | a tool call where tools are offered; after a tool result, `The tool said: <result>`; an object that fits the schema where one is given; else `You said: <prompt>`, and in brackets what was attached (`[image/png of 68 bytes]`) |
//! | `say <text>` | exactly this text, even if tools are offered (not if one is forced) |
//! | `long <n>` | `word0 word1 ...`, one event a word |
//! | `json` | an object that fits the schema |
//! | `refuse` | the provider's way of declining |
//! | `call <tool> <json>` | this tool call |
//! | `error <status>` | the provider's error of that status (SageMaker: the container's, inside its 424) |
//! | `error context` | the provider's error for a prompt that is too long |
//! | `think` | thoughts first (also: whenever the request asks for them) |
//! | `two tools` | two tool calls at once, unless parallel calls are switched off |
//! | `usage cached` | 1,024 tokens read from and 512 written to the prompt cache |
//! | `usage <in> <out>` | these numbers of tokens (never more output than the request's cap) |
//! | `slow [ms]` | a pause of 50 (or so many) milliseconds before every event |
//! | `die` | the connection breaks in the middle |
//! | `cut` | the stream ends in the middle, cleanly, without its terminal event |
//! | `stall` | the stream goes silent in the middle and stays open |
//! | `late error` | the provider's error event in the middle of the stream |
//! | `hang` | no answer; the connection stays open |
//! | `hang up` | the connection closes without an answer |
//!
//! Tokens are a quarter of the characters, rounded up; output stops at the cap (`length`). Keys that
//! contain `wrong` are refused; AWS requests are signed with [`ACCESS_KEY_ID`] and
//! [`SECRET_ACCESS_KEY`], or carry a bearer token. Ids, texts and times repeat from run to run save
//! for the port. `GET /_seen` shows what was received (`?containing=<text>`: of
//! bodies with this text), `DELETE /_seen` forgets it.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let fakes = sluice_fakes::Fakes::start().await?;
//! assert!(fakes.openai_url.starts_with("http://127.0.0.1:"));
//! assert_eq!(fakes.openai.count(), 0);
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod answer;
mod anthropic;
mod ask;
mod aws;
mod awsjson;
mod bedrock;
mod bedrock_agent;
mod chunks;
mod containers;
mod delivery;
mod form;
mod frame;
mod gemini;
mod http;
mod ids;
mod kms;
mod litellm;
mod openai;
mod reject;
mod sagemaker;
mod sample;
mod script;
mod secretsmanager;
mod seen;
mod shape;
mod sts;
mod vector;

use std::{io, net::SocketAddr};

use tokio::task::JoinSet;

pub use litellm::{LITELLM_CROWD, LITELLM_KEY};
pub use seen::{Outcome, Recorder, Seen};

use crate::{http::Kind, litellm::Managed, secretsmanager::Secrets};

/// The access key id that the AWS fakes know.
pub const ACCESS_KEY_ID: &str = "AKIDOFTHEFAKES000000";

/// The secret access key that goes with [`ACCESS_KEY_ID`].
pub const SECRET_ACCESS_KEY: &str = "secret/of+the/fakes+0000000000000000000";

/// One of each provider, each on its own port of 127.0.0.1, until this is dropped.
#[derive(Debug)]
pub struct Fakes {
    /// Origin of OpenAI's API; the route is `/v1/chat/completions`.
    pub openai_url: String,
    /// Origin of Anthropic's API; the route is `/v1/messages`.
    pub anthropic_url: String,
    /// Origin of Google's Gemini API and of Vertex AI.
    pub gemini_url: String,
    /// Endpoint of Bedrock Runtime.
    pub bedrock_url: String,
    /// Endpoint of Agents for Amazon Bedrock.
    pub bedrock_agent_url: String,
    /// Endpoint of SageMaker Runtime.
    pub sagemaker_url: String,
    /// Endpoint of Secrets Manager.
    pub secretsmanager_url: String,
    /// Endpoint of KMS.
    pub kms_url: String,
    /// Endpoint of STS.
    pub sts_url: String,
    /// Origin of a LiteLLM proxy, whose master key is [`LITELLM_KEY`].
    pub litellm_url: String,
    /// What OpenAI received.
    pub openai: Recorder,
    /// What Anthropic received.
    pub anthropic: Recorder,
    /// What Google received.
    pub gemini: Recorder,
    /// What Bedrock Runtime received.
    pub bedrock: Recorder,
    /// What Agents for Amazon Bedrock received.
    pub bedrock_agent: Recorder,
    /// What SageMaker Runtime received.
    pub sagemaker: Recorder,
    /// What Secrets Manager received.
    pub secretsmanager: Recorder,
    /// What KMS received.
    pub kms: Recorder,
    /// What STS received.
    pub sts: Recorder,
    /// What the LiteLLM proxy received.
    pub litellm: Recorder,
    secrets: Secrets,
    managed: Managed,
    /// Dropping the set ends the listeners and their connections.
    _tasks: JoinSet<()>,
}

// === impl Fakes ===

impl Fakes {
    /// Starts them all.
    ///
    /// # Errors
    /// When no port of the loopback can be had.
    pub async fn start() -> io::Result<Self> {
        let secrets = Secrets::default();
        let managed = Managed::new();
        let mut tasks = JoinSet::new();
        let mut open =
            async |kind| http::open(kind, secrets.clone(), managed.clone(), &mut tasks).await;
        let (openai_at, openai) = open(Kind::OpenAi).await?;
        let (anthropic_at, anthropic) = open(Kind::Anthropic).await?;
        let (gemini_at, gemini) = open(Kind::Gemini).await?;
        let (bedrock_at, bedrock) = open(Kind::Bedrock).await?;
        let (bedrock_agent_at, bedrock_agent) = open(Kind::BedrockAgent).await?;
        let (sagemaker_at, sagemaker) = open(Kind::SageMaker).await?;
        let (secretsmanager_at, secretsmanager) = open(Kind::SecretsManager).await?;
        let (kms_at, kms) = open(Kind::Kms).await?;
        let (sts_at, sts) = open(Kind::Sts).await?;
        let (litellm_at, litellm) = open(Kind::LiteLlm).await?;
        let url = |address: SocketAddr| format!("http://{address}");
        Ok(Self {
            openai_url: url(openai_at),
            anthropic_url: url(anthropic_at),
            gemini_url: url(gemini_at),
            bedrock_url: url(bedrock_at),
            bedrock_agent_url: url(bedrock_agent_at),
            sagemaker_url: url(sagemaker_at),
            secretsmanager_url: url(secretsmanager_at),
            kms_url: url(kms_at),
            sts_url: url(sts_at),
            litellm_url: url(litellm_at),
            openai,
            anthropic,
            gemini,
            bedrock,
            bedrock_agent,
            sagemaker,
            secretsmanager,
            kms,
            sts,
            litellm,
            secrets,
            managed,
            _tasks: tasks,
        })
    }

    /// Sets a field of what the LiteLLM proxy manages: of the row of a list (`keys`, `teams` ...) that has
    /// this value by this name.
    pub fn set_litellm(
        &self,
        list: &str,
        row: (&str, &str),
        field: &str,
        value: serde_json::Value,
    ) {
        self.managed.set(list, row, field, value);
    }

    /// The value of a secret with a staging label.
    #[must_use]
    pub fn secret(&self, name: &str, stage: &str) -> Option<String> {
        self.secrets.value(name, stage)
    }

    /// Stores a secret, or rotates it.
    pub fn put_secret(&self, name: &str, value: &str) {
        self.secrets.put(name, value);
    }
}
