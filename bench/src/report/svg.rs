//! The plot: a bar for each row of the table, against what it must be.

use std::fmt::Write;

use super::table::{Row, Unit};

const LEFT: f64 = 330.0;
const WIDTH: f64 = 320.0;
const STEP: f64 = 26.0;
const TOP: f64 = 44.0;

/// Draws the rows. A bar's length is how far the value is of what it must be; where less is better, the other way round:
/// to the right of the line is always good.
#[must_use]
pub fn plot(rows: &[Row]) -> String {
    let mut svg = String::new();
    // Writing into memory does not fail.
    let _ = write_plot(&mut svg, rows);
    svg
}

fn write_plot(svg: &mut String, rows: &[Row]) -> std::fmt::Result {
    #[allow(clippy::cast_precision_loss)] // A number of rows.
    let height = TOP + STEP * rows.len() as f64 + 12.0;
    let total = LEFT + WIDTH + 120.0;
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {height}" width="{total}" height="{height}" role="img">"#
    )?;
    writeln!(svg, "<title>Each figure against what it must be</title>")?;
    svg.push_str(STYLE);
    let must = LEFT + WIDTH / 2.0;
    writeln!(
        svg,
        r#"<text class="note" x="{must}" y="16" text-anchor="middle">must</text>"#
    )?;
    writeln!(
        svg,
        r#"<text class="note" x="{must}" y="30" text-anchor="middle">(to the right is better; the small line is the aim)</text>"#
    )?;
    let mut y = TOP;
    for row in rows {
        let end = LEFT + WIDTH / 2.0 * reach(row, row.measured[0]);
        let aim = LEFT + WIDTH / 2.0 * reach(row, row.aim);
        let class = if row.verdict() == "**not yet**" {
            "short"
        } else {
            "good"
        };
        let middle = y + 13.0;
        writeln!(
            svg,
            r#"<text x="{:.0}" y="{middle}" text-anchor="end">{}</text>"#,
            LEFT - 8.0,
            escaped(&row.what)
        )?;
        writeln!(
            svg,
            r#"<rect class="{class}" x="{LEFT}" y="{y}" width="{:.1}" height="18" rx="2"/>"#,
            end - LEFT
        )?;
        writeln!(
            svg,
            r#"<line class="aim" x1="{aim:.1}" x2="{aim:.1}" y1="{y}" y2="{}"/>"#,
            y + 18.0
        )?;
        writeln!(
            svg,
            r#"<text x="{:.1}" y="{middle}">{}</text>"#,
            end.max(aim) + 6.0,
            row.say(row.measured[0])
        )?;
        y += STEP;
    }
    writeln!(
        svg,
        r#"<line class="must" x1="{must}" x2="{must}" y1="{}" y2="{}"/>"#,
        TOP - 8.0,
        y
    )?;
    writeln!(svg, "</svg>")
}

/// 1 where the value is just what it must be, more where it is better, at most 2.
fn reach(row: &Row, value: f64) -> f64 {
    let ratio = match row.unit {
        Unit::Part => value / row.must,
        _ => row.must / value.max(f64::MIN_POSITIVE),
    };
    ratio.clamp(0.0, 2.0)
}

fn escaped(text: &str) -> String {
    text.replace('`', "").replace('&', "&amp;").replace('<', "&lt;")
}

/// Readable on white and on black.
const STYLE: &str = "<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.note { fill: #59636e; font-size: 11px }
.good { fill: #2da44e }
.short { fill: #d1583f }
.aim { stroke: #1f2328; stroke-width: 2 }
.must { stroke: #1f2328; stroke-width: 1; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.note { fill: #9198a1 }
.aim, .must { stroke: #e6edf3 }
}
</style>
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_the_right_is_better() {
        let row = |unit| Row {
            what: String::new(),
            unit,
            measured: [0.0; 3],
            must: 10.0,
            aim: 5.0,
        };
        for unit in [Unit::Times, Unit::Millis, Unit::Mebibytes] {
            assert!((reach(&row(unit), 10.0) - 1.0).abs() < 1e-9);
            assert!(reach(&row(unit), 5.0) > reach(&row(unit), 20.0));
            assert!(
                (reach(&row(unit), 0.0) - 2.0).abs() < 1e-9,
                "it stays in the picture"
            );
        }
        assert!((reach(&row(Unit::Part), 10.0) - 1.0).abs() < 1e-9);
        assert!(reach(&row(Unit::Part), 20.0) > reach(&row(Unit::Part), 5.0));
    }
}
