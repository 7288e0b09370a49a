//! Which inputs of a scenario matter.

mod answer;
mod figures;
mod rows;
#[cfg(test)]
mod sample;
mod tables;
mod words;

pub use rows::{json, rows};

use super::document::Document;
use crate::study::{Influence, Sensitivity};

/// The answer in sentences, then each measure with tables and figures, then what was varied and
/// what the numbers mean. `command` makes it again.
pub fn sensitivity(found: &Sensitivity, command: &str) -> Document {
    let mut document = Document::new(format!("What matters in {}", found.name));
    document.made_by(command);
    document.answer(answer::answer(found));
    found.influences.iter().for_each(|influence| section(&mut document, found, influence));
    document.heading("Inputs");
    document.grid(tables::inputs(found));
    if !found.left_out.is_empty() {
        document.paragraph("Settings that were left as they are, as no range was given:");
        document.list(found.left_out.iter().map(|left_out| format!("{}: {}", left_out.key, left_out.reason)));
    }
    document.pages(|page| {
        page.heading("Method");
        page.list(words::method(found));
        page.command(command);
    });
    document
}

fn section(document: &mut Document, found: &Sensitivity, influence: &Influence) {
    document.heading(words::title(found, influence));
    words::doubts(influence).into_iter().for_each(|doubt| document.warning(doubt));
    if let Some(shares) = &influence.shares {
        document.grid(tables::shares(found, shares));
        document.pages(|page| figures::shares(found, influence, shares).into_iter().for_each(|it| page.picture(it)));
    }
    if let Some(screening) = &influence.screening {
        document.grid(tables::screening(found, influence, screening));
        document.pages(|page| {
            figures::screening(found, influence, screening).into_iter().for_each(|it| page.picture(it));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_comes_first_in_every_form() {
        let found = sample::sensitivity();
        let document = sensitivity(&found, "codexsim sensitivity 'a b.toml'");
        let text = document.terminal(None);
        let lines = answer::answer(&found);
        assert!(text.starts_with(&lines[0]), "{text}");
        for words in ["matters alone", "not told from noise", "no effect", "another seed", "1..8 log", "hardware"] {
            assert!(text.contains(words), "no {words}: {text}");
        }
        assert!(!text.contains("Jansen"), "the method is for pages");
        let page = document.html();
        assert_eq!(page.matches("<svg").count(), 4, "two figures for each measure");
        assert!(page.contains("Jansen") && page.contains("codexsim sensitivity &#x27;a b.toml&#x27;"), "{page}");
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains("http") && !own.contains("src="), "nothing is fetched");
    }
}
