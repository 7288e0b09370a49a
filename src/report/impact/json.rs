//! The verdicts for programs: `verdict.json`.

use crate::results::Program;
use crate::study::{Impact, ImpactLine as Line, ImpactVerdict};
use serde::Serialize;
use serde_json::json;

/// Everything that the tables say, as JSON. Nothing in it differs between two
/// equal comparisons.
pub fn json(impact: &Impact, program: &Program) -> String {
    let request = &impact.request;
    let side = |name: &str, side: &crate::study::Side| json!({ "name": name, "model": side.model, "sets": side.sets });
    let worlds = impact.worlds.iter().zip(&impact.by_world);
    let value = json!({
        "program": program,
        "base": side(&impact.names[0], &request.base),
        "change": side(&impact.names[1], &request.change),
        "pack": request.pack,
        "overlays": request.common.overlays,
        "sets": request.common.sets,
        "seed": impact.seed,
        "confidence": request.confidence,
        "margin": request.margin,
        "max_pairs": request.max_pairs,
        "pairs": impact.pairs,
        "decided": impact.is_decided(),
        "worse": impact.worse().iter().map(|line| line.metric.key()).collect::<Vec<_>>(),
        "quantities": impact.whole.iter().map(line).collect::<Vec<_>>(),
        "classes": impact.parts.iter().map(line).collect::<Vec<_>>(),
        "bytes": {
            "base": impact.bytes.base,
            "change": impact.bytes.change,
            "by_class": impact.bytes.parts.iter().map(|part| {
                json!({ "class": part.class.name(), "base": part.base, "change": part.change })
            }).collect::<Vec<_>>(),
        },
        "worlds": worlds.map(|(world, lines)| {
            json!({ "name": world.name, "settings": world.settings, "quantities": lines.iter().map(line).collect::<Vec<_>>() })
        }).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

/// One quantity, of all worlds together or of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictRow {
    /// The world; empty for all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
    /// The quantity, by its key.
    pub quantity: String,
    /// Of the base; empty where no pair reached it.
    pub base: Option<f64>,
    /// Of the change.
    pub change: Option<f64>,
    /// The change as a share of the base; of shares the difference. Empty also when
    /// the base has none of it.
    pub effect: Option<f64>,
    /// Lower end of the interval of the effect.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The verdict's word.
    pub verdict: Option<&'static str>,
    /// Of UNDECIDED: further pairs that would decide.
    pub needs_about_more_pairs: Option<u64>,
    /// Pairs with a value on both sides.
    pub pairs: usize,
    /// Runs of a pair in a world without one.
    pub excluded: usize,
}

/// Every line of all tables: of all worlds together, then world by world.
pub fn rows(impact: &Impact) -> Vec<VerdictRow> {
    let whole = impact.lines().map(|line| VerdictRow { world: Some(String::new()), ..self::line(line) });
    let worlds = impact.worlds.iter().zip(&impact.by_world);
    let each = worlds.flat_map(|(world, lines)| {
        lines.iter().map(|line| VerdictRow { world: Some(world.name.clone()), ..self::line(line) })
    });
    whole.chain(each).collect()
}

fn line(line: &Line) -> VerdictRow {
    let reached = line.verdict.is_some();
    let number = |value: f64| (reached && value.is_finite()).then_some(value);
    let interval = line.interval.filter(|_| number(line.effect).is_some());
    VerdictRow {
        world: None,
        quantity: line.metric.key(),
        base: number(line.base),
        change: number(line.change),
        effect: number(line.effect),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        verdict: line.verdict.map(ImpactVerdict::word),
        needs_about_more_pairs: match line.verdict {
            Some(ImpactVerdict::Undecided { more_pairs }) => more_pairs,
            _ => None,
        },
        pairs: line.pairs,
        excluded: line.excluded,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::impact;
    use super::*;
    use serde_json::Value;

    #[test]
    fn says_what_the_table_says() {
        let text = json(&impact(), &Program::this());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["quantities"][0]["verdict"], "LESS");
        assert_eq!(value["quantities"][0]["effect"], -0.25);
        assert_eq!(value["quantities"][3]["verdict"], Value::Null);
        assert_eq!(value["quantities"][1]["needs_about_more_pairs"], 12);
        assert_eq!(value["worse"], json!(["efficiency", "unfinished_share"]));
        assert_eq!(value["decided"], false);
        let rows = rows(&impact());
        assert_eq!(rows[0].quantity, value["quantities"][0]["quantity"].as_str().unwrap());
        assert_eq!(rows[0].effect, Some(-0.25));
        assert_eq!(rows.len(), impact().lines().count() + impact().by_world.iter().flatten().count());
        assert_eq!(value["bytes"]["by_class"][1], json!({ "class": "want", "base": 100, "change": 4000 }));
    }
}
