//! What one dialect cannot take from another, found by asking the encoders: `docs/LOSSES.md` is
//! written from here, one probe a feature, and a difference fails. `UPDATE_GOLDEN=1` writes it
//! anew; read the difference.
//!
//! A probe is a base request (or answer) with one feature added. The feature counts as carried
//! where what is written differs from what is written for the base, every word of it that begins
//! with KEEP (and every count of 7654) is still there, and no loss is declared. What is neither
//! carried nor declared is a silent loss, and fails the test: the table cannot lie.
//!
//! Dialects come from [`Dialect::ALL`]. One that has no probes of its own is asked with those of
//! another, written in its own words.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that fails fails its test"
)]

mod probe;
mod table;
mod told;
mod verdict;

use std::{fs, path::Path};

use sluice_wire::Dialect;

use probe::{Kind, Probes};
use verdict::Verdict;

#[test]
fn the_table_of_losses_is_what_the_encoders_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/LOSSES.md");
    let text = table::text();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let first = known.lines().zip(text.lines()).find(|(was, is)| was != is);
    assert!(
        known == text,
        "docs/LOSSES.md says something else than the encoders do, first at {first:?}. Run \
         `UPDATE_GOLDEN=1 cargo test -p sluice-wire --test losses` and read the difference."
    );
}

#[test]
fn no_feature_of_a_request_is_dropped_in_silence() {
    let mut silent = Vec::new();
    for from in Dialect::ALL {
        let probes = Probes::of(*from, Kind::Request);
        for to in Dialect::ALL.iter().filter(|to| *to != from) {
            for target in verdict::targets(*to) {
                for feature in probes.features() {
                    let found = verdict::request(&probes, feature, *to, target);
                    if let Verdict::Silent(missing) = found {
                        let pair = format!("{} to {}", from.name(), to.name());
                        silent.push(format!("{pair} ({}): {feature} {missing:?}", target.model));
                    }
                }
            }
        }
    }
    assert!(silent.is_empty(), "dropped without a word:\n{}", silent.join("\n"));
}

#[test]
fn no_feature_of_an_answer_is_dropped_in_silence() {
    let mut silent = Vec::new();
    for (probes, feature, to) in answers() {
        if let Verdict::Silent(missing) = verdict::answer(&probes, &feature, to) {
            let pair = format!("{} to {}", probes.dialect.name(), to.name());
            silent.push(format!("{pair}: {feature} {missing:?}"));
        }
    }
    assert!(silent.is_empty(), "dropped without a word:\n{}", silent.join("\n"));
}

/// What a caller gets of an answer does not depend on whether it is streamed, save for what the table
/// says: it is read back from what was written, in one piece and in many.
#[test]
fn whole_and_streamed_answers_say_the_same() {
    let mut differ = Vec::new();
    for (probes, feature, to) in answers() {
        let body = probes.with(&feature);
        let whole = told::whole_again(probes.dialect, to, &body);
        let streamed = told::streamed_again(probes.dialect, to, &body);
        let known = verdict::answer(&probes, &feature, to) == Verdict::Carried
            && verdict::streamed(&probes, &feature, to) != Verdict::Carried;
        if whole != streamed && !known {
            let pair = format!("{} to {}", probes.dialect.name(), to.name());
            differ.push(format!(
                "{pair}: {feature}\n  whole:    {whole:?}\n  streamed: {streamed:?}"
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Every feature of every dialect's answers, for every caller of another.
fn answers() -> Vec<(Probes, String, Dialect)> {
    let mut all = Vec::new();
    for from in Dialect::ALL {
        if Probes::of(*from, Kind::Answer).borrowed().is_some() {
            continue;
        }
        for to in Dialect::ALL.iter().filter(|to| *to != from) {
            let probes = || Probes::of(*from, Kind::Answer);
            all.extend(probes().features().map(|feature| (probes(), feature.to_owned(), *to)));
        }
    }
    all
}
