//! Durable background jobs.

use std::time::Duration;

use crate::{
    InvalidTransition, Revision, Timestamp,
    id::{JobId, TenantId, UserId},
};

/// A background job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The kind of job.
    pub kind: JobKind,
    /// The tenant the job runs for; `None` for the platform.
    pub tenant_id: Option<TenantId>,
    /// The arguments, as JSON in the format of the kind. Never contains a
    /// secret.
    pub payload: String,
    /// The job's state.
    pub state: JobState,
    /// The earliest time at which the job may run.
    pub run_at: Timestamp,
    /// The number of times a worker has claimed the job; identifies the current
    /// claim.
    pub attempt: u32,
    /// The number of attempts that failed or were lost with their worker.
    pub failures: u32,
    /// The number of failures after which the job is dead.
    pub max_attempts: u32,
    /// The lease of the worker that is running the job.
    pub lease: Option<Lease>,
    /// The error of the last attempt.
    pub error: Option<String>,
    /// The user who caused the job.
    pub requested_by: Option<UserId>,
    /// The time at which the job was enqueued.
    pub created_at: Timestamp,
    /// The time at which a worker last claimed the job.
    pub started_at: Option<Timestamp>,
    /// The time at which the job ended.
    pub finished_at: Option<Timestamp>,
    /// The row's revision.
    pub revision: Revision,
}

/// A worker's time-limited claim on a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The worker's name.
    pub worker: String,
    /// The expiry time, unless renewed.
    pub until: Timestamp,
}

/// The kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Validate an uploaded version: presence, size, digest, type.
    ValidateVersion,
    /// Remove the versions of a deleted file.
    PurgeVersions,
}

impl JobKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::ValidateVersion, Self::PurgeVersions];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ValidateVersion => "validate_version",
            Self::PurgeVersions => "purge_versions",
        }
    }

    /// Returns the kind with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The state of a job: queued → running → succeeded | dead. A failed attempt
