//! `docs/providers.md`: its table is written from the rows. `SLUICE_WRITE=1 cargo test -p
//! sluice-providers --test guide` writes it anew.

use std::fmt::Write as _;

use sluice_providers::{Auth, Provider, Quirk, Reach, providers};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/providers.md");
const BEGIN: &str = "<!-- rows -->\n";
const END: &str = "<!-- end of rows -->\n";

fn code(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn line(row: &Provider) -> String {
    let names: Vec<&str> = std::iter::once(row.name).chain(row.aliases.iter().copied()).collect();
    let address = match (row.base_url, row.reach) {
        (Some(base), _) => format!("<{base}>"),
        (None, Reach::Bedrock | Reach::SageMaker) => "AWS's".to_owned(),
        (None, Reach::Demo) => "none".to_owned(),
        (None, _) if row.auth == Auth::Google => "Google's, by location".to_owned(),
        (None, _) => "`api_base` is required".to_owned(),
    };
    let key = match (row.key_variables, row.auth) {
        ([], Auth::Aws) => "AWS credentials".to_owned(),
        ([], Auth::Google) => "`vertex_credentials`".to_owned(),
        ([], _) => "none".to_owned(),
        (names, _) if row.has(Quirk::Keyless) => format!("{}, or none", code(names)),
        (names, _) => code(names),
    };
    let refuses = code(&row.unsupported().collect::<Vec<_>>());
    format!("| {} | {address} | {key} | {} | {refuses} |\n", code(&names), code(row.base_variables))
}

#[test]
fn the_guide_is_generated_from_the_table() {
    let mut table =
        "| provider | address | key | address from | refuses |\n|---|---|---|---|---|\n".to_owned();
    for row in providers() {
        write!(table, "{}", line(row)).unwrap();
    }
    let text = std::fs::read_to_string(GUIDE).unwrap();
    let (head, rest) = text.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let expected = format!("{head}{BEGIN}\n{table}\n{END}{tail}");
    if option_env!("SLUICE_WRITE").is_some() {
        std::fs::write(GUIDE, &expected).unwrap();
        return;
    }
    assert!(text == expected, "docs/providers.md is not what the table says: write it anew");
}
