//! `Time()`

use chrono::{
    DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone as _, Utc,
    format::{Item, StrftimeItems},
};
use chrono_tz::Tz;

use crate::{
    lex::Pos,
    method::{none, unknown},
    problem::{Outcome, Problem, soft},
    report::Kind,
    value::{self, Map, Value},
};

/// Years beyond this are no dates.
const YEAR_MAX: i64 = 9999;

pub(super) fn now(now_ms: i64, at: Pos) -> Value {
    Value::map(Map::tagged("time").with("milliseconds", Value::int(now_ms, at)), at)
}

fn milliseconds(time: &Value) -> i64 {
    match time.as_map().and_then(|map| map.get("milliseconds")).map(|value| &value.kind) {
        Some(value::Kind::Int(int)) => *int,
        _ => 0,
    }
}

fn with_milliseconds(time: &Value, milliseconds: i64, at: Pos) -> Value {
    let mut map = time.as_map().cloned().unwrap_or_else(|| Map::tagged("time"));
    map.insert("milliseconds".into(), Value::int(milliseconds, at));
    Value::map(map, at)
}

/// A method of a time. What changes the time changes the variable, and is given back as well.
pub(crate) fn method(
    time: &mut Value,
    name: &str,
    arguments: &[Value],
    at: Pos,
    now_ms: i64,
) -> Outcome<Value> {
    let changed = match name {
        "at" => match point(arguments)? {
            Some(ms) => with_milliseconds(time, ms, at),
            None => return Ok(Value::bool(false, at)),
        },
        "unix" => return unix(time, arguments, at),
        "format" => return format(time, arguments, at),
        "add" | "sub" => {
            let [Value { kind: value::Kind::Int(seconds), .. }] = arguments else {
                return Err(Problem::arguments("`time.add(60)`, whole seconds").into());
            };
            let ms = seconds.checked_mul(1000).and_then(|ms| match name {
                "add" => milliseconds(time).checked_add(ms),
                _ => milliseconds(time).checked_sub(ms),
            });
            let fits = ms.filter(|ms| DateTime::<Utc>::from_timestamp_millis(*ms).is_some());
            let Some(ms) = fits else {
                return soft(Kind::BadDate, "the time is out of range");
            };
            with_milliseconds(time, ms, at)
        }
        "with_timezone" => {
            let [zone] = arguments else {
                return Err(Problem::arguments("`time.with_timezone(\"Europe/Paris\")`").into());
            };
            let name = zone.as_text().unwrap_or("");
            if name.parse::<Tz>().is_err() {
                let problem =
                    Problem::new(Kind::BadTimezone, format!("there is no time zone `{name}`"));
                return Err(problem.about(name).into());
            }
            let mut map = time
                .as_map()
                .cloned()
                .unwrap_or_else(|| now(now_ms, at).as_map().cloned().unwrap_or_default());
            map.insert("timezone".into(), Value::text(name, at));
            Value::map(map, at)
        }
        "parse" => parse(time, arguments, at)?,
        _ => return Err(unknown(name).into()),
    };
    *time = changed.clone();
    Ok(changed)
}

fn unix(time: &Value, arguments: &[Value], at: Pos) -> Outcome<Value> {
    let ms = milliseconds(time);
    match arguments {
        [] => Ok(Value::int(ms, at)),
        [unit] => match unit.as_text() {
            Some("m") => Ok(Value::int(ms, at)),
            Some("s") => Ok(Value::int(ms.div_euclid(1000), at)),
            _ => Err(Problem::arguments("`time.unix(\"s\")` or `time.unix(\"m\")`").into()),
        },
        _ => Err(Problem::arguments("`time.unix(\"s\")`").into()),
    }
}

/// Year, month, day, hour, minute, second, millisecond. The hour is 1 if it is not given, as bots expect. None for an
/// impossible hour and below.
fn point(arguments: &[Value]) -> Outcome<Option<i64>> {
    if arguments.len() > 7 {
        return Err(Problem::arguments(
            "`time.at(year, month, day, hour, minute, second, millisecond)`",
        )
        .into());
    }
    let part = |index: usize, default: i64| match arguments.get(index).map(|value| &value.kind) {
        Some(value::Kind::Int(int)) => *int,
        _ => default,
    };
    let small = |index, default| u32::try_from(part(index, default)).unwrap_or(u32::MAX);
    if arguments.is_empty() {
        return Err(Problem::arguments("`time.at(year, month, day)`").into());
    }
    let year = i32::try_from(part(0, 1970)).unwrap_or(i32::MAX);
    let date = NaiveDate::from_ymd_opt(year, small(1, 1), small(2, 1))
        .filter(|_| (-YEAR_MAX..=YEAR_MAX).contains(&i64::from(year)));
    let Some(date) = date else {
        return soft(Kind::BadDate, "there is no such day");
    };
    let time = date.and_hms_milli_opt(small(3, 1), small(4, 0), small(5, 0), small(6, 0));
    Ok(time.map(|time| time.and_utc().timestamp_millis()))
}

