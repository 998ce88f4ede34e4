//! "Did you mean".

/// The nearest of some names, when it is near enough to be what was meant.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let reach = (name.chars().count() / 3).clamp(1, 4);
    names
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= reach && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edit distance: insertions, deletions, replacements and swaps of neighbours
/// (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, l) in left.chars().enumerate() {
        let mut current = vec![row.saturating_add(1)];
        for (column, r) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX);
            let replaced = at(&last, column).saturating_add(usize::from(l != *r));
            let removed = at(&last, column.saturating_add(1)).saturating_add(1);
            let added = at(&current, column).saturating_add(1);
            let mut best = replaced.min(removed).min(added);
            let swapped = column
                .checked_sub(1)
                .filter(|left_of| previous == Some(*r) && right.get(*left_of) == Some(&l));
            if let Some(left_of) = swapped {
                best = best.min(at(&before, left_of).saturating_add(1));
            }
            current.push(best);
        }
        before = std::mem::replace(&mut last, current);
        previous = Some(l);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_slips_of_the_pen() {
        for (left, right, slips) in [
            ("rpm", "rpm", 0),
            ("rpmm", "rpm", 1),
            ("rmp", "rpm", 1),
            ("", "rpm", 3),
            ("rpm", "", 3),
            ("api_bsae", "api_base", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left, right), slips, "{left} {right}");
        }
    }

    #[test]
    fn suggests_only_what_is_near() {
        let names = ["api_key", "api_base", "rpm", "tpm"];
        assert_eq!(nearest("api-key", names.into_iter()), Some("api_key"));
        assert_eq!(nearest("rpmm", names.into_iter()), Some("rpm"));
        assert_eq!(nearest("colour", names.into_iter()), None);
    }
}
