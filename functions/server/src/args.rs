//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Sluice: a gateway to every model, in one process.
///
/// Without arguments: a gateway on 127.0.0.1:4000 with a demo model, its data under ./.sluice/.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with a configuration, without starting. Exit code 1 if anything is.
    Check {
        /// The configuration.
        config: PathBuf,
    },
    /// Print a token for a gateway that accepts AWS credentials, made of the ones at hand.
    ///
    /// Exit code 3 without AWS credentials, 1 where the token cannot be made otherwise.
    Token(Token),
    /// The audit log.
    Audit {
        #[command(subcommand)]
        task: AuditTask,
    },
    /// Carry over what another gateway manages.
    Import {
        #[command(subcommand)]
        from: ImportFrom,
    },
    /// The ledger: what was spent.
    Ledger {
        #[command(subcommand)]
        task: LedgerTask,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditTask {
    /// Find every row of the log that is missing, was edited, moved or put in.
    ///
    /// Exit code 1 if there is any, 3 where the log cannot be read.
    Verify(Verify),
}

/// A log to verify.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) tables: Tables,
    /// Heads of the chains that were noted before: they have to be in the log still. Without them,
    /// rows that were cut off together with their chain's head are not missed.
    #[arg(long, value_name = "FILE")]
    pub(crate) noted: Option<PathBuf>,
    /// Note the heads in this file, if the log is whole.
    #[arg(long, value_name = "FILE")]
    pub(crate) note: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerTask {
    /// Find every account of a key and every roll-up that is not what the usage rows add up to.
    ///
    /// Exit code 1 if there is any, 3 where the tables cannot be read.
    Verify(VerifyLedger),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFrom {
    /// A running LiteLLM proxy: its budgets, users, teams, members, customers, keys and models, through
    /// its API. Keys come by their hashes and go on working.
    ///
    /// Exit code 1 if a row could not be carried over, 3 where LiteLLM or the tables cannot be read.
    Litellm(ImportLitellm),
}

/// A LiteLLM proxy to import.
#[derive(Debug, Args)]
pub(crate) struct ImportLitellm {
    /// Its address: `https`, or `http` on this machine.
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// Its master key; the variable LITELLM_MASTER_KEY by default.
    #[arg(long, value_name = "KEY")]
    pub(crate) master_key: Option<String>,
    /// Write. Without it the import only tells what it would write.
    #[arg(long)]
    pub(crate) apply: bool,
    /// Print the report as JSON, every row of it.
    #[arg(long)]
    pub(crate) json: bool,
    /// The configuration that this gateway will serve with: budgets reset in its time zone, and models are
    /// checked against it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tables: Tables,
}

/// Accounts and roll-ups to verify.
#[derive(Debug, Args)]
pub(crate) struct VerifyLedger {
    #[command(flatten)]
    pub(crate) tables: Tables,
    /// Roll up anew what is not as the rows say. Accounts are left as they are.
    #[arg(long)]
    pub(crate) repair: bool,
}

/// Where the tables are.
#[derive(Debug, Args)]
pub(crate) struct Tables {
    /// Folder of the embedded store, the generated master key and the local certificate.
    #[arg(long, value_name = "DIR", default_value = ".sluice")]
    pub(crate) data_dir: PathBuf,
    /// Where the tables are: `embedded`, `aws` (DynamoDB by the usual AWS environment), or the URL
    /// of a DynamoDB-compatible endpoint.
    #[arg(long, default_value = "embedded")]
    pub(crate) store: StoreAt,
    /// Prefix of the tables' names.
    #[arg(long, default_value = "sluice")]
    pub(crate) table_prefix: String,
}

/// A token to make.
#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The gateway's id: `general_settings.aws_iam_auth.gateway_id` of its configuration.
    #[arg(long, value_name = "ID", value_parser = gateway)]
    pub(crate) gateway: String,
    /// The region whose STS vouches; that of the AWS environment by default.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Seconds that the token is good for.
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=900))]
    pub(crate) lifetime: u64,
    /// Print a JSON object with `token` and `expires_at`.
    #[arg(long)]
    pub(crate) json: bool,
    /// Another endpoint than AWS's, for tests.
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) sts_endpoint: Option<String>,
}

/// How to serve.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Configuration in LiteLLM's config.yaml form. Without it: one model, `demo`.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address or name to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// Port to listen on; 0 takes a free one and prints it.
    #[arg(long, default_value_t = 4000)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) tables: Tables,
    /// When money is written: `strict` before each answer ends, `batched` within a second, from
    /// allowances this process leases (for busy servers).
    #[arg(long, value_enum, default_value_t = Ledger::Strict)]
    pub(crate) ledger: Ledger,
    /// What becomes of the upstream call when a caller leaves in the middle of a stream.
    #[arg(long, value_enum, default_value_t = Departure::Cancel)]
    pub(crate) on_disconnect: Departure,
    /// One JSON line per call on standard output (CloudWatch's embedded metric format).
    #[arg(long, value_enum, default_value_t = Switch::Off)]
    pub(crate) call_lines: Switch,
    /// Serve HTTPS with a certificate made for this machine and kept in the data folder.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Serve HTTPS with this certificate chain (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Worker threads; as many as cores by default.
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<usize>,
}

/// Where the tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreAt {
    Embedded,
    Aws,
    Url(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ledger {
    Strict,
    Batched,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Departure {
    Drain,
    Cancel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

/// An id that a header can carry.
fn gateway(text: &str) -> Result<String, String> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("expected printable characters without spaces".to_owned()),
    }
}

// === impl StoreAt ===

impl std::str::FromStr for StoreAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "aws" => Ok(Self::Aws),
            url if url.starts_with("http://") || url.starts_with("https://") => {
                Ok(Self::Url(url.to_owned()))
            }
            _ => Err("expected `embedded`, `aws`, or an http(s) URL".to_owned()),
        }
    }
}
