//! `codexsim report DIR` as a user meets it: the numbers on the page are those of
//! the result files, and what is missing is said.

use crate::common::place::Place;
use codexsim::results::{NodeRow, Record, TableRow, TimelineRow, median, quantile, read};
use std::fs::{self, File};

const STUDY: &str = r#"
name = "tiny <study>"
seed = 5
[swarm]
file_size = "2 MiB"
[network]
up = "10 Mbit/s"
down = "10 Mbit/s"
latency = "20 ms"
[sweep]
protocol = ["bittorrent", "direct"]
constrained__networkSize_seeders = [[4, 1], [8, [1, 2]], [16, 1]]
repetitions = 3
"#;

impl Place {
    fn table<R: TableRow>(&self, dir: &str) -> Vec<R> {
        read(File::open(self.path(dir).join(R::KIND.file)).unwrap()).unwrap()
    }

    fn page(&self, dir: &str) -> String {
        fs::read_to_string(self.path(dir).join("report.html")).unwrap()
    }
}

/// The rows of the table under the figure `title`, without their header.
fn data(page: &str, title: &str) -> Vec<Vec<String>> {
    let after = page.split(&format!("<h3>{title}")).nth(1).unwrap_or_else(|| panic!("no figure {title}"));
    let text = after.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'");
    let text = text.replace("&#x2f;", "/").replace("&amp;", "&");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs()
}

/// The runs of a protocol in a swarm.
fn of<'a>(runs: &'a [Record], protocol: &str, nodes: u32, seeders: u32) -> Vec<&'a Record> {
    let wanted = (protocol, nodes, seeders);
    runs.iter().filter(|r| (&*r.run.protocol, r.run.network_size, r.run.seeders) == wanted).collect()
}

/// When the leechers of `runs` were complete, ascending; all start together.
fn ends(nodes: &[NodeRow], runs: &[&Record]) -> Vec<f64> {
    let mine = nodes.iter().filter(|n| n.role == "leecher" && runs.iter().any(|r| r.run.run_id == n.run_id));
    let mut ends: Vec<f64> = mine.filter_map(|n| n.t100_s).collect();
    ends.sort_by(f64::total_cmp);
    ends
}

/// The faster and the slower protocol and how often its time the other takes, from the
/// files: the mean of the logarithms over the pairs of each cell, and of these over cells.
fn race(runs: &[Record], nodes: &[NodeRow]) -> (&'static str, &'static str, f64) {
    let cell = |(size, seeders): (u32, u32)| {
        let [own, other] = ["bittorrent", "direct"].map(|protocol| of(runs, protocol, size, seeders));
        let time = |record: &Record| median(&ends(nodes, &[record])).unwrap();
        let same = |a: &Record, b: &Record| (a.run.seed, a.run.seeder_set) == (b.run.seed, b.run.seeder_set);
        let other = |record: &Record| time(other.iter().find(|other| same(record, other)).unwrap());
        let logs: Vec<f64> = own.iter().map(|record| libm::log(time(record) / other(record))).collect();
        assert_eq!(logs.len(), 3, "repetitions");
        logs.iter().sum::<f64>() / 3.0
    };
    let mean = [(4, 1), (8, 1), (8, 2), (16, 1)].map(cell).iter().sum::<f64>() / 4.0;
    if mean < 0.0 { ("bittorrent", "direct", libm::exp(-mean)) } else { ("direct", "bittorrent", libm::exp(mean)) }
}

