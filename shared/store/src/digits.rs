//! Numbers in a fixed count of digits, without the formatter: a usage row has a dozen of them.

/// Digits of the largest number.
const MOST: usize = 20;

/// Appends a number, with zeros before it where it has fewer digits than `places`.
pub(crate) fn push(out: &mut String, number: u64, places: usize) {
    let mut digits = [b'0'; MOST];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        if rest == 0 {
            break;
        }
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        used += 1;
    }
    let from = MOST.saturating_sub(used.max(places));
    let written = digits.get(from..).unwrap_or_default();
    out.push_str(std::str::from_utf8(written).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_as_the_formatter_does() {
        for number in [0, 7, 10, 999, 1_000, 20_261_125, u64::MAX] {
            for places in [0, 1, 4, 15, 20] {
                let mut text = "#".to_owned();
                push(&mut text, number, places);
                let expected = match (number, places) {
                    (0, 0) => "#".to_owned(),
                    _ => format!("#{number:0places$}"),
                };
                assert_eq!(text, expected);
            }
        }
    }
}
