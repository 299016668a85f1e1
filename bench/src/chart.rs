//! Draws rows as horizontal bars, each against its goal. Readable on light and on dark pages.

use crate::figures::{Goal, Row, Spread};
use std::fmt::Write as _;

const WIDTH: f64 = 960.0;
const BARS_FROM: f64 = 370.0;
const BARS_WIDTH: f64 = 400.0;
/// Where in a bar's place the goal stands, and thus the most that fits.
const GOAL_AT: f64 = 0.6;
const ROW_HEIGHT: f64 = 40.0;

const STYLE: &str = "\
svg{--ink:#1c2430;--faint:#5d6878;--line:#c9d1dc;--good:#2f7d5b;--short:#c2621b;--plain:#4a6fa5;\
background:#fff;font:14px system-ui,sans-serif}\
@media(prefers-color-scheme:dark){svg{--ink:#e8edf4;--faint:#9aa7b8;--line:#3a4555;--good:#56b78b;--short:#e89552;\
--plain:#86a9dd;background:#12161c}}\
text{fill:var(--ink)}.small{font-size:12px;fill:var(--faint)}.head{font-size:16px;font-weight:600}\
.good{fill:var(--good)}.short{fill:var(--short)}.plain{fill:var(--plain)}\
.goal{stroke:var(--ink);stroke-width:2;stroke-dasharray:4 3}.spread{stroke:var(--ink);stroke-width:1.5}\
.base{stroke:var(--line)}";

/// A row as a bar.
struct Bar {
    name: String,
    under: String,
    /// Measured, as shares of the goal.
    share: Spread,
    figure: String,
    class: &'static str,
}

/// What a row is beside, and how its rate stands to that.
type Beside<'a> = Option<(&'a str, Spread)>;

/// The chart as SVG.
pub fn draw(rows: &[Row]) -> String {
    let parts = [
        ("At least the goal: longer is better", "goal", bars(rows, at_least)),
        ("At most the goal: shorter is better", "goal", bars(rows, at_most)),
        ("Without a goal: share of the rate of what it is beside", "the same", bars(rows, beside)),
    ];
    let mut body = String::new();
    let mut y = 20.0;
    for (title, mark, bars) in parts.iter().filter(|(_, _, bars)| !bars.is_empty()) {
        let _ = write!(body, r#"<text class="head" x="20" y="{:.0}">{title}</text>"#, y + 14.0);
        y += 44.0;
        let goal = BARS_FROM + BARS_WIDTH * GOAL_AT;
        let _ = write!(
            body,
            r#"<text class="small" x="{goal:.0}" y="{:.0}" text-anchor="middle">{mark}</text>"#,
            y - 6.0
        );
        let bottom = y + ROW_HEIGHT * bars.len() as f64;
        // First the bars, so that the line stays visible.
        let top = y;
        for bar in bars {
            draw_bar(&mut body, bar, y);
            y += ROW_HEIGHT;
        }
        let _ = write!(
            body,
            r#"<line class="base" x1="{BARS_FROM}" x2="{BARS_FROM}" y1="{top:.0}" y2="{bottom:.0}"/><line class="goal" x1="{goal:.0}" x2="{goal:.0}" y1="{top:.0}" y2="{bottom:.0}"/>"#,
        );
        y += 28.0;
    }
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0}" width="{WIDTH}" height="{y:.0}" role="img" aria-label="What was measured, beside the goals"><style>{STYLE}</style>{body}</svg>
"#
    )
}

fn draw_bar(body: &mut String, bar: &Bar, y: f64) {
    let at = |share: f64| (share * GOAL_AT).clamp(0.0, 1.0) * BARS_WIDTH;
    let length = at(bar.share.median).max(1.0);
    let middle = y + ROW_HEIGHT / 2.0;
    let _ = write!(
        body,
        r#"<text x="20" y="{:.0}">{}</text><text class="small" x="20" y="{:.0}">{}</text>"#,
        middle - 2.0,
        escaped(&bar.name),
        middle + 13.0,
        escaped(&bar.under),
    );
    let _ = write!(
        body,
        r#"<rect class="{}" x="{BARS_FROM}" y="{:.0}" width="{length:.1}" height="18" rx="2"/>"#,
        bar.class,
        middle - 9.0,
    );
    if bar.share.lowest < bar.share.highest {
        let (from, to) = (BARS_FROM + at(bar.share.lowest), BARS_FROM + at(bar.share.highest));
        let _ = write!(
            body,
            r#"<line class="spread" x1="{from:.1}" x2="{to:.1}" y1="{middle:.0}" y2="{middle:.0}"/>"#,
        );
    }
    // What leads out of its place says so.
    let more = if bar.share.median * GOAL_AT > 1.0 { "» " } else { "" };
    let _ = write!(
        body,
        r#"<text x="{:.0}" y="{:.0}">{more}{}</text>"#,
        BARS_FROM + BARS_WIDTH + 12.0,
        middle + 5.0,
        escaped(&bar.figure),
    );
}