#[test]
fn the_numbers_on_the_page_are_those_of_the_files() {
    let place = Place::new(STUDY);
    place.codexsim(&["sweep", "s.toml", "--out", "r"]).code(0);
    let assert = place.codexsim(&["report", "r"]).code(0);
    let shown = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let points =
        shown.lines().filter(|line| ["bittorrent", "direct"].iter().any(|name| line.contains(&format!(" {name} "))));
    assert_eq!(points.filter(|line| line.contains("/")).count(), 8, "a line for each point: {shown}");
    let (page, runs, nodes) = (place.page("r"), place.runs("r").records, place.table::<NodeRow>("r"));
    assert!(
        page.contains("tiny &lt;study&gt;")
            && page.contains("sweep s.toml --out r")
            && page.contains("codexsim report r")
    );
    let (curves, times) = (data(&page, "Completion"), data(&page, "Download time against network size"));
    let (speeds, bytes) = (data(&page, "Speed against network size"), data(&page, "Bytes by class"));
    let (vain, efficiency) = (data(&page, "Bytes beside the payload"), data(&page, "Efficiency against the bound"));
    for protocol in ["bittorrent", "direct"] {
        for (size, seeders) in [(4, 1), (8, 1), (8, 2), (16, 1)] {
            let point = format!("{size} nodes, {seeders} seeder{}: {protocol}", if seeders > 1 { "s" } else { "" });
            let mine = of(&runs, protocol, size, seeders);
            let ends = ends(&nodes, &mine);
            let drawn: Vec<(f64, f64)> =
                curves.iter().filter(|row| row[0] == point).map(|row| (number(&row[1]), number(&row[2]))).collect();
            let share = |rank: usize| (rank as f64) / f64::from(3 * (size - seeders));
            let steps = ends.iter().enumerate().map(|(index, end)| (*end, share(index + 1)));
            assert_eq!(drawn[1..], steps.collect::<Vec<_>>(), "{point}");
            let all: f64 = bytes.iter().filter(|row| row[0] == point).map(|row| number(&row[2])).sum();
            let wire = mine.iter().map(|r| r.run.wire_bytes.unwrap() as f64).sum::<f64>() / 3.0;
            assert!(close(all, wire), "{point}: {all} {wire}");
            let payload = mine.iter().map(|r| r.run.payload_bytes.unwrap() as f64).sum::<f64>() / 3.0;
            let rest: f64 = vain.iter().filter(|row| row[0] == point).map(|row| number(&row[2])).sum();
            assert!(close(rest + 1.0, wire / payload), "{point}: {rest}");
            let expected = median(&mine.iter().filter_map(|r| r.run.efficiency).collect::<Vec<_>>()).unwrap();
            assert!(efficiency.iter().any(|row| row[0] == point && number(&row[1]) == expected), "{point}");
            if seeders > 1 {
                continue;
            }
            let row = |table: &[Vec<String>]| -> Vec<f64> {
                let mine = |row: &&Vec<String>| row[0] == protocol && row[2] == size.to_string();
                table.iter().find(mine).unwrap()[3..6].iter().map(|text| number(text)).collect()
            };
            let [middle, low, high] = [0.5, 0.05, 0.95].map(|p| quantile(&ends, p).unwrap());
            assert_eq!(row(&times), [middle, low, high], "{point}");
            let bits = 8.0 * f64::from(2 << 20);
            assert_eq!(row(&speeds), [bits / middle, bits / high, bits / low], "{point}");
        }
    }
    assert!(
        page.contains("Scaling with network size") && !page.contains("Scaling with seeders"),
        "two seeders are no fit"
    );
    assert!(!page.contains("src=") && !page.contains("<script"), "nothing is fetched or run");
    let (faster, slower, ratio) = race(&runs, &nodes);
    let answer = shown.lines().next().unwrap();
    assert!(answer.starts_with(&format!("{faster} is {ratio:.2} [")), "{answer}");
    assert!(answer.ends_with(&format!("] times as fast as {slower} (12 pairs in all 4 cells).")), "{answer}");
    assert!(page.contains(&format!("<strong>{answer}</strong>")));
    place.codexsim(&["report", "r", "--quiet"]).code(0).stderr("");
    assert_eq!(page, place.page("r"), "the same again");
}

/// One uplink serves one leecher, so the time is the size over the rate, and a
/// round trip or two beside it.
#[test]
fn the_exponent_of_a_direct_download_is_that_of_its_closed_form() {
    let place = Place::new(
        "name = \"law\"\nprotocol = \"direct\"\n[swarm]\nseeders = 1\nnetwork_size = 2\nfile_size = \"1 MB\"\n\
         [network]\nmodel = \"fifo\"\nup = \"8 Mbit/s\"\ndown = \"100 Mbit/s\"\nlatency = \"1 ms\"\n\
         [sweep]\n\"network.up\" = [\"1 Mbit/s\", \"2 Mbit/s\", \"4 Mbit/s\", \"8 Mbit/s\"]\n",
    );
    place.codexsim(&["sweep", "s.toml", "--out", "r"]).code(0);
    place.codexsim(&["report", "r"]).code(0);
    let page = place.page("r");
    let text = page.split("Scaling with uplink").nth(1).unwrap();
    let exponent = text.split("<td class=\"n\">").nth(1).unwrap().split(' ').next().unwrap();
    assert!((number(exponent) + 1.0).abs() < 0.03, "time falls as the uplink grows: {exponent}");
}

