//! When the loop of a download goes on.
//!
//! While nothing can be asked for it turns every 10 or 100 ms in vain; those turns are
//! left out here and made up for when something happens that could matter, so
//! that the next turn comes when and finds what it would have in the original.
//! It awaits the writing of every question and announcement.

use super::worker::{Download, Downloads, Stage, Then};
use super::{CodexV3, Context, Msg, Timer, Token};
use crate::engine::TimerId;
use crate::units::Time;
use crate::world::{DatasetId, NodeId};

/// When the loop goes on.
#[derive(Debug)]
pub(super) enum Sleep {
    /// It is awake, or awaits a write.
    None,
    /// When the timer fires.
    Until(TimerId),
    /// Turns are left out: the next would come at `due`, the others each
    /// `period` later; the timer, if any, fires at one of them.
    Rest { due: Time, period: Time, timer: Option<TimerId> },
}

/// To be called before anything happens that a turn could take notice of:
/// what was left out until now is made up for, and the next turn is made.
pub(super) fn stir<'a>(
    downloads: &'a mut Downloads,
    dataset: DatasetId,
    cx: &mut Context<'_>,
) -> Option<&'a mut Download> {
    let download = downloads.get_mut(&dataset)?;
    download.vain = 0;
    if let Sleep::Rest { due, period, timer } = download.sleep {
        if let Some(timer) = timer {
            cx.cancel(timer);
        }
        let missed = cx.now().since(due).nanos().div_ceil(period.nanos());
        download.scheduler.rotate(missed);
        let next = due + period * missed;
        download.sleep = Sleep::Until(cx.after(next.since(cx.now()), Timer::Turn(dataset)));
    }
    Some(download)
}

impl CodexV3 {
    /// Goes on until it has to wait.
    pub(super) fn run(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let alone = self.downloads.len() == 1;
        let Some(download) = self.downloads.get_mut(&dataset) else { return };
        download.alone = alone;
        loop {
            if let Some((to, message)) = download.outbox.pop_front() {
                if self.peers.position(to).is_some() {
                    return download.write(to, message, cx);
                }
                continue;
            }
            match download.step(&mut self.peers, &mut self.last_search, cx) {
                Then::Go(stage) => download.stage = stage,
                Then::Pause(time, stage) => return download.pause(time, stage, cx),
                Then::Rest(period, until) => return download.rest(period, until, cx),
                Then::Fail => return self.end_download(dataset, cx),
            }
        }
    }

    /// The loop goes on; the turns that were left out have been in vain.
    pub(super) fn on_turn(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(download) = self.downloads.get_mut(&dataset) else { return };
        if let Sleep::Rest { due, period, .. } = download.sleep {
            download.scheduler.rotate(cx.now().since(due).nanos() / period.nanos());
        }
        download.sleep = Sleep::None;
        self.run(dataset, cx);
        while let Some(id) = self.downloads.get_mut(&dataset).and_then(|download| download.take_waker()) {
            self.pass_on(id, cx);
        }
    }

    /// A message of the loop to `to` has been written, or never will be.
    pub(super) fn on_written(&mut self, dataset: DatasetId, to: NodeId, cx: &mut Context<'_>) {
        let Some(download) = self.downloads.get_mut(&dataset) else { return };
        if download.writing.is_some_and(|(peer, _)| peer == to) {
            download.writing = None;
            self.run(dataset, cx);
        }
    }

    /// Waits no longer for a write that takes too long.
    pub(super) fn on_write_limit(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(download) = self.downloads.get_mut(&dataset) else { return };
        download.limited = false;
        let Some((_, since)) = download.writing else { return };
        let end = since + cx.shared.params.send_timeout;
        if end <= cx.now() {
            download.writing = None;
            self.run(dataset, cx);
        } else {
            download.limited = true;
            cx.after(end.since(cx.now()), Timer::Written(dataset));
        }
    }
}

impl Download {
    fn write(&mut self, to: NodeId, message: Msg, cx: &mut Context<'_>) {
        self.writing = Some((to, cx.now()));
        cx.send_tracked(to, message, Token::Loop(self.dataset).number());
        if !self.limited {
            self.limited = true;
            cx.after(cx.shared.params.send_timeout, Timer::Written(self.dataset));
        }
    }

    fn pause(&mut self, time: Time, stage: Stage, cx: &mut Context<'_>) {
        self.stage = stage;
        self.sleep = Sleep::Until(cx.after(time, Timer::Turn(self.dataset)));
    }

    /// Leaves out the turns, one every `period`, that come before `until`.
    fn rest(&mut self, period: Time, until: Time, cx: &mut Context<'_>) {
        if cx.shared.params.literal {
            return self.pause(period, Stage::Window, cx);
        }
        self.stage = Stage::Window;
        let due = cx.now() + period;
        let timer = (until != Time::NEVER).then(|| {
            let turns = until.since(due).nanos().div_ceil(period.nanos());
            cx.after(period + period * turns, Timer::Turn(self.dataset))
        });
        self.sleep = Sleep::Rest { due, period, timer };
    }
}
