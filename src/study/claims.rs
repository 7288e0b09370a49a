//! Claims about the results of a run: those of a scenario, and the goals of a search.

use crate::results::{Measure, Observation, RunRow, StorageRow, TableRow};
use crate::scenario::{Expectation, ScenarioError, nearest};
use minijinja::{Environment, Expression};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// What a claim looks like, for messages.
const FORM: &str = "a comparison of measures (`codexsim columns measures`), e.g. efficiency = \"<= 1\" or fast = \"t100_p95_s <= 2 * bound_s\"";
/// The same for what stands before its sign.
const NUMBER: &str = "a number that `codexsim columns measures` lists";
/// Signs with which a claim about its own key begins.
const SIGNS: [char; 4] = ['<', '>', '=', '!'];

/// A claim that can be checked.
#[derive(Debug)]
pub struct Claim {
    /// Its key in `[expect]`; empty for a goal.
    name: String,
    /// What is claimed, as it is written.
    text: String,
    expression: Expression<'static, 'static>,
    /// What stands left and right of its sign, where it is one comparison.
    sides: Option<[Expression<'static, 'static>; 2]>,
    /// The measures it is about.
    of: Vec<&'static Measure>,
}

/// What comes out of a claim for numbers that are as good as others.
enum Trial {
    /// True or false.
    Judges,
    /// Something else.
    IsNumber,
    /// Nothing, and why.
    Fails(String),
}

/// Why a text is no claim, wherever it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimFault {
    /// Whether it is its name that is wrong.
    is_name: bool,
    message: String,
    expected: &'static str,
    /// The nearest valid name.
    meant: Option<&'static str>,
}

impl ClaimFault {
    /// The same, shown where the claim is written.
    pub fn at(&self, written: &Expectation) -> ScenarioError {
        let ClaimFault { is_name, message, expected, meant } = self;
        match is_name {
            true => written.wrong_name(message, expected, *meant),
            false => written.wrong_text(message, expected, *meant),
        }
    }
}

impl fmt::Display for ClaimFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n = expected {}", self.message, self.expected)?;
        self.meant.map_or(Ok(()), |name| write!(f, "\n = did you mean `{name}`?"))
    }
}

impl std::error::Error for ClaimFault {}

/// A claim that does not hold for a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Breach {
    /// The run.
    pub run_id: String,
    /// Its point in the study, in words; empty where there is one run only.
    pub point: String,
    /// The measures it is about, and what they are; nothing where they were not reached.
    pub values: Vec<(String, Option<f64>)>,
    /// What was claimed.
    pub claim: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Breach { run_id, point, values, claim } = self;
        let value = |(name, value): &(String, Option<f64>)| match value {
            Some(value) => format!("{name} = {value}"),
            None => format!("{name} is empty"),
        };
        let values: Vec<String> = values.iter().map(value).collect();
        let point = if point.is_empty() { String::new() } else { format!(" ({point})") };
        write!(f, "run {run_id}{point}: {}, expected {claim}", values.join(", "))
    }
}

/// Reads the claims in `expect`. A text that begins with a comparison is about the
/// measure that its key names; any other compares measures by itself, and its key is
/// but a name.
///
/// # Errors
/// When one is no comparison, or about something that is not measured.
pub fn claims(expect: &[Expectation]) -> Result<Vec<Claim>, ScenarioError> {
    expect.iter().map(|written| Claim::read(&written.name, &written.text).map_err(|fault| fault.at(written))).collect()
}

fn compile(text: String) -> Result<Expression<'static, 'static>, minijinja::Error> {
    static EXPRESSIONS: LazyLock<Environment<'static>> = LazyLock::new(Environment::empty);
    EXPRESSIONS.compile_expression_owned(text)
}

