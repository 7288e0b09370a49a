//! A section to paste into an RFC.

use super::answer::{summary, title};
use super::tables::{MARKS, SUMS, Table, classes, whole, worlds};
use super::words::{caution, command, legend, worlds as described};
use super::{bytes_figure, changes_figure};
use crate::study::Impact;

/// Names of the figures beside the text.
pub(super) const FIGURES: [&str; 2] = ["impact-changes.svg", "impact-bytes.svg"];

/// Answer, tables, worlds, method, command. `program` is what made the numbers.
pub fn markdown(impact: &Impact, program: &str) -> String {
    let mut text = format!("## Simulated impact: {}\n\n", escaped(&title(impact)));
    summary(impact).iter().for_each(|line| text += &format!("{}\n\n", escaped(line)));
    text += &format!("### Worlds\n\n{}\n\n", escaped(MARKS));
    text += &table(&worlds(impact));
    text += "\n";
    described(impact).iter().for_each(|line| text += &format!("- {}\n", escaped(line)));
    text += "\n### All worlds together\n\n";
    text += &table(&whole(impact, None));
    let figure = |words: &str, name: &str, figure: Option<String>| {
        figure.map_or(String::new(), |_| format!("\n![{words}]({name})\n"))
    };
    text += &figure("Changes with their intervals", FIGURES[0], changes_figure(impact));
    text += &format!("\n### Bytes on the wire\n\n{SUMS}\n\n");
    text += &table(&classes(impact, None));
    text += &figure("Bytes by class", FIGURES[1], bytes_figure(impact));
    text += "\n### Method\n\n";
    legend(impact).iter().for_each(|line| text += &format!("- {line}\n"));
    text += &format!(
        "- Both sides meet the same worlds with the same seeds; a pair is one seed on both sides. t tests over pairs, \
         corrected for the number of quantities (Holm) and of looks at the data (Bonferroni).\n- Simulated with {program}; \
         what its models leave out is in its documentation.\n\n```sh\n{}\n```\n",
        command(impact)
    );
    caution(impact).iter().for_each(|line| text += &format!("\n{line}\n"));
    text
}

fn table(table: &Table) -> String {
    let mut text = row(&table.titles);
    let align = |column: usize| if column == 0 { "---" } else { "---:" };
    text += &row(&(0..table.titles.len()).map(|column| align(column).to_owned()).collect::<Vec<_>>());
    table.rows.iter().for_each(|line| text += &row(&line.cells));
    text
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Bars would end a cell, and brackets of names would be tags.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::sample::impact;
    use super::*;

    #[test]
    fn tables_are_whole_and_the_command_is_there() {
        let text = markdown(&impact(), "codexsim 1");
        let mut bars = 0;
        for line in text.lines() {
            let now = line.replace("\\|", "").matches('|').count();
            assert!(!line.starts_with('|') || bars == 0 || now == bars, "{line}");
            bars = if line.starts_with('|') { now } else { 0 };
        }
        for table in [whole(&impact(), None), classes(&impact(), None), worlds(&impact())] {
            for row in table.rows {
                assert!(text.contains(&super::row(&row.cells)), "{:?}", row.cells);
            }
        }
        assert!(text.contains("codexsim impact --base base --change 'own models/a.toml' --pack quick"), "{text}");
        assert!(text.contains("--change-set 'network.up=1 Mbit/s'") && text.contains(FIGURES[0]));
        assert!(text.contains("- near: network.latency = 5 ms\n"), "{text}");
        assert!(!text.contains("<a>"), "no tags of others");
        assert!(
            text.ends_with("ended at 8 pairs. The command goes on, to 64 at the most, and then gives other numbers.\n")
        );
        let mut all = impact();
        all.request.max_pairs = 8;
        assert!(markdown(&all, "codexsim 1").ends_with("```\n"), "with all pairs the command gives the same");
    }
}
