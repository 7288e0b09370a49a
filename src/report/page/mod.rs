//! What all HTML reports share: one page that holds everything, styled for the
//! screen and for paper, and the one way to fill it.
//!
//! A report's template begins with `{% extends "base.html" %}` and fills the
//! blocks `title`, `style` (optional) and `body`. Whatever is not
//! marked `|safe` is escaped. Classes for cells: `n` a number, `bad` and `good` a
//! finding.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

const BASE: &str = include_str!("base.html");

/// What made a page, for its last line: nothing that differs between two equal ones.
fn made_by() -> String {
    let program = crate::results::Program::this();
    format!("Made by {} {}.", program.name, program.version)
}

/// The page that `template` makes of `values`. The template is part of the
/// program, so one that is wrong is an error of ours.
pub(super) fn page(template: &str, values: impl Serialize) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_global("made_by", made_by());
    environment.add_template("base.html", BASE).expect("the base is fixed and right");
    let template = environment.template_from_str(template).expect("the template is fixed and right");
    template.render(Serde(values)).expect("every value the template names is there")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHILD: &str = "{% extends \"base.html\" %}{% block title %}{{ text }}{% endblock %}\
        {% block body %}<h1>{{ text }}</h1>{{ text|safe }}{% endblock %}";

    #[test]
    fn a_page_is_whole_escaped_and_fetches_nothing() {
        let page = page(CHILD, std::collections::BTreeMap::from([("text", "a <b>")]));
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
        assert!(page.contains("<title>codexsim: a &lt;b&gt;</title>") && page.contains("<h1>a &lt;b&gt;</h1>a <b>"));
        assert!(page.contains(&made_by()) && page.contains("@media print"));
        assert!(!page.contains("src=") && !page.contains("http"), "nothing is fetched");
    }
}
