//! Why a description makes no sense.

/// What is wrong with a description that can be read and yet makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The dotted key of the scenario that is to blame; a number counts in a list.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub expected: String,
    /// How to come there, where that is not plain.
    pub help: Option<String>,
}

impl Refusal {
    /// Blames `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>, expected: impl Into<String>) -> Self {
        Refusal { key: key.into(), message: message.into(), expected: expected.into(), help: None }
    }

    /// Blames `key` for a name that is none of `known`: tells the nearest, and some of those that
    /// there are, of which there is one at least.
    pub fn unknown<'a>(message: String, name: &str, known: impl Iterator<Item = &'a str>, key: &str) -> Self {
        const SHOWN: usize = 8;
        let mut known: Vec<&str> = known.collect();
        let near = |known: &&&str| strsim::damerau_levenshtein(known, name);
        let nearest = known.iter().min_by_key(near).filter(|best| near(best) <= 2).copied();
        let more = if known.len() > SHOWN { format!(" and {} more", known.len() - SHOWN) } else { String::new() };
        known.truncate(SHOWN);
        let expected = format!("one of {}{more}", known.join(", "));
        Refusal { help: nearest.map(|name| format!("did you mean `{name}`?")), ..Refusal::new(key, message, expected) }
    }
}

/// Refuses unless `holds`.
///
/// # Errors
/// When it does not, blaming `key`.
pub fn require(
    holds: bool,
    key: impl Into<String>,
    message: impl Into<String>,
    expected: impl Into<String>,
) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(key, message, expected)) }
}

/// Refuses shares that do not sum to 1, blaming `key`.
///
/// # Errors
/// When they do not.
pub fn require_whole(shares: impl IntoIterator<Item = f64>, key: &str) -> Result<(), Refusal> {
    let sum: f64 = shares.into_iter().sum();
    require((sum - 1.0).abs() <= 1e-6, key, format!("the shares sum to {}", (sum * 1e6).round() / 1e6), "a sum of 1")
}

/// The whole numbers `from` to `to`, in words.
pub fn range(from: u32, to: u32) -> String {
    if from == to { from.to_string() } else { format!("{from} to {to}") }
}
