//! Whom a node dials, of the peers of all its torrents.

use super::{BitTorrent, Context};
use smallvec::SmallVec;

/// After so many dials for downloads a complete torrent has its turn
/// (`connect_seed_every_n_download`).
const DOWNLOADS_BEFORE_SEED: u32 = 10;

/// Whose turn it is to dial, of the torrents that know somebody to be dialled.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Of downloads, and of complete ones.
    next: [usize; 2],
    /// Dials for downloads since one for a complete torrent.
    downloads: u32,
}

impl BitTorrent {
    /// Once a second: torrent after torrent dials one peer, downloads first
    /// (`try_connect_more_peers`).
    pub(super) fn dial_some(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        let mut wanting: [SmallVec<[usize; 4]>; 2] = Default::default();
        for (at, torrent) in self.torrents.iter().enumerate().filter(|(_, torrent)| !torrent.to_dial.is_empty()) {
            wanting[usize::from(torrent.is_finished())].push(at);
        }
        for _ in 0..params.connection_speed.min(self.session.free(params)) {
            let [downloads, seeds] = &wanting;
            let seed = downloads.is_empty() || (self.turns.downloads >= DOWNLOADS_BEFORE_SEED && !seeds.is_empty());
            let (list, next) = (&mut wanting[usize::from(seed)], &mut self.turns.next[usize::from(seed)]);
            if *next >= list.len() {
                *next = 0;
            }
            let Some(at) = list.get(*next) else { return };
            self.turns.downloads = if seed { 0 } else { self.turns.downloads + 1 };
            let torrent = &mut self.torrents[*at];
            cx.on(torrent.channel());
            torrent.dial(1, cx);
            if torrent.to_dial.is_empty() {
                list.remove(*next);
            } else {
                *next += 1;
            }
        }
    }
}
