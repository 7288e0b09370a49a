//! The file of a transfer that was measured.

use super::human;
use crate::results::Program;
use crate::study::{MeasuredTransfer, TransferRun};
use std::fmt::Write;

/// The model: numbers, what they are, and the runs that gave them. `command` and `date` say
/// where it comes from.
pub fn transfer(found: &MeasuredTransfer, command: &str, date: &str) -> String {
    let line = |key: &str, text: &str| format!("{key} = {}\n", toml::Value::from(text));
    let MeasuredTransfer { protocol, code: (data, total), numbers, runs, .. } = found;
    let what = if total > data {
        format!("one node rebuilds a slot of a dataset of {data} of {total} slots")
    } else {
        "one node fetches a slot as it is from one that has it".into()
    };
    let Program { name, version, .. } = Program::this();
    let mut text =
        String::from("# Made by `codexsim transfer`: what a transfer takes in a swarm, for `repair.transfer`.\n");
    text += &line("description", &format!("{protocol}: {what}"));
    text += &line("source", &format!("{command}, by {name} {version}"));
    text += &line("date", date);
    text += "calibrated = false             # swarms were simulated, none was measured\n\n[constants]\n";
    let mut constant = |name: &str, value: toml::Value, remark: &str| {
        let _ = writeln!(text, "{:<30} # {remark}", format!("{name} = {value}"));
    };
    constant("startup", numbers.startup.to_string().into(), "until the first byte of a long transfer, as it were");
    constant("efficiency", numbers.efficiency.into(), "share of its links' time in which a byte moves");
    if let Some(rate) = numbers.rate {
        constant("rate", rate.to_string().into(), "at which a slot would come over links that take no time");
    }
    constant("wire_per_byte", numbers.wire_per_byte.into(), "bytes on the wire over block data");
    constant("fetched", numbers.fetched.into(), "block data over what was needed");
    let _ = write!(
        text,
        "\n# The runs behind the numbers, and others that show how far they carry.\n[run]\n{}",
        line("protocol", protocol)
    );
    runs.iter().for_each(|run| text += &table(run));
    text
}

fn table(run: &TransferRun) -> String {
    let (place, (data, total)) = (run.place, run.place.code);
    let mut table = toml::Table::new();
    let mut put = |key: &str, value: toml::Value| table.insert(key.into(), value);
    put("code", vec![i64::from(data), i64::from(total)].into());
    put("fingerprint", format!("{:016x}", run.fingerprint).into());
    put("latency", place.latency.to_string().into());
    put("link", place.link.to_string().into());
    put("predicted_s", rounded(run.predicted).into());
    put("seconds", rounded(run.seconds).into());
    put("slot", place.slot.to_string().into());
    put("wire_bytes", (run.wire as i64).into());
    let heading = if place.fitted { "fitted" } else { "checked" };
    let off = human::signed_percent(run.predicted / run.seconds - 1.0, 1);
    format!("\n[[run.{heading}]] # the numbers are off by {off} %\n{table}")
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
