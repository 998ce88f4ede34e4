//! The embedded engine behind loopback HTTP, for tests and benchmarks of what must reach it over
//! a wire. Prints its URL and runs until standard input is closed.

use std::io::{Read as _, Write as _};

use sluice_embedded::Engine;
use tokio::{net::TcpListener, sync::oneshot};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
        let (closed, stop) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            // Whatever ends the input ends the server.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = closed.send(());
        });
        let stop = async {
            let _ = stop.await;
        };
        Engine::memory()?.serve(listener, stop).await?;
        Ok(())
    })
}
