//! What a run was made of, for people.

use super::human;
use crate::results::Manifest;
use crate::units::Bytes;

/// `100 MB`, without needless digits; in the unit in which it is a short whole number,
/// `4 KiB`, where there is one.
pub(super) fn size(bytes: f64) -> String {
    let exact = Bytes(bytes as u64).to_string();
    let is_short = exact.find(' ').is_some_and(|digits| digits <= 3);
    if bytes.fract() == 0.0 && is_short { exact } else { whole(human::bytes(bytes)) }
}

/// `5 ms`, likewise.
pub(super) fn duration(seconds: f64) -> String {
    whole(human::seconds(seconds))
}

fn whole(text: String) -> String {
    text.replace(".00 ", " ").replace(".0 ", " ")
}

/// `20 Mbit/s`, likewise.
pub(super) fn rate(bits_per_second: f64) -> String {
    if bits_per_second.is_infinite() {
        return "unlimited".into();
    }
    let text = human::count(bits_per_second);
    whole(if text.contains(' ') { format!("{text}bit/s") } else { format!("{text} bit/s") })
}

/// What a column of `runs.csv` or a swept key is called on an axis.
pub(super) fn title(key: &str) -> &str {
    match key {
        "file_size_bytes" => "file size",
        "network_size" => "network size",
        "up_bps" => "uplink",
        "down_bps" => "downlink",
        "latency_s" => "one-way latency",
        _ => key,
    }
}

/// The value alone.
pub(super) fn value(key: &str, value: &str) -> String {
    match (key, value.parse::<f64>()) {
        ("file_size_bytes", Ok(bytes)) => size(bytes),
        ("up_bps" | "down_bps", Ok(bits)) => rate(bits),
        ("latency_s", Ok(delay)) => duration(delay),
        _ => value.to_owned(),
    }
}

/// A column of `runs.csv` or a swept key, and its value.
pub(super) fn fact(key: &str, value: &str) -> String {
    match (key, value.parse::<f64>()) {
        ("file_size_bytes", Ok(bytes)) => size(bytes),
        ("network_size", Ok(nodes)) => format!("{nodes} nodes"),
        ("seeders", Ok(1.0)) => "1 seeder".into(),
        ("seeders", Ok(seeders)) => format!("{seeders} seeders"),
        ("up_bps", Ok(bits)) => format!("{} up", rate(bits)),
        ("down_bps", Ok(bits)) => format!("{} down", rate(bits)),
        ("latency_s", Ok(delay)) => format!("{} one way", duration(delay)),
        _ => format!("{key} {value}"),
    }
}

/// A word of a command as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%+@".contains(c);
    let plain = !word.is_empty() && word.chars().all(plain);
    if plain { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A command as one would type it.
pub fn command<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// Runs without a result, said at the top of everything.
pub(super) fn lost(manifest: &Manifest) -> Option<String> {
    let Manifest { runs_planned, runs_failed, runs_missing, .. } = manifest;
    let without = runs_failed + runs_missing;
    (without > 0).then(|| {
        format!(
            "{without} of {runs_planned} planned runs have no result: {runs_failed} failed, {runs_missing} missing. All numbers are of the others."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_typed_again() {
        let words = ["codexsim", "sweep", "a b.toml", "--set", "x=it's", ""];
        assert_eq!(command(words), r"codexsim sweep 'a b.toml' --set 'x=it'\''s' ''");
    }

    #[test]
    fn facts_have_units() {
        let told =
            [("up_bps", "20000000"), ("file_size_bytes", "100000000"), ("seeders", "1"), ("network.up", "1 Mbit/s")];
        let told = told.map(|(key, value)| fact(key, value));
        assert_eq!(told, ["20 Mbit/s up", "100 MB", "1 seeder", "network.up 1 Mbit/s"]);
        let sizes = [4096.0, 8_388_608.0, 1e8, 1_234_567.0, 0.5, 0.0].map(size);
        assert_eq!(sizes, ["4 KiB", "8 MiB", "100 MB", "1.23 MB", "0.50 B", "0 B"]);
        assert_eq!((rate(500.0), rate(1.5e6)), ("500 bit/s".into(), "1.50 Mbit/s".into()));
        assert_eq!((fact("up_bps", "inf"), value("down_bps", "inf")), ("unlimited up".into(), "unlimited".into()));
    }
}
