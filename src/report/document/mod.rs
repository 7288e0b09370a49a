//! A report: written once, shown on the terminal, as Markdown or as one HTML page.
//!
//! What a report says is a list of elements. How an element looks is known to the three
//! renderers alone: escaping, alignment, what fits and what is left out.

mod html;
mod markdown;
mod terminal;

use serde::Serialize;

/// A report. The terminal has no room for figures and explanations at length: what
/// stands on [`Document::pages`] is left out there, and headings of nothing go.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    title: String,
    /// The command that makes it again, told beside the data of figures.
    command: String,
    elements: Vec<PlacedElement>,
}

#[derive(Debug, Clone, PartialEq)]
struct PlacedElement {
    element: Element,
    pages_only: bool,
}

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Element {
    /// Of level 2 (sections) or 3.
    Heading {
        level: usize,
        text: String,
    },
    /// What the report is for; the first line in bold.
    Answer {
        lines: Vec<String>,
    },
    Paragraph {
        text: String,
    },
    /// What puts all numbers in doubt.
    Warning {
        text: String,
    },
    List {
        items: Vec<String>,
    },
    Grid(Grid),
    Picture(Picture),
    /// To be typed, or put into a file, as it is.
    Command {
        text: String,
    },
    /// Long, and for who asks: folded on a page, absent on the terminal.
    Details {
        title: String,
        text: String,
    },
}

/// A table of texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grid {
    columns: Vec<GridColumn>,
    rows: Vec<Vec<GridCell>>,
}

/// A column of a [`Grid`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GridColumn {
    title: String,
    /// Numbers stand to the right.
    right: bool,
    /// Where not all columns fit, those with the largest number go first; 0 always stays.
    rank: u8,
}

/// What stands in one row of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GridCell {
    text: String,
    tone: Tone,
}

/// What a number says of what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Tone {
    /// Nothing.
    #[serde(rename = "")]
    Plain,
    /// It is for the better.
    #[serde(rename = "good")]
    Good,
    /// It is for the worse.
    #[serde(rename = "bad")]
    Bad,
}

/// A figure with all that belongs to it; it is drawn where it has a drawing for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Picture {
    /// Above it; may be empty.
    pub title: String,
    /// What is shown, and what is not.
    pub caption: String,
    /// One or several `<svg>` elements, for pages.
    pub svg: String,
    /// Out of characters, for the terminal.
    pub text: String,
    /// The file beside the document that has the drawing, which Markdown needs.
    pub file: String,
    /// The numbers that are drawn, as CSV.
    pub data: String,
}

impl GridColumn {
    /// A column of words.
    pub fn words(title: impl Into<String>) -> GridColumn {
        GridColumn { title: title.into(), right: false, rank: 0 }
    }

    /// A column of numbers.
    pub fn numbers(title: impl Into<String>) -> GridColumn {
        GridColumn { right: true, ..GridColumn::words(title) }
    }

    /// The same column, which goes before those with a smaller `rank` where not all fit.
    pub fn ranked(self, rank: u8) -> GridColumn {
        GridColumn { rank, ..self }
    }
}

impl GridCell {
    /// A text with a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> GridCell {
        GridCell { text: text.into(), tone }
    }
}

impl From<String> for GridCell {
    fn from(text: String) -> GridCell {
        GridCell::toned(text, Tone::Plain)
    }
}

impl From<&str> for GridCell {
    fn from(text: &str) -> GridCell {
        text.to_owned().into()
    }
}