/// What stands left and right of the sign of `text`, where it is one comparison.
fn sides(text: &str) -> Option<[Expression<'static, 'static>; 2]> {
    let words = || text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    if words().any(|word| ["and", "or", "not", "in", "is", "if", "else"].contains(&word)) {
        return None;
    }
    let at = text.find(SIGNS)?;
    let (left, right) = (&text[..at], text[at..].trim_start_matches(SIGNS));
    if right.contains(SIGNS) {
        return None;
    }
    Some([compile(left.into()).ok()?, compile(right.into()).ok()?])
}

impl Claim {
    /// A claim that has no name: the goal of a search.
    ///
    /// # Errors
    /// As of [`claims`].
    pub fn goal(text: &str) -> Result<Claim, ClaimFault> {
        Claim::read("", text)
    }

    fn read(name: &str, text: &str) -> Result<Claim, ClaimFault> {
        let text = text.trim();
        let own = text.starts_with(SIGNS);
        let valid = || Measure::all().iter().map(|measure| measure.name.as_str());
        let wrong = |message: String, meant| ClaimFault { is_name: false, message, expected: FORM, meant };
        let no_comparison = |why: &str| wrong(format!("not a comparison{why}"), None);
        if own && name.is_empty() {
            return Err(no_comparison(": nothing stands before its sign"));
        }
        if own && Measure::named(name).is_none() {
            let (message, expected) = (format!("`{name}` is not measured"), NUMBER);
            return Err(ClaimFault { is_name: true, message, expected, meant: nearest(name, valid()) });
        }
        let whole = if own { format!("{name} {text}") } else { text.to_owned() };
        let expression = compile(whole.clone())
            .map_err(|error| no_comparison(&error.detail().map_or(String::new(), |detail| format!(": {detail}"))))?;
        let mut names: Vec<String> = expression.undeclared_variables(false).into_iter().collect();
        names.sort();
        if let Some(name) = names.iter().find(|name| Measure::named(name).is_none()) {
            return Err(wrong(format!("`{name}` is not measured"), nearest(name, valid())));
        }
        let of: Vec<&Measure> = names.iter().filter_map(|name| Measure::named(name)).collect();
        let claim = Claim { name: name.into(), text: text.into(), expression, sides: sides(&whole), of };
        if claim.of.is_empty() {
            return Err(no_comparison(" of measures"));
        }
        match claim.trial() {
            Trial::Judges => Ok(claim),
            Trial::IsNumber => Err(no_comparison("")),
            Trial::Fails(why) => Err(wrong(format!("nothing comes out of it: {why}"), None)),
        }
    }

    /// Whatever the numbers are, what comes out has to be true or false; but of two that happen to be
    /// equal a difference is zero, and not everything divides by that.
    fn trial(&self) -> Trial {
        let numbers: [fn(usize) -> f64; 2] = [|_| 1.0, |at| 1.5 + at as f64];
        let value = |number: fn(usize) -> f64| {
            let named = self.of.iter().enumerate().map(|(at, measure)| (measure.name.as_str(), number(at)));
            self.expression.eval(named.collect::<BTreeMap<&str, f64>>())
        };
        let mut fails = None;
        for tried in numbers.map(value) {
            match tried {
                Ok(value) if bool::try_from(value.clone()).is_ok() => return Trial::Judges,
                Ok(_) => return Trial::IsNumber,
                Err(error) => fails = error.detail().map(str::to_owned).or(fails),
            }
        }
        Trial::Fails(fails.unwrap_or_else(|| "it divides by zero".into()))
    }

    /// What is claimed, as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The measures it is about, by name.
    pub fn measures(&self) -> &[&'static Measure] {
        &self.of
    }

