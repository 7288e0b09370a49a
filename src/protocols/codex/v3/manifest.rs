//! Fetching the manifest (`storage/manifest/protocol.nim`): its providers are
//! tried one after another, round after round, each on a stream of its own. The
//! two ends first agree on the protocol of that stream (multistream-select): a
//! round trip, as measured (2.0 of them from the start to the manifest). Each manifest is
//! fetched for itself; that nothing limits how many are at once is inferred.

use super::{AdvertisedKeys, CodexV3, Context, Msg, Timer};
use crate::engine::TimerId;
use crate::protocol::Key;
use crate::world::{DatasetId, NodeId};

/// A search for the manifest.
#[derive(Debug, Default)]
pub(super) struct Fetch {
    rounds: u32,
    /// Providers of this round that were not tried, last first.
    left: Vec<NodeId>,
    /// The one being tried, and when it has had its time.
    trying: Option<(NodeId, TimerId)>,
    /// When the next round begins.
    pause: Option<TimerId>,
}

impl Fetch {
    /// Whether `peer` is being tried.
    fn tries(&self, peer: NodeId) -> bool {
        self.trying.is_some_and(|(provider, _)| provider == peer)
    }
}

impl CodexV3 {
    pub(super) fn begin_fetch(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.fetches.insert(dataset, Fetch::default());
        self.begin_round(dataset, cx);
    }

    /// The manifest of `dataset` is not to be fetched any more.
    pub(super) fn end_fetch(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        if let Some(fetch) = self.fetches.remove(&dataset) {
            let timers = fetch.trying.map(|(_, timer)| timer).into_iter().chain(fetch.pause);
            timers.for_each(|timer| _ = cx.cancel(timer));
        }
    }

    /// Looks providers up; after the last round the download has failed.
    pub(super) fn begin_round(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(fetch) = self.fetches.get_mut(&dataset) else { return };
        fetch.rounds += 1;
        if fetch.rounds <= cx.shared.params.manifest_rounds {
            cx.find(Key::Manifest(dataset));
        }
    }

    /// The look-up for the manifest of `dataset` named `providers`; false when no manifest
    /// is being fetched.
    pub(super) fn on_providers(&mut self, dataset: DatasetId, providers: &[NodeId], cx: &mut Context<'_>) -> bool {
        let Some(fetch) = self.fetches.get_mut(&dataset) else { return false };
        fetch.left = providers.iter().rev().copied().collect();
        self.try_next_provider(dataset, cx);
        true
    }

    pub(super) fn try_next_provider(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(fetch) = self.fetches.get_mut(&dataset) else { return };
        let Some(provider) = fetch.left.pop() else {
            fetch.trying = None;
            fetch.pause = Some(cx.after(cx.shared.params.manifest_pause, Timer::Round(dataset)));
            return;
        };
        let timer = cx.after(cx.shared.params.manifest_timeout, Timer::Provider(dataset));
        fetch.trying = Some((provider, timer));
        if self.peers.find(provider).is_some() {
            cx.send(provider, Msg::Select { dataset, back: false });
        } else {
            cx.dial(provider);
        }
    }

    /// A connection stands: which manifests is its other end tried for?
    pub(super) fn ask_for_manifests(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let tried = self.fetches.iter().filter(|(_, fetch)| fetch.tries(peer));
        tried.for_each(|(dataset, _)| cx.send(peer, Msg::Select { dataset: *dataset, back: false }));
    }

    /// The provider being tried speaks the protocol of manifests.
    pub(super) fn on_selected(&mut self, peer: NodeId, dataset: DatasetId, cx: &mut Context<'_>) {
        if self.fetches.get(&dataset).is_some_and(|fetch| fetch.tries(peer)) {
            cx.send(peer, Msg::ManifestRequest(dataset));
        }
    }

    /// A provider has gone or was never there: the next one's turn wherever it was tried,
    /// as a failed dial ends its attempt in the original.
    pub(super) fn on_provider_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let tried = self.fetches.iter().filter(|(_, fetch)| fetch.tries(peer));
        let tried: Vec<DatasetId> = tried.map(|(dataset, _)| *dataset).collect();
        for dataset in tried {
            if let Some((_, timer)) = self.fetches.get(&dataset).and_then(|fetch| fetch.trying) {
                cx.cancel(timer);
            }
            self.try_next_provider(dataset, cx);
        }
    }

    pub(super) fn on_manifest_request(&mut self, from: NodeId, dataset: DatasetId, cx: &mut Context<'_>) {
        let size = cx.has_manifest(dataset).then_some(cx.shared.params.manifest_size.get());
        cx.send(from, Msg::Manifest(dataset, size));
    }

    pub(super) fn on_manifest(&mut self, from: NodeId, dataset: DatasetId, found: bool, cx: &mut Context<'_>) {
        let Some(fetch) = self.fetches.get(&dataset) else { return };
        let Some((_, timer)) = fetch.trying.filter(|(provider, _)| *provider == from) else { return };
        cx.cancel(timer);
        if !found {
            return self.try_next_provider(dataset, cx);
        }
        self.fetches.remove(&dataset);
        cx.manifest_stored(dataset);
        self.on_manifest_stored(dataset, cx);
    }

    /// A node that stores the manifest announces itself, whatever else it holds,
    /// and begins the download of what it wants and lacks.
    pub(super) fn on_manifest_stored(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        cx.provide(Key::Manifest(dataset));
        if cx.shared.params.advertised_keys == AdvertisedKeys::ManifestAndTree {
            cx.provide(Key::Dataset(dataset));
        }
        if cx.wants(dataset) {
            self.begin_download(dataset, cx);
        }
    }
}