impl Grid {
    /// Without rows.
    pub fn new(columns: impl IntoIterator<Item = GridColumn>) -> Grid {
        Grid { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row, as long as there are columns.
    pub fn row<E: Into<GridCell>>(&mut self, entries: impl IntoIterator<Item = E>) {
        let row: Vec<GridCell> = entries.into_iter().map(Into::into).collect();
        assert_eq!(row.len(), self.columns.len(), "a row is as long as the head of its table");
        self.rows.push(row);
    }

    /// The texts, row by row.
    #[cfg(test)]
    pub fn texts(&self) -> Vec<Vec<&str>> {
        self.rows.iter().map(|row| row.iter().map(|entry| entry.text.as_str()).collect()).collect()
    }

    /// The tones, row by row.
    #[cfg(test)]
    pub fn tones(&self) -> Vec<Vec<Tone>> {
        self.rows.iter().map(|row| row.iter().map(|entry| entry.tone).collect()).collect()
    }

    fn has_head(&self) -> bool {
        self.columns.iter().any(|column| !column.title.is_empty())
    }
}

impl Document {
    /// An empty one.
    pub fn new(title: impl Into<String>) -> Document {
        Document { title: title.into(), command: String::new(), elements: Vec::new() }
    }

    /// Says which command makes it again.
    pub fn made_by(&mut self, command: &str) {
        self.command = command.into();
    }

    /// Adds what `fill` says where there is room: on pages, not on the terminal.
    pub fn pages(&mut self, fill: impl FnOnce(&mut Document)) {
        let first = self.elements.len();
        fill(self);
        self.elements[first..].iter_mut().for_each(|placed| placed.pages_only = true);
    }

    fn add(&mut self, element: Element) {
        self.elements.push(PlacedElement { element, pages_only: false });
    }

    /// Begins a section.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.add(Element::Heading { level: 2, text: text.into() });
    }

    /// Begins a part of a section.
    pub fn subheading(&mut self, text: impl Into<String>) {
        self.add(Element::Heading { level: 3, text: text.into() });
    }

    /// Adds what the report is for, the most important line first. It belongs on top.
    pub fn answer(&mut self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.add(Element::Answer { lines });
        }
    }

