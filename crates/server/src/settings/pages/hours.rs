//! The timeout as people write it: hours, decimal or not, or a time such as `90m` and `1h30`.

const HOUR_S: u64 = 3600;
/// The timeout is less than this.
const LIMIT_S: u64 = 168 * HOUR_S;

const HOW: &str = "Write hours, such as 1 or 1.5, or a time such as 90m or 1h30.";
const RANGE: &str = "The timeout must be more than 0 and less than 168 hours (7 days).";

/// Whole seconds, more than 0 and less than 168 hours.
///
/// # Errors
/// What is wrong and how to mend it.
pub(super) fn parse(text: &str) -> Result<u32, String> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Err(HOW.into());
    }
    if text.starts_with('-') && parse_seconds(text.trim_start_matches('-')).is_some() {
        return Err(RANGE.into());
    }
    let seconds = parse_seconds(&text).ok_or(HOW)?;
    if seconds >= LIMIT_S as f64 || seconds <= 0.0 {
        return Err(RANGE.into());
    }
    let rounded = seconds.round();
    if rounded < 1.0 {
        return Err("The shortest timeout is one second: write 1s.".into());
    }
    if rounded >= LIMIT_S as f64 {
        return Err(RANGE.into());
    }
    // Within 1..604800 by now, so nothing is cut off.
    Ok(rounded as u32)
}

fn parse_seconds(text: &str) -> Option<f64> {
    if let Some(hours) = number(text) {
        return Some(hours * HOUR_S as f64);
    }
    let (mut rest, mut seconds, mut unit_s) = (text, 0.0, f64::INFINITY);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
        let amount = number(&rest[..end.unwrap_or(rest.len())])?;
        let after = end.map_or("", |end| &rest[end..]).trim_start();
        let word_end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let next_s = match &after[..word_end] {
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            // `1h30`: the unit below the last one.
            "" if unit_s == 3600.0 => 60.0,
            "" if unit_s == 60.0 => 1.0,
            _ => return None,
        };
        if next_s >= unit_s {
            return None;
        }
        seconds += amount * next_s;
        unit_s = next_s;
        rest = after[word_end..].trim_start();
    }
    unit_s.is_finite().then_some(seconds)
}

/// A plain decimal number without a sign; a comma counts as the point.
fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".");
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.')
        && text.chars().any(|c| c.is_ascii_digit());
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}

/// The hours as the field shows them: what [`parse`] turns back into the same seconds.
pub(super) fn show(seconds: u32) -> String {
    let text = format!("{:.4}", f64::from(seconds) / HOUR_S as f64);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The time in words.
pub(super) fn words(seconds: u32) -> String {
    let parts = [
        (seconds / 86400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(amount, _)| *amount > 0)
        .map(|(amount, unit)| format!("{amount} {unit}{}", if *amount == 1 { "" } else { "s" }))
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{parse, show, words};

    #[test]
    fn hours_and_times_are_whole_seconds() {
        for (text, seconds) in [
            ("1", 3600),
            ("1.5", 5400),
            ("1,5", 5400),
            (" 0.5 ", 1800),
            ("0.0167", 60),
            ("90m", 5400),
            ("1h30", 5400),
            ("1h 30 min", 5400),
            ("45s", 45),
            ("2 hours", 7200),
            ("1h30m10s", 5410),
            ("1m30", 90),
            ("167.9997", 604_799),
            ("10080m", 0),
        ] {
            match seconds {
                0 => assert!(parse(text).is_err(), "{text}"),
                seconds => assert_eq!(parse(text), Ok(seconds), "{text}"),
            }
        }
    }

    #[test]
    fn rule_16_what_is_no_timeout_is_told_with_the_fix() {
        for text in [
            "168",
            "168.0",
            "-1",
            "0",
            "0.0",
            "-0.5",
            "1000000",
            "-1h",
            "167.99999",
            "9999999999999999999999",
        ] {
            assert!(parse(text).unwrap_err().contains("168"), "{text}");
        }
        for text in [
            "abc", "", "  ", "1..5", ".", "1e2", "NaN", "inf", "1m1h", "h", "1x", "1h30h",
            "1.5.2h", "+1", "１",
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.contains("90m") || problem.contains("168"), "{text}: {problem}");
        }
        assert!(parse("0.0001").unwrap_err().contains("1s"));
    }

    #[test]
    fn what_is_shown_is_read_back_the_same() {
        for seconds in (1..604_800).step_by(977).chain([1, 59, 60, 61, 3600, 5400, 604_799]) {
            assert_eq!(parse(&show(seconds)), Ok(seconds), "{}", show(seconds));
        }
        assert_eq!(show(3600), "1");
        assert_eq!(show(60), "0.0167");
    }

    #[test]
    fn words_name_what_is_there() {
        assert_eq!(words(5400), "1 hour 30 minutes");
        assert_eq!(words(60), "1 minute");
        assert_eq!(words(90_061), "1 day 1 hour 1 minute 1 second");
    }
}
