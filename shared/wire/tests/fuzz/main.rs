//! A short run of the fuzzer: the properties of `property.rs` over the fixtures and mutations of
//! them, the same ones each time. `FUZZ_ROUNDS=100000 cargo test -p sluice-wire --test fuzz` runs
//! longer; `fuzz/` runs the same properties under libFuzzer (docs/adr/0010).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a broken law stops its test"
)]

mod mutate;
mod property;
mod seed;

use std::{fs, panic, path::Path};

/// Mutations of a property's inputs in an ordinary run.
const ROUNDS: usize = 2_000;

fn run(name: &str) {
    let (_, property) = property::ALL.iter().find(|(known, _)| *known == name).unwrap();
    let seeds = seed::seeds(name);
    assert!(!seeds.is_empty(), "{name} has nothing to begin with");
    let rounds = std::env::var_os("FUZZ_ROUNDS")
        .and_then(|rounds| rounds.to_str()?.parse().ok())
        .unwrap_or(ROUNDS);
    let head = match name {
        "stream" => 2,
        "error" => 3,
        _ => 1,
    };
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..seeds.len() + rounds {
        let input = match seeds.get(round) {
            Some(seed) => seed.clone(),
            None => {
                let seed = random.choice(&seeds).unwrap();
                let other = random.choice(&seeds).unwrap();
                mutate::mutate(seed, other, head, &mut random)
            }
        };
        if let Err(cause) = panic::catch_unwind(|| property(&input)) {
            eprintln!("{name}, round {round}: {:?}", String::from_utf8_lossy(&input));
            panic::resume_unwind(cause);
        }
    }
}

macro_rules! runs {
    ($(fn $test:ident: $name:literal;)*) => {$(
        #[test]
        fn $test() {
            run($name);
        }
    )*};
}

runs! {
    fn any_request_is_refused_or_written: "request";
    fn any_answer_is_refused_or_written: "response";
    fn any_error_can_be_told: "error";
    fn any_stream_reads_the_same_wherever_it_is_cut: "stream";
    fn any_bytes_are_frames_wherever_they_are_cut: "sse";
    fn any_bytes_are_aws_frames_wherever_they_are_cut: "event_stream";
    fn any_object_is_spliced_in_its_place: "splice";
}

/// `cargo test -p sluice-wire --test fuzz -- --ignored`: writes the inputs for libFuzzer.
#[test]
#[ignore = "writes files for fuzz/"]
fn write_the_corpus() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, _) in property::ALL {
        let folder = fuzz.join(name);
        fs::create_dir_all(&folder).unwrap();
        for (at, seed) in seed::seeds(name).iter().enumerate() {
            fs::write(folder.join(format!("seed-{at:03}")), seed).unwrap();
        }
    }
}
