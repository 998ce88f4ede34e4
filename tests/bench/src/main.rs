//! Parts of the benchmark: a fast upstream, bare proxies to compare with, and a load generator.
//! `tests/bench/run` starts them, measures the processes from outside and prints the table.

mod load;
mod proxy;
mod report;
mod serve;
mod upstream;

use std::net::SocketAddr;

use clap::{Parser, Subcommand};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(about)]
struct Cli {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// An OpenAI upstream that answers at once. Prints its address.
    Upstream,
    /// A reverse proxy. Prints its address.
    Proxy {
        /// Where to forward to.
        #[arg(long)]
        upstream: SocketAddr,
        /// Parse the body, swap the model, and check the key's hash, as any gateway must.
        #[arg(long)]
        parse: bool,
    },
    /// Load on one address. Prints one JSON line.
    Load(load::Plan),
}

fn main() -> Result<(), Failure> {
    let cli = Cli::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match cli.part {
            Part::Upstream => serve::forever(upstream::answer).await,
            Part::Proxy { upstream, parse } => {
                let proxy = proxy::Proxy::new(upstream, parse);
                serve::forever(move |request| proxy.clone().forward(request)).await
            }
            Part::Load(plan) => load::run(plan).await,
        }
    })
}
