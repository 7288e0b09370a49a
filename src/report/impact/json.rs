//! The verdicts for programs: `verdict.json`.

use crate::results::Program;
use crate::study::{Impact, ImpactLine as Line, ImpactVerdict};
use serde_json::{Value, json};

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

fn line(line: &Line) -> Value {
    let reached = line.verdict.is_some();
    let number = |value: f64| (reached && value.is_finite()).then_some(value);
    let more = match line.verdict {
        Some(ImpactVerdict::Undecided { more_pairs }) => more_pairs,
        _ => None,
    };
    json!({
        "quantity": line.metric.key(),
        "base": number(line.base),
        "change": number(line.change),
        "effect": number(line.effect),
        "interval": line.interval.filter(|_| number(line.effect).is_some()).map(|(low, high)| [low, high]),
        "verdict": line.verdict.map(ImpactVerdict::word),
        "needs_about_more_pairs": more,
        "pairs": line.pairs,
        "excluded": line.excluded,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::impact;
    use super::*;

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
        assert_eq!(value["bytes"]["by_class"][1], json!({ "class": "want", "base": 100, "change": 4000 }));
    }
}