/// A time in the zone it prints in.
enum Zoned {
    Utc(DateTime<Utc>),
    Zone(DateTime<Tz>),
    Offset(DateTime<FixedOffset>),
}

fn zoned(time: &Value) -> Option<Zoned> {
    let utc = DateTime::<Utc>::from_timestamp_millis(milliseconds(time))?;
    let zone = time.as_map().and_then(|map| map.get_text("timezone"));
    let Some(zone) = zone else {
        return Some(Zoned::Utc(utc));
    };
    if let Ok(zone) = zone.parse::<Tz>() {
        return Some(Zoned::Zone(utc.with_timezone(&zone)));
    }
    let offset = zone.parse::<FixedOffset>().ok()?;
    Some(Zoned::Offset(utc.with_timezone(&offset)))
}

fn format(time: &Value, arguments: &[Value], at: Pos) -> Outcome<Value> {
    let Some(zoned) = zoned(time) else {
        return soft(Kind::BadDate, "the time is out of range");
    };
    let [pattern] = arguments else {
        none(arguments, "`time.format(\"%d/%m/%Y\")`")?;
        let text = match zoned {
            Zoned::Utc(time) => time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            Zoned::Zone(time) => time.format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
            Zoned::Offset(time) => time.format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        };
        return Ok(Value::text(text, at));
    };
    let pattern =
        pattern.as_text().ok_or_else(|| Problem::arguments("`time.format(\"%d/%m/%Y\")`"))?;
    let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
    if items.iter().any(|item| matches!(item, Item::Error)) {
        return soft(Kind::BadDate, format!("`{pattern}` is no pattern for a time"));
    }
    let text = match zoned {
        Zoned::Utc(time) => time.format_with_items(items.iter()).to_string(),
        Zoned::Zone(time) => time.format_with_items(items.iter()).to_string(),
        Zoned::Offset(time) => time.format_with_items(items.iter()).to_string(),
    };
    Ok(Value::text(text, at))
}

fn parse(time: &Value, arguments: &[Value], at: Pos) -> Outcome<Value> {
    let bad = || -> Outcome<Value> { soft(Kind::BadDate, "the date cannot be read") };
    if arguments.is_empty() || arguments.len() > 2 {
        return Err(Problem::arguments("`time.parse(\"2021-03-28\")`").into());
    }
    let Some(text) = arguments.first().and_then(Value::as_text) else {
        return bad();
    };
    let read = match arguments.get(1) {
        None => iso(text),
        Some(pattern) => pattern.as_text().and_then(|pattern| by_pattern(text, pattern)),
    };
    let Some((ms, offset)) = read else {
        return bad();
    };
    let mut map = with_milliseconds(time, ms, at).as_map().cloned().unwrap_or_default();
    match offset {
        Some(offset) => map.insert("timezone".into(), Value::text(offset.to_string(), at)),
        None => map.remove("timezone"),
    };
    Ok(Value::map(map, at))
}

/// A date of growing length, from a year to a fraction of a second with an offset.
fn iso(text: &str) -> Option<(i64, Option<FixedOffset>)> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        let offset = *time.offset();
        return Some((
            time.timestamp_millis(),
            Some(offset).filter(|offset| offset.local_minus_utc() != 0),
        ));
    }
    let whole = match text.len() {
        4 => format!("{text}-01-01T00:00:00"),
        7 => format!("{text}-01T00:00:00"),
        10 => format!("{text}T00:00:00"),
        13 => format!("{text}:00:00"),
        16 => format!("{text}:00"),
        _ => text.to_owned(),
    };
    let time = NaiveDateTime::parse_from_str(&whole, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some((time.and_utc().timestamp_millis(), None))
}

fn by_pattern(text: &str, pattern: &str) -> Option<(i64, Option<FixedOffset>)> {
    if let Ok(time) = DateTime::parse_from_str(text, pattern) {
        return Some((time.timestamp_millis(), None));
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, pattern) {
        return Some((time.and_utc().timestamp_millis(), None));
    }
    let date = NaiveDate::parse_from_str(text, pattern).ok()?;
    let time = Utc.from_utc_datetime(&date.and_hms_opt(0, 0, 0)?);
    Some((time.timestamp_millis(), None))
}
