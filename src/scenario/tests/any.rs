//! No text makes the reader panic.

use super::Folder;
use crate::scenario::{Base, Input, load, outline};
use proptest::prelude::*;

const PIECES: [&str; 24] = [
    "[swarm]\n",
    "[network]\n",
    "[churn]\n",
    "[sweep]\n",
    "[[failures]]\n",
    "[protocol.codex-v2]\n",
    "network_size = 8\n",
    "seeders = 2\n",
    "file_size = \"1 MB\"\n",
    "up = 5\n",
    "latency = {}\n",
    "model = \"trace\"\n",
    "trace = [[1, 2]]\n",
    "protocol = 3\n",
    "hardware = []\n",
    "swarm = 1\n",
    "network.latency.matrix = \"é\"\n",
    "\"swarm.seeders\" = [1, [2]]\n",
    "constrained__a_b = [[]]\n",
    "online = { fixed = {} }\n",
    "expect = 1\n",
    "extends = \"a.toml\"\n",
    "\"\" = [0]\n",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn on_any_pieces_of_scenarios(order in prop::collection::vec(0..PIECES.len(), 0..12)) {
        let text: String = order.iter().map(|i| PIECES[*i]).collect();
        let folder = Folder::new(&[("a.toml", &text)]);
        let input = folder.input("a.toml");
        for error in [load(&input).err(), outline(&input).err()].into_iter().flatten() {
            prop_assert!(error.to_string().starts_with("error: "));
        }
    }

    #[test]
    fn on_any_setting(key in "[a-z._\" ]{0,12}", value in "\\PC{0,12}") {
        let input = Input { sets: vec![format!("{key}={value}")], ..Input::default() };
        if let Err(error) = load(&input) {
            prop_assert!(error.to_string().contains("--set"), "{}", error);
        }
    }

    #[test]
    fn on_any_point(key in "(swarm|network|protocol|sweep|a)(\\.[a-z]{0,3}){0,2}", value in -3i64..9) {
        let input = Input { sets: vec![format!("sweep.\"{key}\"=[{value}]")], ..Input::default() };
        if let Err(error) = Base::read(&input).and_then(|base| base.first().map(|_| ())) {
            prop_assert!(error.to_string().contains("--set"), "{}", error);
        }
    }
}
