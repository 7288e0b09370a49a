//! The verdicts for programs: `verdict.json`.

use super::answer::summary;
use crate::results::Program;
use crate::study::{Elsewhere, Impact, ImpactLine, ImpactVerdict, Stand};
use serde::Serialize;
use serde_json::json;

/// Everything that the tables say, as JSON. Nothing in it differs between two
/// equal comparisons.
pub fn json(impact: &Impact, program: &Program) -> String {
    let request = &impact.request;
    let side =
        |name: &str, side: &crate::study::ImpactSide| json!({ "name": name, "model": side.model, "sets": side.sets });
    let stands = impact.stands(impact.by()).map(|(.., stand)| word(stand));
    let worlds = impact.each_world().zip(stands).map(|((world, lines, standing), stand)| {
        json!({
            "name": world.name,
            "settings": world.settings,
            "verdict": stand,
            "fails": standing.fails,
            "pairs": standing.pairs,
            "pairs_alike": standing.alike,
            "pairs_incomplete": { "base": standing.incomplete[0], "change": standing.incomplete[1] },
            "quantities": lines.iter().map(line).collect::<Vec<_>>(),
        })
    });
    let elsewhere = impact.elsewhere.as_ref().and_then(|elsewhere| match elsewhere {
        Elsewhere::World { pack, world } => Some(json!({ "pack": pack, "world": world })),
        _ => None,
    });
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
        "answer": summary(impact),
        "exercised": impact.is_exercised(),
        "exercised_in": elsewhere,
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
        "worlds": worlds.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

/// What the change does in a world, in a word.
const fn word(stand: Stand) -> &'static str {
    match stand {
        Stand::Fails(_) => "FAILS",
        Stand::Better => "BETTER",
        Stand::Worse => "WORSE",
        Stand::Same => "NO PRACTICAL CHANGE",
        Stand::Undecided => "UNDECIDED",
        Stand::NotExercised => "NOT EXERCISED",
        Stand::NotReached => "NOT REACHED",
    }
}

/// One quantity, of all worlds together or of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictRow {
    /// The world; empty for all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
    /// The quantity, by its key.
    pub quantity: String,
    /// Of the base, over all of its pairs that reached it; empty where none did.
    pub base: Option<f64>,
    /// Of the change over the same pairs; empty when it did not reach it in all of them, or
    /// worlds do not agree.
    pub change: Option<f64>,
    /// The change as a share of the base; of shares the difference. Empty also when
    /// the base has none of it, or worlds do not agree whether it is more or less.
    pub effect: Option<f64>,
    /// Lower end of the interval of the effect.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Where worlds do not agree, the least change of one.
    pub range_low: Option<f64>,
    /// The largest.
    pub range_high: Option<f64>,
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
    let each = impact.each_world().flat_map(|(world, lines, _)| {
        lines.iter().map(|line| VerdictRow { world: Some(world.name.clone()), ..self::line(line) })
    });
    whole.chain(each).collect()
}

fn line(line: &ImpactLine) -> VerdictRow {
    // What is rounded to nothing has no sign.
    let finite = |value: f64| value.is_finite().then_some(value + 0.0);
    let pooled = line.is_reached() && line.range.is_none() && line.effect.is_finite();
    let interval = line.interval.filter(|_| pooled);
    VerdictRow {
        world: None,
        quantity: line.metric.key(),
        base: line.base.and_then(finite),
        change: line.change.filter(|_| line.range.is_none()).and_then(finite),
        effect: pooled.then_some(line.effect + 0.0),
        low: interval.and_then(|(low, _)| finite(low)),
        high: interval.and_then(|(_, high)| finite(high)),
        range_low: line.range.and_then(|range| finite(range.low)),
        range_high: line.range.and_then(|range| finite(range.high)),
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
    use super::super::sample::{breaking, impact, not_exercised};
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
        assert_eq!(value["answer"], json!(summary(&impact())));
        assert_eq!((&value["exercised"], &value["worlds"][0]["verdict"]), (&json!(true), &json!("BETTER")));
        let rows = rows(&impact());
        assert_eq!(rows[0].quantity, value["quantities"][0]["quantity"].as_str().unwrap());
        assert_eq!(rows[0].effect, Some(-0.25));
        assert_eq!(rows.len(), impact().lines().count() + impact().by_world.iter().flatten().count());
        assert_eq!(value["bytes"]["by_class"][1], json!({ "class": "want", "base": 100, "change": 4000 }));
    }

    #[test]
    fn says_what_fails_what_differs_and_what_was_not_exercised() {
        let value = |impact: &Impact| serde_json::from_str::<Value>(&json(impact, &Program::this())).unwrap();
        let fails = value(&breaking());
        assert_eq!((&fails["worlds"][1]["verdict"], &fails["worlds"][1]["fails"]), (&json!("FAILS"), &json!("change")));
        assert_eq!(fails["worlds"][1]["pairs_incomplete"], json!({ "base": 0, "change": 7 }));
        let time = &fails["quantities"][0];
        assert_eq!((&time["verdict"], &time["base"], &time["change"]), (&json!("FAILS"), &json!(4.0), &Value::Null));
        let queue = &fails["quantities"][7];
        assert_eq!(
            (&queue["effect"], &queue["range_low"], &queue["range_high"]),
            (&Value::Null, &json!(-0.03), &json!(0.4))
        );
        let elsewhere = Elsewhere::World { pack: "rfc".into(), world: "home".into() };
        let nothing = value(&not_exercised(elsewhere));
        assert_eq!(
            (&nothing["exercised"], &nothing["quantities"][0]["verdict"]),
            (&json!(false), &json!("NOT EXERCISED"))
        );
        assert_eq!(nothing["exercised_in"], json!({ "pack": "rfc", "world": "home" }));
    }
}