    /// A measure that it is about and that runs of this kind do not have.
    pub fn foreign_to(&self, of_storage: bool) -> Option<&'static Measure> {
        self.of.iter().copied().find(|measure| !measure.is_of(of_storage))
    }

    /// Whether it holds for a run. What was not reached fulfils no claim: it was not reached
    /// in time.
    pub fn is_met(&self, seen: &Observation) -> bool {
        let known: Option<BTreeMap<&str, f64>> =
            self.of.iter().map(|measure| Some((measure.name.as_str(), measure.value(seen)?))).collect();
        known.is_some_and(|known| self.holds(&known) == Some(true))
    }

    /// The numbers left and right of its sign, where it is one comparison and they are known.
    pub fn values(&self, seen: &Observation) -> [Option<f64>; 2] {
        let known = self.of.iter().filter_map(|measure| Some((measure.name.as_str(), measure.value(seen)?)));
        let known: BTreeMap<&str, f64> = known.collect();
        let value = |side: &Expression| f64::try_from(side.eval(&known).ok()?).ok().filter(|value| value.is_finite());
        self.sides.as_ref().map_or([None, None], |[left, right]| [value(left), value(right)])
    }

    /// A measure that it is about and that `runs.csv` has no column of.
    pub(super) fn beyond_rows(&self) -> Option<&'static Measure> {
        let columns = || RunRow::KIND.columns.iter().chain(StorageRow::KIND.columns);
        self.of.iter().copied().find(|measure| columns().all(|column| column.name != measure.name))
    }

    /// Nothing when it is neither true nor false.
    fn holds(&self, values: &BTreeMap<&str, f64>) -> Option<bool> {
        let value = self.expression.eval(values).ok()?;
        bool::try_from(value).ok()
    }

    /// How it does not hold; nothing when it does.
    fn breach(&self, run_id: &str, seen: &Observation) -> Option<Breach> {
        if self.is_met(seen) {
            return None;
        }
        let values = self.of.iter().map(|measure| (measure.name.clone(), measure.value(seen))).collect();
        let own = self.text.starts_with(SIGNS);
        let claim = if own { self.text.clone() } else { format!("{} ({})", self.text, self.name) };
        Some(Breach { run_id: run_id.into(), point: String::new(), values, claim })
    }
}

