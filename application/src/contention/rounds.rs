//! Counting the rounds of use cases that decide again after a lost commit.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::lanes::{Lane, Lanes, Turn};
use crate::error::{Error, Result};

/// The maximum number of rounds of a use case. Within a process the lanes leave
/// one or two; the others are for commits of other processes.
pub const MAX_ROUNDS: usize = 8;

/// Declares the use cases that decide again after a lost commit.
macro_rules! retried {
    ($($use_case:ident = $name:literal;)+) => {
        /// A use case that decides again after a lost commit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Retried {
            $(#[doc = concat!("`", $name, "`.")] $use_case,)+
        }

        impl Retried {
            /// Every use case.
            pub const ALL: &'static [Self] = &[$(Self::$use_case,)+];

            /// Returns the stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$use_case => $name,)+
                }
            }
        }
    };
}

retried! {
    FileUpload = "file.upload";
    FileUpdate = "file.update";
    FileDelete = "file.delete";
    FileProcess = "file.process";
    BlobDamage = "blob.damage";
    UploadHeartbeat = "upload.heartbeat";
    ProjectUpdate = "project.update";
    ProjectDelete = "project.delete";
    Register = "auth.register";
    Login = "auth.login";
    Refresh = "auth.refresh";
    Logout = "auth.logout";
    UserUpdate = "user.update";
    SettingsUpdate = "settings.update";
}

/// The numbers of runs of each use case by the rounds they took, since the
/// process started.
#[derive(Default)]
pub struct RoundCounts([[AtomicU64; MAX_ROUNDS]; Retried::ALL.len()]);

impl RoundCounts {
    /// Returns the numbers of runs that took one round, two rounds, and so on.
    pub fn of(&self, use_case: Retried) -> [u64; MAX_ROUNDS] {
        self.0[use_case as usize]
            .each_ref()
            .map(|runs| runs.load(Relaxed))
    }

    fn add(&self, use_case: Retried, rounds: usize) {
        let last = rounds.clamp(1, MAX_ROUNDS) - 1;
        self.0[use_case as usize][last].fetch_add(1, Relaxed);
    }
}

impl fmt::Debug for RoundCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = Retried::ALL.iter().map(|it| (it.as_str(), self.of(*it)));
        f.debug_map().entries(counts).finish()
    }
}

/// The rounds of one run of a use case, counted when they end.
pub(crate) struct Rounds<'c> {
    lanes: &'c Lanes,
    counts: &'c RoundCounts,
    use_case: Retried,
    /// The rounds that were lost.
    lost: usize,
}

impl<'c> Rounds<'c> {
    pub(super) const fn new(lanes: &'c Lanes, counts: &'c RoundCounts, use_case: Retried) -> Self {
        Self {
            lanes,
            counts,
            use_case,
            lost: 0,
        }
    }

    /// Returns the number of the current round, from 1.
    pub(crate) const fn number(&self) -> usize {
        self.lost + 1
    }

    /// Waits for a turn in a lane. With `takes_row`, the first round may decide
    /// on a row that another use case is committing.
    pub(crate) async fn turn(&self, lane: Lane, takes_row: bool) -> Result<Turn<'c>> {
        let takes_row = takes_row && self.lost == 0;
        self.lanes.enter(lane, takes_row).await
    }

    /// Ends a lost round; fails with [`Error::VersionConflict`] if it was the
    /// last one.
    pub(crate) fn lose(&mut self) -> Result<()> {
        if self.number() >= MAX_ROUNDS {
            tracing::warn!(
                operation = self.use_case.as_str(),
                "a commit lost against concurrent ones in every round"
            );
            return Err(Error::VersionConflict);
        }
        self.lost += 1;
        Ok(())
    }
}

impl Drop for Rounds<'_> {
    fn drop(&mut self) {
        self.counts.add(self.use_case, self.number());
        if self.lost > 0 {
            let (operation, rounds) = (self.use_case.as_str(), self.number());
            tracing::debug!(
                operation,
                rounds,
                "commits were lost against concurrent ones"
            );
        }
    }
}

/// Evaluates a future that reads, decides and commits in its turn of a lane,
/// until it does not lose against a concurrent commit. With `|turn|`, it may read
/// the row by [`Turn::row`] and commit by [`Turn::commit`].
///
/// A macro, since the future of an async closure that borrows cannot be proven
/// to be `Send`.
macro_rules! decide {
    ($services:expr, $use_case:ident in $lane:expr, |$turn:ident| $round:expr) => {
        $crate::contention::decide!(@ $services, $use_case, $lane, true, $turn, $round)
    };
    ($services:expr, $use_case:ident in $lane:expr, $round:expr) => {
        $crate::contention::decide!(@ $services, $use_case, $lane, false, _turn, $round)
    };
    (@ $services:expr, $use_case:ident, $lane:expr, $takes_row:expr, $turn:ident, $round:expr) => {{
        let lane = $lane;
        let mut rounds = $services
            .contention
            .rounds($crate::contention::Retried::$use_case);
        loop {
            let mut turn = match rounds.turn(lane, $takes_row).await {
                Ok(turn) => turn,
                Err(error) => break Err(error),
            };
            let outcome: $crate::error::Result<_> = {
                let $turn = &mut turn;
                $round.await
            };
            let is_lost = matches!(outcome, Err($crate::error::Error::VersionConflict));
            if !is_lost && !turn.must_decide_again() {
                break outcome;
            }
            if let Err(error) = rounds.lose() {
                break Err(error);
            }
        }
    }};
}

pub(crate) use decide;
