//! The text format of published signals.
//!
//! The first line is the sender's id, each further line a signal: `jobs`, or
//! `user` or `tenant` followed by an id. Unknown lines, as a process of another
//! version may send, are ignored.

use std::fmt::Write;

use tenantry_application::ports::{EpochSubject, Signal};
use uuid::Uuid;

/// Encodes signals as a message of `sender`.
pub(crate) fn encode(sender: Uuid, signals: impl IntoIterator<Item = Signal>) -> String {
    let mut text = sender.to_string();
    for signal in signals {
        // Writing to a `String` cannot fail.
        let _ = match signal {
            Signal::JobsAdded => write!(text, "\njobs"),
            Signal::EpochRaised(EpochSubject::User(id)) => write!(text, "\nuser {id}"),
            Signal::EpochRaised(EpochSubject::Tenant(id)) => write!(text, "\ntenant {id}"),
        };
    }
    text
}

/// Decodes the signals of a message, unless `own_id` sent it.
pub(crate) fn decode(own_id: Uuid, message: &str) -> impl Iterator<Item = Signal> {
    let (sender, signals) = message.split_once('\n').unwrap_or_default();
    let is_own = Uuid::try_parse(sender).is_ok_and(|sender| sender == own_id);
    let signals = if is_own { "" } else { signals };
    signals.lines().filter_map(decode_line)
}

fn decode_line(line: &str) -> Option<Signal> {
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

    const OWN: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn decoded(message: &str) -> Vec<Signal> {
        decode(OWN, message).collect()
    }

    #[test]
    fn messages_of_other_senders_are_decoded() {
        let signals = [
            Signal::JobsAdded,
            Signal::EpochRaised(EpochSubject::User(UserId::from_uuid(OWN))),
            Signal::EpochRaised(EpochSubject::Tenant(TenantId::from_uuid(OTHER))),
        ];
        assert_eq!(decoded(&encode(OTHER, signals)), signals);
        assert_eq!(decoded(&encode(OWN, signals)), []);
    }

    #[test]
    fn unknown_lines_are_ignored() {
        for message in ["", "jobs", "\n", "\n\n\n", "x\nuser\ntenant 7\nuser x y"] {
            assert_eq!(decoded(message), [], "{message:?}");
        }
        let mixed = "unknown sender\nrole 7\njobs\nuser 7\njobs 3";
        assert_eq!(decoded(mixed), [Signal::JobsAdded]);
    }
}