fn bars(rows: &[Row], bar: fn(&Row, Beside<'_>) -> Option<Bar>) -> Vec<Bar> {
    rows.iter().filter_map(|row| bar(row, ratio(rows, row))).collect()
}

fn ratio<'a>(rows: &'a [Row], row: &Row) -> Beside<'a> {
    let name = row.beside.as_ref()?;
    let other = rows.iter().find(|other| other.group == row.group && other.name == *name)?;
    Some((&other.name, row.ratio(other)?))
}

fn at_least(row: &Row, ratio: Beside<'_>) -> Option<Bar> {
    let (Goal::Ratio(reach), Some((beside, ratio))) = (row.goal, ratio) else { return None };
    Some(Bar {
        name: row.name.clone(),
        under: format!("{}, rate beside {beside}", row.group),
        share: scaled(ratio, reach),
        figure: format!("{:.2}, goal {reach:.2}", ratio.median),
        class: class(row, Some(ratio)),
    })
}

fn at_most(row: &Row, _: Beside<'_>) -> Option<Bar> {
    let Goal::AtMost(figure, most) = row.goal else { return None };
    let spread = row.spread(figure)?;
    let (name, unit) = figure.rsplit_once('_').unwrap_or((figure, ""));
    let digits = if spread.median < 10.0 { 1 } else { 0 };
    Some(Bar {
        name: row.name.clone(),
        under: format!("{}, {}", row.group, name.replace('_', " ")),
        share: scaled(spread, most),
        figure: format!("{:.digits$} {}, goal {most}", spread.median, readable(unit)),
        class: class(row, None),
    })
}

fn beside(row: &Row, ratio: Beside<'_>) -> Option<Bar> {
    let (Goal::None, Some((beside, ratio))) = (row.goal, ratio) else { return None };
    let digits = if ratio.median < 0.1 { 3 } else { 2 };
    Some(Bar {
        name: row.name.clone(),
        under: format!("{}, rate beside {beside}", row.group),
        share: ratio,
        figure: format!("{:.digits$}", ratio.median),
        class: "plain",
    })
}

fn class(row: &Row, ratio: Option<Spread>) -> &'static str {
    if row.reached(ratio) == Some(true) { "good" } else { "short" }
}

fn scaled(spread: Spread, goal: f64) -> Spread {
    let Spread { median, lowest, highest } = spread;
    Spread { median: median / goal, lowest: lowest / goal, highest: highest / goal }
}

fn readable(unit: &str) -> &str {
    match unit {
        "kb" => "kB",
        "mb" => "MB",
        other => other,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::figures::{Figures, Goal, Row};

    fn row(name: &str, beside: Option<&str>, goal: Goal, figure: &'static str, value: f64) -> Row {
        Row {
            group: "a",
            name: name.into(),
            beside: beside.map(str::to_owned),
            goal,
            rounds: vec![Figures::default().with(figure, value)],
        }
    }

    #[test]
    fn a_bar_says_whether_the_goal_was_reached() {
        let rows = [
            row("bare", None, Goal::None, "per_s", 100.0),
            row("ours", Some("bare"), Goal::Ratio(0.4), "per_s", 30.0),
            row("peer", Some("bare"), Goal::None, "per_s", 5.0),
            row("memory < all", None, Goal::AtMost("resident_mb", 40.0), "resident_mb", 20.0),
            row("left out", None, Goal::AtMost("program_mb", 30.0), "other_mb", 20.0),
        ];
        let chart = draw(&rows);
        // 0.3 of 0.4, of which the goal stands at 0.6 of 400.
        assert!(chart.contains(r#"class="short" x="370" y="75" width="180.0""#), "{chart}");
        assert!(chart.contains("0.30, goal 0.40"));
        assert!(chart.contains("20 MB, goal 40") && chart.contains(r#"class="good""#));
        assert!(chart.contains("memory &lt; all"));
        assert!(chart.contains(">0.050<"));
        assert!(!chart.contains("left out") && !chart.contains(">bare<"));
    }
}