/// As the time limit comes nearer fewer downloads end; medians are of all.
#[test]
fn a_point_whose_median_download_did_not_end_is_left_out_and_said() {
    let place = Place::new(
        "name = \"cut\"\nprotocol = \"bittorrent\"\nseed = 5\n[swarm]\nseeders = 1\nnetwork_size = 9\n\
         file_size = \"1 MB\"\n[network]\nup = \"10 Mbit/s\"\ndown = \"10 Mbit/s\"\n[stop]\nmax_time = \"14.5 s\"\n\
         [sweep]\n\"swarm.file_size\" = [\"1 MB\", \"2 MB\", \"4 MB\", \"8 MB\", \"16 MB\"]\n",
    );
    place.codexsim(&["sweep", "s.toml", "--out", "r"]).code(0);
    place.codexsim(&["report", "r"]).code(0);
    let (page, nodes) = (place.page("r"), place.table::<NodeRow>("r"));
    let rows = data(&page, "Download time against file size");
    let (mut partly, mut unreached) = (0, 0);
    for (record, row) in place.runs("r").records.iter().zip(&rows) {
        let mut ends = ends(&nodes, &[record]);
        assert_eq!((&row[6], &row[7]), (&ends.len().to_string(), &"8".to_owned()));
        partly += usize::from((1..8).contains(&ends.len()));
        ends.resize(8, f64::INFINITY);
        let middle = (ends[3] + ends[4]) / 2.0;
        unreached += usize::from(middle.is_infinite());
        assert_eq!(row[3], if middle.is_finite() { middle.to_string() } else { String::new() });
    }
    assert!(partly > 0 && (1..=2).contains(&unreached), "{rows:?}");
    assert!(page.contains(&format!(" {unreached} of them did not reach the median")));
    let scaling = page.split("Scaling with file size").nth(1).unwrap();
    let counts = format!("<td class=\"n\">{}</td><td class=\"n\">{unreached}</td>", 5 - unreached);
    assert!(scaling.contains(&counts), "no {counts}");
}

#[test]
fn runs_that_are_missing_are_said_first() {
    let place = Place::new(STUDY);
    place.part("r", "1/2", &[]);
    let assert = place.codexsim(&["report", "r", "--out", "elsewhere"]).code(3);
    let shown = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let finished = place.runs("r").records.len();
    let words = format!("{} of 24 planned runs have no result", 24 - finished);
    assert!(finished > 0 && finished < 24 && shown.starts_with(&words), "{shown}");
    assert!(place.page("elsewhere").split("<h2>").next().unwrap().contains(&words), "before all figures");
    assert!(!place.path("r/report.html").exists());
}

#[test]
fn rows_that_failed_are_said_whatever_the_manifest_holds() {
    let place = Place::new(STUDY);
    place.codexsim(&["sweep", "s.toml", "--out", "r"]).code(0);
    let file = place.path("r/runs.csv");
    let text = fs::read_to_string(&file).unwrap().replacen(",complete,", ",failed: out of luck,", 1);
    fs::write(file, text).unwrap();
    let assert = place.codexsim(&["report", "r", "--out", "it's <here>"]).code(3);
    let shown = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(shown.starts_with("1 of 24 planned runs have no result: 1 failed, 0 missing."), "{shown}");
    let page = fs::read_to_string(place.path("it's <here>/report.html")).unwrap();
    assert!(
        page.contains("codexsim report r --out &#x27;it&#x27;\\&#x27;&#x27;s &lt;here&gt;&#x27;"),
        "quoted and escaped"
    );
}

