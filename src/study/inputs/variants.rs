//! What a variant is called.

use std::collections::{BTreeMap, BTreeSet};

/// Swept keys that belong to the client and not to the world around it: what
/// runs, on what, and how its data are cut (a matter of the protocol, or of how
/// finely it is simulated). `side` is which of two that `impact` compares.
const CLIENT: [&str; 5] = ["protocol", "hardware", "swarm.block_size", "swarm.group", "side"];

/// Whether a swept key belongs to the client.
pub fn of_client(key: &str) -> bool {
    let within = |part: &str| key.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    CLIENT.iter().any(|part| within(part))
}

/// What a cell of a sweep is called; it belongs to the client where it tells clients apart
/// that meet in one world.
pub const NAME: &str = "name";

/// Whether the names of cells, run by run, belong to the clients: each client has one, and
/// in some world there are several.
pub fn names_clients(runs: impl Iterator<Item = (String, String, String)>) -> bool {
    let mut of_clients: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut of_worlds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (client, world, name) in runs {
        of_clients.entry(client).or_default().insert(name.clone());
        of_worlds.entry(world).or_default().insert(name);
    }
    of_clients.values().all(|names| names.len() == 1) && of_worlds.values().any(|names| names.len() > 1)
}

/// One run as far as its name is concerned.
#[derive(Debug)]
pub struct RunClient {
    pub protocol: String,
    /// What tells its cell from others.
    pub cell: String,
    /// Values of the client's swept keys; empty where the base holds.
    pub constants: Vec<String>,
}

/// The names of `clients`: the protocol, and in brackets those of its constants
/// (`keys`) that differ between its runs in one cell, or the name that the study gives to
/// their cell. What differs only from cell to cell, or from protocol to protocol, makes no
/// variant.
pub fn labels(keys: &[&str], clients: &[RunClient]) -> Vec<String> {
    let mut values: BTreeMap<(&str, &str, usize), BTreeSet<&str>> = BTreeMap::new();
    for client in clients {
        for (key, value) in client.constants.iter().enumerate() {
            values.entry((&client.protocol, &client.cell, key)).or_default().insert(value);
        }
    }
    let several = values.iter().filter(|(_, values)| values.len() > 1);
    let telling: BTreeSet<(&str, usize)> = several.map(|((protocol, _, key), _)| (*protocol, *key)).collect();
    clients
        .iter()
        .map(|client| {
            let all = || client.constants.iter().enumerate();
            let tells = |key: usize| telling.contains(&(client.protocol.as_str(), key));
            let named = all().any(|(key, _)| tells(key) && keys[key] == NAME);
            let told = all().filter(|(key, _)| tells(*key) && (keys[*key] == NAME) == named);
            let words: Vec<String> = told.filter_map(|(key, value)| word(keys[key], value)).collect();
            if words.is_empty() {
                client.protocol.clone()
            } else {
                format!("{} ({})", client.protocol, words.join(", "))
            }
        })
        .collect()
}

/// `window = 512`; a switch is told by its name, the value of the base not at all.
fn word(key: &str, value: &str) -> Option<String> {
    let name = match key.strip_prefix("protocol.") {
        Some(constant) => constant.split_once('.').map_or(constant, |(_, name)| name),
        None => key,
    };
    match value {
        "" => None,
        _ if key == NAME => Some(value.into()),
        "true" => Some(name.into()),
        "false" => Some(format!("no {name}")),
        _ => Some(format!("{name} = {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(protocol: &str, cell: &str, constants: &[&str]) -> RunClient {
        let constants = constants.iter().map(|value| value.to_string()).collect();
        RunClient { protocol: protocol.into(), cell: cell.into(), constants }
    }

    /// Cells of readers in two worlds; then of worlds, and of both at once.
    #[test]
    fn names_of_cells_belong_to_clients_or_to_worlds() {
        let told = |runs: &[(&str, &str, &str)]| {
            names_clients(
                runs.iter().map(|(client, world, name)| (client.to_string(), world.to_string(), name.to_string())),
            )
        };
        let readers = [("v2 all", "0", "all"), ("v2 k", "0", "k"), ("v2 all", "2", "all"), ("v2 k", "2", "k")];
        assert!(told(&readers));
        assert!(!told(&[("v2", "small", "a"), ("v2", "large", "b"), ("f", "small", "a"), ("f", "large", "b")]));
        assert!(!told(&[("v2", "small", "a"), ("f", "large", "b")]));
        let keys = ["name", "protocol.codex-v2.reading"];
        let clients = [client("codex-v2", "0", &["all", "all"]), client("codex-v2", "0", &["first k", "first_k"])];
        assert_eq!(labels(&keys, &clients), ["codex-v2 (all)", "codex-v2 (first k)"]);
    }

    #[test]
    fn a_variant_is_named_by_what_differs_in_one_cell() {
        let keys = ["hardware", "protocol.bittorrent.ignore_slots", "protocol.bittorrent.piece_size"];
        let clients = [
            client("codex-v2", "1 GB", &["codex", "", ""]),
            client("bittorrent", "1 GB", &["torrent", "", "1 MiB"]),
            client("bittorrent", "1 GB", &["torrent", "true", "1 MiB"]),
            client("bittorrent", "5 GB", &["torrent", "", "4 MiB"]),
            client("bittorrent", "5 GB", &["torrent", "true", "4 MiB"]),
        ];
        let private = "bittorrent (ignore_slots)";
        assert_eq!(labels(&keys, &clients), ["codex-v2", "bittorrent", private, "bittorrent", private]);
    }

    #[test]
    fn values_and_switches_are_told() {
        let keys = ["protocol.codex-v2.window", "protocol.codex-v2.a"];
        let clients = [client("p", "", &["512", "true"]), client("p", "", &["", "false"])];
        assert_eq!(labels(&keys, &clients), ["p (window = 512, a)", "p (no a)"]);
    }

    #[test]
    fn keys_of_the_client_and_of_the_world() {
        assert!(of_client("hardware") && of_client("hardware.per_mib") && of_client("protocol.x.y"));
        assert!(of_client("swarm.group") && of_client("swarm.block_size"));
        assert!(!of_client("network.up") && !of_client("protocols") && !of_client("swarm.start"));
    }
}