/// returns the job to queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Waiting for a worker.
    Queued,
    /// Claimed by a worker.
    Running,
    /// Completed.
    Succeeded,
    /// Failed too often, or permanently; requires manual intervention.
    Dead,
    /// Cancelled before completion.
    Cancelled,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Dead,
        Self::Cancelled,
    ];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the state with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Job {
    /// The default maximum number of failures.
    pub const ATTEMPTS: u32 = 8;
    /// The maximum time until a queued job is due. A time further ahead was set
    /// by a clock that has been corrected since.
    pub const MAX_DELAY: Duration = Duration::from_hours(1);
    /// The maximum lease. A lease that ends further ahead was taken by a clock
    /// that has been corrected since.
    pub const MAX_LEASE: Duration = Duration::from_hours(1);

    /// Creates a job that is due immediately.
    pub fn new(
        id: JobId,
        kind: JobKind,
        tenant_id: Option<TenantId>,
        payload: String,
        requested_by: Option<UserId>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            kind,
            tenant_id,
            payload,
            state: JobState::Queued,
            run_at: now,
            attempt: 0,
            failures: 0,
            max_attempts: Self::ATTEMPTS,
            lease: None,
            error: None,
            requested_by,
            created_at: now,
            started_at: None,
            finished_at: None,
            revision: Revision::FIRST,
        }
    }

    /// Returns whether a worker may claim the job: it is due, or its lease has
    /// expired. A time that is impossibly far ahead counts as past.
    pub fn is_claimable(&self, now: Timestamp) -> bool {
        match self.state {
            JobState::Queued => self.run_at <= now || self.run_at > now.plus(Self::MAX_DELAY),
            JobState::Running => self
                .lease
                .as_ref()
                .is_some_and(|lease| lease.until < now || lease.until > now.plus(Self::MAX_LEASE)),
            JobState::Succeeded | JobState::Dead | JobState::Cancelled => false,
        }
    }

    /// Starts an attempt of a worker, and raises the revision. An attempt that
    /// was running is lost, and counts as a failure.
    pub fn claim(&mut self, worker: &str, now: Timestamp, until: Timestamp) {
        if self.state == JobState::Running {
            self.failures += 1;
        }
        self.state = JobState::Running;
        self.attempt += 1;
        self.lease = Some(Lease {
            worker: worker.to_owned(),
            until,
        });
        self.started_at = Some(now);
        self.revision = self.revision.next();
    }

    /// Extends the lease of a running attempt; returns `false` if it is no
    /// longer the current one. The revision stays: the worker completes the job
    /// at the one it claimed.
    pub fn extend_lease(&mut self, attempt: u32, until: Timestamp) -> bool {
        let is_current = self.state == JobState::Running && self.attempt == attempt;
        match &mut self.lease {
            Some(lease) if is_current => {
                lease.until = until;
                true
            }
            _ => false,
        }
    }

    /// Marks the job as succeeded.
    pub fn succeed(&mut self, now: Timestamp) -> Result<(), InvalidTransition> {
        self.end(JobState::Succeeded, now)?;
        self.error = None;
        Ok(())
    }

    /// Records a failed attempt. The job is queued again after a backoff, or
    /// becomes dead if `retry` is false or the maximum number of failures is
    /// reached.
    pub fn fail(
        &mut self,
        error: String,
        retry: bool,
        now: Timestamp,
    ) -> Result<(), InvalidTransition> {
        let failures = self.failures.saturating_add(1);
        if retry && failures < self.max_attempts {
            if self.state != JobState::Running {
                return Err(self.transition_error(JobState::Queued));
            }
            self.state = JobState::Queued;
            self.lease = None;
            self.run_at = now.plus(backoff(failures));
        } else {
            self.end(JobState::Dead, now)?;
        }
        self.failures = failures;
        self.error = Some(error);
        Ok(())
    }

    /// Queues the job again after a part of it is done. Earlier failures no
    /// longer count.
    pub fn proceed(&mut self, now: Timestamp) -> Result<(), InvalidTransition> {
        if self.state != JobState::Running {
            return Err(self.transition_error(JobState::Queued));
        }
        self.state = JobState::Queued;
        self.lease = None;
        self.run_at = now;
        self.failures = 0;
        self.error = None;
        Ok(())
    }

    /// Returns whether the maximum number of failures is reached; counts
    /// attempts lost with their workers.
    pub const fn is_hopeless(&self) -> bool {
        self.failures >= self.max_attempts
    }

    /// Queues the job again after a backoff without counting a failure, for
    /// causes outside the job.
    pub fn postpone(&mut self, reason: String, now: Timestamp) -> Result<(), InvalidTransition> {
        if self.state != JobState::Running {
            return Err(self.transition_error(JobState::Queued));
        }
        self.state = JobState::Queued;
        self.lease = None;
        self.run_at = now.plus(backoff(self.attempt).min(MAX_POSTPONEMENT));
        self.error = Some(reason);
        Ok(())
    }

    fn end(&mut self, to: JobState, now: Timestamp) -> Result<(), InvalidTransition> {
        if self.state != JobState::Running {
            return Err(self.transition_error(to));
        }
        self.state = to;
        self.lease = None;
        self.finished_at = Some(now);
        Ok(())
    }

    fn transition_error(&self, to: JobState) -> InvalidTransition {
        InvalidTransition {
            entity: "job",
            from: self.state.as_str(),
            to: to.as_str(),
        }
    }
}

/// The maximum delay of a postponed job.
const MAX_POSTPONEMENT: Duration = Duration::from_mins(1);