#[test]
fn downloads_that_take_no_time_have_no_speed() {
    let place = Place::new(
        "name = \"none\"\nprotocol = \"ideal\"\n[swarm]\nseeders = 1\nfile_size = \"1 MB\"\n[network]\n\
         model = \"ideal\"\nup = \"unlimited\"\ndown = \"unlimited\"\nlatency = \"0 s\"\n[sweep]\n\
         \"swarm.network_size\" = [2, 4, 8]\n",
    );
    place.codexsim(&["sweep", "s.toml", "--out", "r"]).code(0);
    place.codexsim(&["report", "r"]).code(0);
    let page = place.page("r");
    let shown = page.split("<h2>The scenario in full").next().unwrap();
    for word in ["NaN", "inf ", ">inf", "inf<", "\"inf"] {
        assert!(!shown.contains(word), "{word}");
    }
    assert!(shown.contains("unlimited up"));
    let rows = data(&page, "Speed against network size");
    assert!(rows.len() == 3 && rows.iter().all(|row| row[3].is_empty()), "{rows:?}");
    assert!(data(&page, "Download time against network size").iter().all(|row| number(&row[3]) == 0.0));
}

#[test]
fn a_study_in_which_nobody_completed_has_a_report() {
    let place = Place::new(STUDY);
    place.codexsim(&["sweep", "s.toml", "--out", "r", "--set", "stop.max_time=500 ms"]).code(0);
    place.codexsim(&["report", "r"]).code(0);
    let page = place.page("r");
    assert!(page.contains("No leecher completed") && page.contains("186 leechers never completed"));
    assert!(page.contains("Who is faster cannot be told") && page.contains("bittorrent 93 of 93, at 4 of 4 points"));
    assert!(!page.contains("NaN") && !page.contains("Efficiency against the bound"));
    assert!(!data(&page, "Bytes by class").is_empty(), "bytes were sent");
}

#[test]
fn a_run_is_a_study_of_one_and_shows_what_held_its_leechers_back() {
    let place = Place::new(STUDY);
    place
        .codexsim(&["run", "s.toml", "--set", "swarm.network_size=8", "--set", "swarm.seeders=1", "--out", "r"])
        .code(0);
    place.codexsim(&["report", "r"]).code(0);
    let (page, nodes) = (place.page("r"), place.table::<NodeRow>("r"));
    let spans = data(&page, "What held each leecher back");
    for node in nodes.iter().filter(|node| node.role == "leecher") {
        let (own, end) = (node.node.to_string(), node.t100_s.unwrap());
        let covered: f64 = spans.iter().filter(|s| s[0] == own).map(|s| number(&s[2]) - number(&s[1])).sum();
        assert!((covered - end).abs() < 0.05 * end, "node {own} is held back until {end}: {covered}");
    }
    let words: Vec<String> = place.table::<TimelineRow>("r").into_iter().map(|row| row.constraint).collect();
    assert!(spans.iter().all(|span| words.contains(&span[3])));
    let shares = data(&page, "What held the median and the slowest leecher back");
    let all: f64 = shares.iter().map(|row| number(&row[3])).sum();
    assert!((all - 2.0).abs() < 1e-9, "two leechers, all of their time: {all}");
}

#[test]
fn the_upkeep_of_a_hash_table_is_on_the_page_and_in_its_own_file() {
    let place = Place::new(
        "name = \"table\"\nprotocol = \"idle\"\n[swarm]\nseeders = 1\nnetwork_size = 20\nfile_size = \"64 KiB\"\n\
         [network]\nmodel = \"ideal\"\nlatency = \"50 ms\"\n[discovery]\nmodel = \"discv5\"\n\
         load = { keys_per_node = 3, providers_per_key = 5, queries_per_second = 0.001 }\n[stop]\nrun_for = \"5 min\"\n",
    );
    place.codexsim(&["run", "s.toml", "--out", "r"]).code(0);
    let assert = place.codexsim(&["report", "r"]).code(0);
    let shown = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let table = fs::read_to_string(place.path("r/discovery.md")).unwrap();
    let line = table.lines().find(|line| line.starts_with("| 20 | 3 |")).unwrap();
    let page = place.page("r");
    assert!(page.contains("Nobody was to download") && !page.contains("never completed"));
    for part in line.trim_matches('|').split('|') {
        let cell = format!("<td class=\"n\">{}</td>", part.trim().replace('/', "&#x2f;"));
        assert!(page.contains(&cell) && shown.contains(part.trim()), "{cell}");
    }
}
