//! Durable background work.

use std::time::Duration;

use crate::{
    Refused, Revision, Timestamp,
    id::{JobId, TenantId, UserId},
};

/// One piece of background work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: JobKind,
    /// The tenant it is done for; `None`: for the platform.
    pub tenant_id: Option<TenantId>,
    /// What it is to be done with, as JSON that its kind defines. Never a secret.
    pub payload: String,
    /// How far it is.
    pub state: JobState,
    /// Not before this.
    pub run_at: Timestamp,
    /// How often a worker took it; also what a completion must name.
    pub attempt: u32,
    /// How many attempts failed, or were lost with their worker.
    pub failures: u32,
    /// After so many failures it is dead.
    pub max_attempts: u32,
    /// Who works on it, and until when nobody else may.
    pub lease: Option<Lease>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// Who caused it.
    pub requested_by: Option<UserId>,
    /// When it was put in the queue.
    pub created_at: Timestamp,
    /// When a worker last took it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How often the row was written.
    pub revision: Revision,
}

/// A worker's claim on a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The worker's name.
    pub worker: String,
    /// When the claim ends unless it is renewed.
    pub until: Timestamp,
}

/// What can be done in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Validate an uploaded version: presence, size, digest, type.
    ValidateVersion,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::ValidateVersion];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ValidateVersion => "validate_version",
        }
    }

    /// The kind of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How far a job is: queued → running → succeeded | dead, with queued again
/// after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Waiting for a worker.
    Queued,
    /// A worker holds it.
    Running,
    /// Done.
    Succeeded,
    /// Every attempt failed; it waits for a person.
    Dead,
    /// Ended by a person before it was done.
    Cancelled,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Dead,
        Self::Cancelled,
    ];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Job {
    /// How many attempts a job has unless its kind says otherwise.
    pub const ATTEMPTS: u32 = 8;

    /// Puts work in the queue, due at once.
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

    /// The work is done.
    pub fn succeed(&mut self, now: Timestamp) -> Result<(), Refused> {
        self.end(JobState::Succeeded, now)?;
        self.error = None;
        Ok(())
    }

    /// This attempt failed: wait and try again, or be dead when it was the
    /// last one or trying again is no use.
    pub fn fail(&mut self, error: String, again: bool, now: Timestamp) -> Result<(), Refused> {
        let failures = self.failures.saturating_add(1);
        if again && failures < self.max_attempts {
            if self.state != JobState::Running {
                return Err(self.refused(JobState::Queued));
            }
            self.state = JobState::Queued;
            self.lease = None;
            self.run_at = now.plus(back_off(failures));
        } else {
            self.end(JobState::Dead, now)?;
        }
        self.failures = failures;
        self.error = Some(error);
        Ok(())
    }

    /// Whether so many workers were lost over it that no other should try.
    pub const fn is_hopeless(&self) -> bool {
        self.failures >= self.max_attempts
    }

    /// Nothing is wrong with the job, but it cannot be done now: wait and try
    /// again, however often that happens.
    pub fn postpone(&mut self, reason: String, now: Timestamp) -> Result<(), Refused> {
        if self.state != JobState::Running {
            return Err(self.refused(JobState::Queued));
        }
        self.state = JobState::Queued;
        self.lease = None;
        self.run_at = now.plus(back_off(self.attempt).min(LONGEST_POSTPONEMENT));
        self.error = Some(reason);
        Ok(())
    }

    fn end(&mut self, to: JobState, now: Timestamp) -> Result<(), Refused> {
        if self.state != JobState::Running {
            return Err(self.refused(to));
        }
        self.state = to;
        self.lease = None;
        self.finished_at = Some(now);
        Ok(())
    }

    fn refused(&self, to: JobState) -> Refused {
        Refused {
            entity: "job",
            from: self.state.as_str(),
            to: to.as_str(),
        }
    }
}

/// How long a job waits at most for what it needs to come back.
const LONGEST_POSTPONEMENT: Duration = Duration::from_mins(1);

/// How long to wait after the given failed attempt: 1, 2, 4… seconds, at most
/// an hour.
pub fn back_off(attempt: u32) -> Duration {
    let seconds = 1u64 << attempt.saturating_sub(1).min(12);
    Duration::from_secs(seconds.min(3600))
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
    fn a_failed_attempt_waits_longer_each_time_and_ends_dead() {
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
        assert_eq!(back_off(40), Duration::from_hours(1));
    }

    #[test]
    fn waiting_for_something_else_never_ends_a_job() {
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
    fn a_job_that_takes_its_workers_with_it_is_hopeless() {
        assert!(!running(7).is_hopeless());
        assert!(running(8).is_hopeless());
    }

    #[test]
    fn only_a_running_job_ends() {
        let mut job = running(0);
        job.succeed(Timestamp::EPOCH).expect("running");
        assert!(job.succeed(Timestamp::EPOCH).is_err());
        assert!(job.fail("late".into(), true, Timestamp::EPOCH).is_err());
    }
}
