//! The page.

use std::fmt::Write as _;

use sluice_wire::{Dialect, Target};

use crate::{
    probe::{Kind, Probes},
    verdict::{self, Verdict},
};

const HEAD: &str = "\
# What is lost between dialects

Written by `shared/wire/tests/losses`, which asks the encoders about one feature at a time; a test fails
when this page says something else than they do. Do not edit it.

Where caller and provider speak the same dialect, bytes pass as they are and nothing is lost. Otherwise:

- **refused**: leaving it out would change what was asked for. The call is answered `400` with the names of the
  fields, unless `drop_params` is on; then they are left out and named in `x-sluice-dropped`.
- **named**: it is left out, or said less exactly, without changing what was asked for, and named in
  `x-sluice-dropped`.
- **impossible**: the provider has no form for the content at all, and the call is answered `400`.

- **fetched**: the provider takes no addresses; the gateway fetches the content and sends its bytes.

Names are of the caller's request in OpenAI's words where there are any.
";

/// The whole page.
pub(crate) fn text() -> String {
    let mut out = HEAD.to_owned();
    let pairs = || {
        Dialect::ALL.iter().flat_map(|from| {
            Dialect::ALL.iter().filter(move |to| *to != from).map(move |to| (*from, *to))
        })
    };
    out.push_str("\n## Requests\n");
    for (from, to) in pairs() {
        requests(from, to, &mut out);
    }
    out.push_str(
        "\n## Answers\n\nWhat is not listed arrives. What an answer in one piece loses is named in \
         `x-sluice-dropped`, with `answer.` before it; the headers of a streamed answer are gone by \
         then, and its log line names it.\n",
    );
    for (from, to) in pairs() {
        answers(from, to, &mut out);
    }
    out
}

fn requests(from: Dialect, to: Dialect, out: &mut String) {
    let probes = Probes::of(from, Kind::Request);
    let targets = verdict::targets(to);
    heading(from, to, out);
    if let Some(lender) = probes.borrowed() {
        let _ = writeln!(out, "Asked with the features of `{}`.\n", lender.name());
    }
    let mut rows = String::new();
    let mut carried = Vec::new();
    for feature in probes.features() {
        let verdicts: Vec<_> =
            targets.iter().map(|target| verdict::request(&probes, feature, to, target)).collect();
        if verdicts.iter().all(|verdict| *verdict == Verdict::Carried) {
            carried.push(feature);
            continue;
        }
        let _ = writeln!(rows, "| {feature} | {} |", grouped(targets, &verdicts));
    }
    if !rows.is_empty() {
        let names: Vec<_> = targets.iter().map(|target| format!("`{}`", target.model)).collect();
        let _ = writeln!(
            out,
            "Asked of {}.\n\n| feature | what becomes of it |\n|---|---|",
            names.join(", ")
        );
        out.push_str(&rows);
        out.push('\n');
    }
    let _ = writeln!(out, "Carried: {}.", carried.join("; "));
}

fn answers(from: Dialect, to: Dialect, out: &mut String) {
    let probes = Probes::of(from, Kind::Answer);
    if probes.borrowed().is_some() {
        return;
    }
    heading(from, to, out);
    let (mut rows, mut carried, mut streamed) = (String::new(), Vec::new(), Vec::new());
    for feature in probes.features() {
        match verdict::answer(&probes, feature, to) {
            Verdict::Carried => {
                carried.push(feature);
                if verdict::streamed(&probes, feature, to) != Verdict::Carried {
                    streamed.push(feature);
                }
            }
            lost => {
                let _ = writeln!(rows, "| {feature} | {} |", cell(&lost));
            }
        }
    }
    if !rows.is_empty() {
        let _ = writeln!(out, "| feature | what becomes of it |\n|---|---|\n{rows}");
    }
    let _ = writeln!(out, "Carried: {}.", carried.join("; "));
    if !streamed.is_empty() {
        let _ = writeln!(out, "\nNot where it is streamed: {}.", streamed.join("; "));
    }
}

fn heading(from: Dialect, to: Dialect, out: &mut String) {
    let _ = writeln!(out, "\n### `{}` to `{}`\n", from.name(), to.name());
}

/// One verdict where all models agree, else each with its models.
fn grouped(targets: &[Target<'_>], verdicts: &[Verdict]) -> String {
    let mut groups: Vec<(&Verdict, Vec<String>)> = Vec::new();
    for (target, verdict) in targets.iter().zip(verdicts) {
        let name = format!("`{}`", target.model);
        match groups.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, names)) => names.push(name),
            None => groups.push((verdict, vec![name])),
        }
    }
    if let [(verdict, _)] = groups.as_slice() {
        return cell(verdict);
    }
    let said = |(verdict, names): &(&Verdict, Vec<String>)| {
        format!("{}: {}", names.join(", "), cell(verdict))
    };
    groups.iter().map(said).collect::<Vec<_>>().join("<br>")
}

fn cell(verdict: &Verdict) -> String {
    let list = |what: &str, fields: &[String]| {
        let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
        (!fields.is_empty()).then(|| format!("{what} {}", fields.join(", ")))
    };
    match verdict {
        Verdict::Carried => "carried".to_owned(),
        Verdict::Fetched => "fetched".to_owned(),
        Verdict::Lost { refused, named } => {
            let parts = [list("**refused**", refused), list("named", named)];
            parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        Verdict::Impossible(message) => format!("**impossible**: {}", message.replace('|', "\\|")),
        Verdict::Silent(_) => "**LOST**".to_owned(),
    }
}
