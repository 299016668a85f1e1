//! Names a typing slip apart.

/// The likeliest of the names that was meant by the word: the same in another case, or one or two letters away.
pub(crate) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let word: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let most = if word.len() < 4 { 1 } else { 2 };
    names
        .into_iter()
        .map(|name| {
            (distance(&word, &name.to_lowercase().chars().take(64).collect::<Vec<_>>()), name)
        })
        .filter(|(distance, _)| *distance <= most && *distance < word.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Letters to add, drop, change or swap with the next.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = at(&above, j + 1).min(at(&row, j)) + 1;
            best = best.min(at(&above, j) + usize::from(x != y));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    at(&above, b.len())
}

fn at(row: &[usize], index: usize) -> usize {
    row.get(index).copied().unwrap_or(usize::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_but_no_strangers() {
        let names = ["Button", "Length", "say", "start"];
        for (word, near) in [
            ("Buton", Some("Button")),
            ("button", Some("Button")),
            ("lenght", Some("Length")),
            ("sya", Some("say")),
            ("strat", Some("start")),
            ("x", None),
            ("weather", None),
        ] {
            assert_eq!(nearest(word, names), near, "{word}");
        }
    }
}
