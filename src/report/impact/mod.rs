//! What a change does.

mod answer;
mod figures;
mod json;
#[cfg(test)]
mod sample;
mod tables;
mod words;

pub use answer::worse;
pub use figures::{bytes as bytes_figure, changes as changes_figure};
pub use json::{json, rows};

use super::document::{Document, Picture};
use crate::results::Program;
use crate::study::Impact;

/// Names of the figures beside the document.
pub const FIGURES: [&str; 2] = ["impact-changes.svg", "impact-bytes.svg"];

/// The answer in sentences, then the tables, worlds first; method and command, to paste
/// into an RFC. With `per_pair`, the real time of a pair in s, also how long it would take
/// to decide what is undecided.
pub fn impact(found: &Impact, per_pair: Option<f64>) -> Document {
    let mut document = Document::new(format!("Simulated impact: {}", answer::title(found)));
    document.answer(answer::summary(found));
    document.heading("Worlds");
    document.paragraph(tables::MARKS);
    document.grid(tables::worlds(found));
    document.pages(|page| page.list(words::worlds(found)));
    document.heading("All worlds together");
    document.grid(tables::whole(found, per_pair));
    figure(&mut document, "Changes with their intervals", FIGURES[0], changes_figure(found));
    document.heading("Bytes on the wire");
    document.paragraph(tables::SUMS);
    document.grid(tables::classes(found, per_pair));
    figure(&mut document, "Bytes by class", FIGURES[1], bytes_figure(found));
    document.list(words::verdicts(found));
    document.pages(|page| method(page, found));
    document
}

fn figure(document: &mut Document, title: &str, file: &str, drawn: Option<String>) {
    if let Some(svg) = drawn {
        document.picture(Picture { title: title.into(), file: file.into(), svg, ..Picture::default() });
    }
}

fn method(page: &mut Document, found: &Impact) {
    let Program { name, version, .. } = Program::this();
    page.heading("Method");
    page.list(words::QUANTITIES);
    page.list([
        "Both sides meet the same worlds with the same seeds; a pair is one seed on both sides. t tests over pairs, \
         corrected for the number of quantities (Holm) and of looks at the data (Bonferroni)."
            .into(),
        format!("Simulated with {name} {version}; what its models leave out is in its documentation."),
    ]);
    page.command(words::command(found));
    words::caution(found).into_iter().for_each(|line| page.paragraph(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_the_answer_in_every_form() {
        let (found, summary) = (sample::impact(), answer::summary(&sample::impact()));
        let document = impact(&found, None);
        let text = document.terminal(None);
        assert!(text.starts_with(&summary.join("\n")), "{text}");
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words}"));
        assert!(at("\nWorlds\n") < at("\nAll worlds together\n") && at("\nAll worlds together\n") < at("\nBytes on"));
        assert!(document.markdown(2).contains(&summary[0].replace('|', "\\|").replace('<', "&lt;")));
        let escaped = |text: &str| text.replace('<', "&lt;").replace('>', "&gt;");
        let page = document.html();
        assert!(summary.iter().all(|line| page.contains(&escaped(line))) && !page.contains("<a>"));
        assert_eq!(page.matches("<svg").count(), 2);
        assert!(page.contains("ended at 8 pairs. The command goes on"));
    }

    #[test]
    fn markdown_can_be_pasted_and_the_command_is_there() {
        let text = impact(&sample::impact(), None).markdown(2);
        assert!(text.contains("codexsim impact --base base --change 'own models/a.toml' --pack quick"), "{text}");
        assert!(text.contains("--change-set 'network.up=1 Mbit/s'") && text.contains(FIGURES[0]));
        assert!(text.contains("- near: network.latency = 5 ms\n"), "{text}");
        assert!(!text.contains("<a>"), "no tags of others");
        assert!(
            text.ends_with("ended at 8 pairs. The command goes on, to 64 at the most, and then gives other numbers.\n")
        );
        let mut all = sample::impact();
        all.request.max_pairs = 8;
        assert!(impact(&all, None).markdown(2).ends_with("```\n"), "with all pairs the command gives the same");
    }
}