/// Returns the delay after the given number of attempts: 1, 2, 4… seconds, at
/// most one hour.
pub fn backoff(attempt: u32) -> Duration {
    let seconds = 1u64 << attempt.saturating_sub(1).min(12);
    Duration::from_secs(seconds).min(Job::MAX_DELAY)
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn running(failures: u32) -> Job {
        let id = JobId::from_uuid(Uuid::nil());
        let mut job = Job::new(
            id,
            JobKind::ValidateVersion,
            None,
            "{}".into(),
            None,
            Timestamp::EPOCH,
        );
        job.state = JobState::Running;
        job.attempt = failures + 1;
        job.failures = failures;
        job
    }

    #[test]
    fn a_lost_attempt_counts_as_a_failure() {
        let at = Timestamp::from_millis;
        let mut job = running(0);
        job.state = JobState::Queued;
        job.attempt = 0;
        assert!(job.is_claimable(at(0)));
        job.claim("first", at(0), at(10));
        assert!(!job.is_claimable(at(10)));
        assert!(job.extend_lease(1, at(20)));
        assert!(!job.is_claimable(at(20)));
        assert!(job.is_claimable(at(21)));
        let claimed = job.revision;
        job.claim("second", at(21), at(30));
        assert!(!job.extend_lease(1, at(40)));
        assert_eq!((job.attempt, job.failures), (2, 1));
        assert_eq!(job.revision, claimed.next());
    }

    #[test]
    fn failed_attempts_back_off_until_the_job_is_dead() {
        let mut job = running(2);
        job.fail("no".into(), true, Timestamp::EPOCH)
            .expect("running");
        assert_eq!(
            (job.state, job.run_at),
            (JobState::Queued, Timestamp::from_millis(4000))
        );
        let mut job = running(7);
        job.fail("no".into(), true, Timestamp::EPOCH)
            .expect("running");
        assert_eq!(job.state, JobState::Dead);
        let mut job = running(0);
        job.fail("never".into(), false, Timestamp::EPOCH)
            .expect("running");
        assert_eq!(job.state, JobState::Dead);
        assert_eq!(backoff(40), Duration::from_hours(1));
    }

    #[test]
    fn postponing_never_counts_as_a_failure() {
        let mut job = running(0);
        job.attempt = 100;
        job.postpone("storage_unavailable".into(), Timestamp::EPOCH)
            .expect("running");
        assert_eq!(job.failures, 0);
        assert_eq!(
            (job.state, job.run_at),
            (JobState::Queued, Timestamp::from_millis(60_000))
        );
    }

    #[test]
    fn progress_resets_the_failures() {
        let mut job = running(7);
        assert_eq!(job.proceed(Timestamp::EPOCH), Ok(()));
        assert_eq!((job.state, job.failures), (JobState::Queued, 0));
        assert!(job.is_claimable(Timestamp::EPOCH));
        assert!(job.proceed(Timestamp::EPOCH).is_err());
    }

    #[test]
    fn impossible_times_count_as_past() {
        let now = Timestamp::EPOCH.plus(Duration::from_hours(100));
        let days = Duration::from_hours(48);
        let second = Duration::from_secs(1);
        let mut job = running(0);
        for (until, expected) in [
            (now.plus(Job::MAX_LEASE), false),
            (now.plus(Job::MAX_LEASE).plus(second), true),
            (now.plus(days), true),
            (now.minus(days), true),
        ] {
            let worker = "worker".to_owned();
            job.lease = Some(Lease { worker, until });
            assert_eq!(job.is_claimable(now), expected, "leased until {until}");
        }
        job.state = JobState::Queued;
        for (run_at, expected) in [
            (now.plus(Job::MAX_DELAY), false),
            (now.plus(Job::MAX_DELAY).plus(second), true),
            (now.plus(days), true),
            (now.minus(days), true),
        ] {
            job.run_at = run_at;
            assert_eq!(job.is_claimable(now), expected, "queued for {run_at}");
        }
    }

    #[test]
    fn a_job_is_hopeless_at_the_maximum_number_of_failures() {
        assert!(!running(7).is_hopeless());
        assert!(running(8).is_hopeless());
    }

    #[test]
    fn only_a_running_job_can_end() {
        let mut job = running(0);
        job.succeed(Timestamp::EPOCH).expect("running");
        assert!(job.succeed(Timestamp::EPOCH).is_err());
        assert!(job.fail("late".into(), true, Timestamp::EPOCH).is_err());
    }
}