    /// Adds a sentence or more.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.add(Element::Paragraph { text: text.into() });
    }

    /// Adds a sentence that puts all numbers in doubt.
    pub fn warning(&mut self, text: impl Into<String>) {
        self.add(Element::Warning { text: text.into() });
    }

    /// Adds sentences that stand for themselves; nothing when there are none.
    pub fn list<S: Into<String>>(&mut self, items: impl IntoIterator<Item = S>) {
        let items: Vec<String> = items.into_iter().map(Into::into).collect();
        if !items.is_empty() {
            self.add(Element::List { items });
        }
    }

    /// Adds a table; nothing when it has no row.
    pub fn grid(&mut self, grid: Grid) {
        if !grid.rows.is_empty() {
            self.add(Element::Grid(grid));
        }
    }

    /// Adds a figure.
    pub fn picture(&mut self, picture: Picture) {
        self.add(Element::Picture(picture));
    }

    /// Adds what is to be typed or copied.
    pub fn command(&mut self, text: impl Into<String>) {
        self.add(Element::Command { text: text.into() });
    }

    /// Adds what is long and seldom asked for.
    pub fn details(&mut self, title: &str, text: impl Into<String>) {
        self.add(Element::Details { title: title.into(), text: text.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each element.
    pub fn sample() -> Document {
        let mut document = Document::new("a <b>");
        document.made_by("codexsim report 'a b'");
        document.answer(vec!["It is <so>.".into(), "Or not.".into()]);
        document.warning("1 run failed.");
        document.heading("Numbers | all");
        let mut grid = Grid::new([
            GridColumn::words("name"),
            GridColumn::numbers("first").ranked(2),
            GridColumn::numbers("second").ranked(1),
            GridColumn::numbers("third"),
        ]);
        grid.row(["a|b <c>", "1", "22", "333"]);
        grid.row([GridCell::from("d"), GridCell::toned("4", Tone::Bad), "5".into(), "6".into()]);
        document.grid(grid);
        document.pages(|page| {
            page.subheading("Drawn");
            page.picture(Picture {
                title: "Rise".into(),
                caption: "It <rises>.".into(),
                svg: "<svg></svg>".into(),
                file: "rise.svg".into(),
                data: "x,y\n1,2\n".into(),
                ..Picture::default()
            });
        });
        document.heading("Empty on the terminal");
        document.details("In full", "key = \"<v>\"");
        document.heading("Notes");
        document.list(["one", "two"]);
        document.command("codexsim report 'a b'");
        document
    }

    #[test]
    fn the_terminal_has_what_fits_and_says_what_does_not() {
        let whole = sample().terminal(None);
        assert!(whole.starts_with("It is <so>.\nOr not.\n\n1 run failed.\n\nNumbers | all\n\n"), "{whole}");
        assert!(!whole.contains("Drawn") && !whole.contains("Empty") && !whole.contains("In full"), "{whole}");
        assert!(whole.contains("a|b <c>") && whole.contains("333") && !whole.contains("not shown"), "{whole}");
        let narrow = sample().terminal(Some(26));
        let head = narrow.lines().find(|line| line.contains("name")).unwrap();
        assert!(head.contains("second") && !head.contains("first"), "the first to go: {narrow}");
        assert!(narrow.contains("not shown: first (--wide\nshows all)\n"), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 26), "{narrow}");
        let least = sample().terminal(Some(16));
        assert!(least.contains("first; second") && least.contains("333"), "{least}");
    }

    #[test]
    fn a_narrow_table_breaks_between_words() {
        let mut grid = Grid::new(["network size", "protocol"].map(GridColumn::words));
        grid.row(["with two words", "codex-v2-parallel"]);
        let mut document = Document::new("t");
        document.grid(grid);
        let words: Vec<String> = document.terminal(Some(28)).split_whitespace().map(str::to_owned).collect();
        for word in ["network", "protocol", "words", "codex-v2-parallel"] {
            assert!(words.iter().any(|shown| shown == word), "{words:?}");
        }
    }

    #[test]
    fn a_figure_out_of_characters_is_for_the_terminal() {
        let mut document = Document::new("t");
        document.picture(Picture { title: "Rise".into(), text: " /\n/\n".into(), ..Picture::default() });
        assert_eq!(document.terminal(Some(40)), "Rise\n /\n/\n");
        assert!(!document.html().contains("figure>") && !document.markdown(1).contains("Rise"));
    }

    #[test]
    fn markdown_is_whole_and_escaped() {
        let text = sample().markdown(2);
        assert!(text.starts_with("## a &lt;b>\n\nIt is &lt;so>.\n\nOr not.\n\n"), "{text}");
        assert!(text.contains("### Numbers \\| all\n") && text.contains("#### Drawn\n\n![Rise](rise.svg)\n"), "{text}");
        assert!(text.contains("| name | first | second | third |\n| --- | ---: | ---: | ---: |\n"), "{text}");
        assert!(text.contains("| a\\|b &lt;c> | 1 | 22 | 333 |\n"), "{text}");
        assert!(text.contains("- one\n- two\n\n```sh\ncodexsim report 'a b'\n```\n"), "{text}");
    }

    #[test]
    fn a_page_is_whole_escaped_and_fetches_nothing() {
        let page = sample().html();
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
        assert!(page.contains("<h1>a &lt;b&gt;</h1>") && page.contains("<strong>It is &lt;so&gt;.</strong>"));
        assert!(page.contains("<td>a|b &lt;c&gt;</td><td class=\"n\">1</td>"), "{page}");
        assert!(page.contains("<td class=\"n bad\">4</td>") && page.contains("<p class=\"bad\">1 run failed.</p>"));
        assert!(page.contains("<svg></svg>") && page.contains("<pre>x,y\n1,2\n</pre>"));
        assert!(page.contains("<summary>In full</summary><pre>key = &quot;&lt;v&gt;&quot;</pre>"));
        assert!(!page.contains("src=") && !page.contains("http"), "nothing is fetched");
    }

    #[test]
    #[should_panic(expected = "as long as the head")]
    fn a_row_of_another_length_is_a_mistake() {
        Grid::new([GridColumn::words("a")]).row(["b", "c"]);
    }
}