/// The claims that do not hold for a run. One that failed is not judged.
pub fn check(claims: &[Claim], seen: &Observation) -> Vec<Breach> {
    let Some(run) = seen.run.as_ref().filter(|run| !run.is_failed()) else { return vec![] };
    claims.iter().filter_map(|claim| claim.breach(&run.run_id, seen)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample_result;
    use crate::scenario;

    fn read(text: &str) -> Result<Vec<Claim>, String> {
        let (_file, input) = crate::study::sample::scenario(&format!("[expect]\n{text}"), &[]);
        claims(&scenario::load(&input).unwrap().expect).map_err(|error| error.to_string())
    }

    fn breaches(text: &str, change: impl FnOnce(RunRow) -> RunRow) -> Vec<String> {
        let mut seen = Observation::of(&sample_result());
        let run = RunRow { run_id: "r".into(), status: "complete".into(), ..seen.run.take().unwrap() };
        seen.run = Some(change(run));
        check(&read(text).unwrap(), &seen).iter().map(Breach::to_string).collect()
    }

    #[test]
    fn names_run_measure_value_and_claim() {
        let text = "efficiency = \"<= 1\"\nmissing = \"<= 0\"\n";
        let found = breaches(text, |run| RunRow { efficiency: Some(1.25), missing: Some(0), ..run });
        assert_eq!(found, ["run r: efficiency = 1.25, expected <= 1"]);
        assert!(breaches(text, |run| RunRow { efficiency: Some(1.0), missing: Some(0), ..run }).is_empty());
    }

    #[test]
    fn measures_are_compared_with_one_another() {
        let text = "fast = \"t100_p95_s <= 2 * bound_s\"\nseeders = \"< network_size / 2\"\n\
            few = \"seeder_copies < 1 and want_per_payload < 0.5 * wire_per_payload\"\n";
        let slow = |run| RunRow { t100_p95_s: Some(8.0), bound_s: Some(3.0), ..run };
        let found = breaches(text, slow);
        assert_eq!(found, ["run r: bound_s = 3, t100_p95_s = 8, expected t100_p95_s <= 2 * bound_s (fast)"]);
        assert!(breaches(text, |run| RunRow { bound_s: Some(4.0), ..slow(run) }).is_empty());
    }

    #[test]
    fn what_is_not_reached_fulfils_nothing_and_a_failed_run_is_not_judged() {
        let late = |run| RunRow { status: "time_limit".into(), t100_p95_s: None, ..run };
        let found = breaches("t100_p95_s = \"<= 100\"\n", late);
        assert!(found[0].contains("t100_p95_s is empty"), "{found:?}");
        assert!(breaches("t100_p95_s = \"<= 100\"\n", |run| late(run).failed("x")).is_empty());
    }

    #[test]
    fn comparisons_compare() {
        for (text, below, equal, above) in [
            ("<= 2", true, true, false),
            (">=2", false, true, true),
            ("< 2", true, false, false),
            ("> 2", false, false, true),
            ("== 2", false, true, false),
        ] {
            let claim = format!("makespan_s = \"{text}\"");
            let holds = |value| breaches(&claim, |run| RunRow { makespan_s: Some(value), ..run }).is_empty();
            assert_eq!((holds(1.0), holds(2.0), holds(3.0)), (below, equal, above), "{text}");
        }
    }

    #[test]
    fn a_goal_has_two_sides_and_no_name() {
        let seen = Observation::of(&sample_result());
        let run = |t100_p95_s, bound_s| {
            let mut other = seen.clone();
            other.run = seen.run.clone().map(|run| RunRow { t100_p95_s, bound_s, ..run });
            other
        };
        let goal = Claim::goal("t100_p95_s <= 2 * bound_s").unwrap();
        let late = run(Some(8.0), Some(3.0));
        assert_eq!((goal.values(&late), goal.is_met(&late)), ([Some(8.0), Some(6.0)], false));
        let never = run(None, Some(3.0));
        assert_eq!((goal.values(&never), goal.is_met(&never)), ([None, Some(6.0)], false));
        let both = Claim::goal("seeders < 5 and missing == 0").unwrap();
        assert_eq!(both.values(&late), [None, None], "these are two comparisons");
        for (text, words) in [
            ("<= 3", "nothing stands before its sign"),
            ("bound_ss < 2", "did you mean `bound_s`?"),
            ("makespan_s", "not a comparison"),
        ] {
            let error = Claim::goal(text).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("= expected"), "{text}: {error}");
        }
        let foreign =
            |text: &str, of_storage| Claim::goal(text).unwrap().foreign_to(of_storage).map(|of| of.name.as_str());
        assert_eq!(foreign("datasets_lost == 0", false), Some("datasets_lost"));
        assert_eq!(
            (foreign("datasets_lost == 0", true), foreign("efficiency > 0.5", true)),
            (None, Some("efficiency"))
        );
    }

    /// Whose difference is zero only where two measures happen to be equal.
    #[test]
    fn a_claim_may_divide_by_what_is_not_always_zero() {
        Claim::goal("1 / (makespan_s - bound_s) < 3").unwrap();
    }

    #[test]
    fn what_is_no_claim_is_refused_where_it_is_written() {
        for (text, words) in [
            ("makespan = \"<= 100\"", "did you mean `makespan_s`?"),
            ("status = \"<= 100\"", "`status` is not measured"),
            ("efficiency = \"=< 1\"", "not a comparison: unexpected"),
            ("efficiency = \"<= fast\"", "`fast` is not measured"),
            ("a = \"makespan_s\"", "not a comparison"),
            ("a = \"1 < 2\"", "not a comparison of measures"),
            ("a = \"missing / 0 < 2\"", "nothing comes out of it: "),
            ("makespan_s = \"<= 2 / (1 - 1)\"", "nothing comes out of it: "),
            ("a = \"makespan_s / 2\"", "not a comparison"),
            ("a = \"bound_ss < 2\"", "did you mean `bound_s`?"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words) && error.contains(".toml:"), "{text}: {error}");
        }
    }
}
