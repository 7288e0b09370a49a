//! Fetching the manifest (`storage/manifest/protocol.nim`): its providers are
//! tried one after another, round after round, each on a stream of its own. The
//! two ends first agree on the protocol of that stream (multistream-select): a
//! round trip, as measured (2.0 of them from the start to the manifest).

use super::{AdvertisedKeys, CodexV3, Context, Msg};
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
}

impl CodexV3 {
    pub(super) fn begin_fetch(&mut self, cx: &mut Context<'_>) {
        self.fetch = Some(Fetch::default());
        self.begin_round(cx);
    }

    /// Looks providers up; after the last round the download has failed.
    pub(super) fn begin_round(&mut self, cx: &mut Context<'_>) {
        let Some(fetch) = &mut self.fetch else { return };
        fetch.rounds += 1;
        if fetch.rounds <= cx.shared.params.manifest_rounds {
            cx.find(Key::Manifest(DatasetId(0)));
        }
    }

    pub(super) fn on_providers(&mut self, providers: &[NodeId], cx: &mut Context<'_>) {
        let Some(fetch) = &mut self.fetch else { return };
        fetch.left = providers.iter().rev().copied().collect();
        self.try_next_provider(cx);
    }

    pub(super) fn try_next_provider(&mut self, cx: &mut Context<'_>) {
        let Some(fetch) = &mut self.fetch else { return };
        let Some(provider) = fetch.left.pop() else {
            fetch.trying = None;
            cx.after(cx.shared.params.manifest_pause, super::Timer::Round);
            return;
        };
        let timer = cx.after(cx.shared.params.manifest_timeout, super::Timer::Provider);
        fetch.trying = Some((provider, timer));
        if self.peers.find(provider).is_some() {
            cx.send(provider, Msg::Select { back: false });
        } else {
            cx.dial(provider);
        }
    }

    /// A connection stands: is it to the provider being tried?
    pub(super) fn ask_for_manifest(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let trying = self.fetch.as_ref().and_then(|fetch| fetch.trying);
        if trying.is_some_and(|(provider, _)| provider == peer) {
            cx.send(peer, Msg::Select { back: false });
        }
    }

    /// The provider being tried speaks the protocol of manifests.
    pub(super) fn on_selected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let trying = self.fetch.as_ref().and_then(|fetch| fetch.trying);
        if trying.is_some_and(|(provider, _)| provider == peer) {
            cx.send(peer, Msg::ManifestRequest);
        }
    }

    /// The provider being tried has gone or was never there: the next one's turn,
    /// as a failed dial ends its attempt in the original.
    pub(super) fn on_provider_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let trying = self.fetch.as_ref().and_then(|fetch| fetch.trying);
        if let Some((provider, timer)) = trying
            && provider == peer
        {
            cx.cancel(timer);
            self.try_next_provider(cx);
        }
    }

    pub(super) fn on_manifest_request(&mut self, from: NodeId, cx: &mut Context<'_>) {
        let size = self.has_manifest.then_some(cx.shared.params.manifest_size.get());
        cx.send(from, Msg::Manifest(size));
    }

    pub(super) fn on_manifest(&mut self, from: NodeId, found: bool, cx: &mut Context<'_>) {
        let Some(fetch) = &mut self.fetch else { return };
        let Some((_, timer)) = fetch.trying.filter(|(provider, _)| *provider == from) else { return };
        cx.cancel(timer);
        if !found {
            return self.try_next_provider(cx);
        }
        self.fetch = None;
        cx.manifest_stored(DatasetId(0));
        self.on_manifest_stored(cx);
    }

    /// A node that stores the manifest announces itself, whatever else it holds,
    /// and begins the download of what it lacks.
    pub(super) fn on_manifest_stored(&mut self, cx: &mut Context<'_>) {
        self.has_manifest = true;
        cx.provide(Key::Manifest(DatasetId(0)));
        if cx.shared.params.advertised_keys == AdvertisedKeys::ManifestAndTree {
            cx.provide(Key::Dataset(DatasetId(0)));
        }
        if cx.store().len() < cx.world.only().units() {
            self.begin_download(cx);
        }
    }
}
