//! Signals as text.
//!
//! The first line names who tells, each further one is a signal: `jobs`, or
//! `user` or `tenant` and an id. Processes of another version may send lines
//! that this one does not know: it passes over them.

use std::fmt::Write;

use tenantry_application::ports::{EpochSubject, Signal};
use uuid::Uuid;

/// The message that says it all.
pub(crate) fn write(teller: Uuid, signals: impl IntoIterator<Item = Signal>) -> String {
    let mut text = teller.to_string();
    for signal in signals {
        // Writing to a text does not fail.
        let _ = match signal {
            Signal::JobsAdded => write!(text, "\njobs"),
            Signal::EpochRaised(EpochSubject::User(id)) => write!(text, "\nuser {id}"),
            Signal::EpochRaised(EpochSubject::Tenant(id)) => write!(text, "\ntenant {id}"),
        };
    }
    text
}

/// What a message says, unless it is one of `own`.
pub(crate) fn read(own: Uuid, message: &str) -> impl Iterator<Item = Signal> {
    let (teller, signals) = message.split_once('\n').unwrap_or_default();
    let is_own = Uuid::try_parse(teller).is_ok_and(|teller| teller == own);
    let signals = if is_own { "" } else { signals };
    signals.lines().filter_map(signal)
}

fn signal(line: &str) -> Option<Signal> {
    let subject = match line.split_once(' ') {
        None => return (line == "jobs").then_some(Signal::JobsAdded),
        Some(("user", id)) => EpochSubject::User(id.parse().ok()?),
        Some(("tenant", id)) => EpochSubject::Tenant(id.parse().ok()?),
        Some(_) => return None,
    };
    Some(Signal::EpochRaised(subject))
}

#[cfg(test)]
mod tests {
    use tenantry_domain::id::{TenantId, UserId};

    use super::*;

    const ANN: Uuid = Uuid::from_u128(1);
    const BOB: Uuid = Uuid::from_u128(2);

    fn heard(message: &str) -> Vec<Signal> {
        read(ANN, message).collect()
    }

    #[test]
    fn what_is_written_is_read_by_others() {
        let signals = [
            Signal::JobsAdded,
            Signal::EpochRaised(EpochSubject::User(UserId::from_uuid(ANN))),
            Signal::EpochRaised(EpochSubject::Tenant(TenantId::from_uuid(BOB))),
        ];
        assert_eq!(heard(&write(BOB, signals)), signals);
        assert_eq!(heard(&write(ANN, signals)), []);
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        for message in ["", "jobs", "\n", "\n\n\n", "x\nuser\ntenant 7\nuser x y"] {
            assert_eq!(heard(message), [], "{message:?}");
        }
        let mixed = "somebody new\nmoon full\njobs\nuser 7\njobs 3";
        assert_eq!(heard(mixed), [Signal::JobsAdded]);
    }
}
