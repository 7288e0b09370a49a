//! Things to look at before trusting a result.

/// Warns once about a model whose numbers were not checked.
pub(super) fn warn_uncalibrated(file: &str, calibrated: bool, warnings: &mut Vec<String>) {
    if !calibrated {
        warn(warnings, &format!("{UNCALIBRATED}{file}"));
    }
}

/// How the one warning about models that nobody checked begins; their files follow.
const UNCALIBRATED: &str = "not calibrated, so never checked against measurements: ";

/// Adds to the warnings of a scenario or of several. Nothing is said twice, and
/// what is about models that are not calibrated is said in one line.
pub fn warn(warnings: &mut Vec<String>, warning: &str) {
    let files =
        |text: &str| text.strip_prefix(UNCALIBRATED).map(|files| files.split(", ").map(str::to_owned).collect());
    let Some(new): Option<Vec<String>> = files(warning) else {
        if !warnings.iter().any(|known| known == warning) {
            warnings.push(warning.into());
        }
        return;
    };
    match warnings.iter_mut().find_map(|known| files(known).map(|old| (known, old))) {
        None => warnings.push(warning.into()),
        Some((known, mut all)) => {
            all.extend(new.into_iter().filter(|file| !all.contains(file)).collect::<Vec<String>>());
            *known = format!("{UNCALIBRATED}{}", all.join(", "));
        }
    }
}
