//! The open connections, shared fairly between client networks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tenantry_domain::ClientNetwork;
use tokio_util::sync::CancellationToken;

use super::activity::Activity;

/// The number of connections above the limit that serve health checks only.
const RESERVED: usize = 16;

/// The open connections of a server.
///
/// A connection above the limit of its network, or of all networks, closes the
/// one that has been idle longest to make room. If none is idle, a reserved one
/// is opened; further ones are refused.
#[derive(Clone)]
pub(super) struct Connections(Arc<Mutex<Table>>);

struct Table {
    limit: usize,
    limit_per_network: usize,
    next_number: u64,
    open: HashMap<u64, Entry>,
    networks: HashMap<ClientNetwork, usize>,
    reserved: usize,
}

struct Entry {
    network: Option<ClientNetwork>,
    activity: Weak<Activity>,
    close: CancellationToken,
}

/// An open connection, until it is dropped.
pub(super) struct OpenConnection {
    connections: Connections,
    number: u64,
    /// Cancelled to make room for another connection.
    pub(super) close: CancellationToken,
    /// Whether the connection serves health checks only.
    pub(super) is_reserved: bool,
}

impl Connections {
    /// Creates an empty table with a limit on all connections and on those of one
    /// network.
    pub(super) fn new(limit: usize, limit_per_network: usize) -> Self {
        Self(Arc::new(Mutex::new(Table {
            limit: limit.max(1),
            limit_per_network: limit_per_network.max(1),
            next_number: 0,
            open: HashMap::new(),
            networks: HashMap::new(),
            reserved: 0,
        })))
    }

    /// Opens a connection from a network; `None` for a proxy, which has no share.
    /// Returns `None` if there is no room.
    pub(super) fn open(
        &self,
        network: Option<ClientNetwork>,
        activity: &Arc<Activity>,
    ) -> Option<OpenConnection> {
        let mut table = self.lock();
        let is_reserved = !table.make_room(network);
        if is_reserved && table.reserved >= RESERVED {
            return None;
        }
        let close = CancellationToken::new();
        let number = table.next_number;
        table.next_number += 1;
        if is_reserved {
            table.reserved += 1;
        } else {
            if let Some(network) = network {
                *table.networks.entry(network).or_default() += 1;
            }
            let entry = Entry {
                network,
                activity: Arc::downgrade(activity),
                close: close.clone(),
            };
            table.open.insert(number, entry);
        }
        Some(OpenConnection {
            connections: self.clone(),
            number,
            close,
            is_reserved,
        })
    }

    /// Returns the number of open connections.
    pub(super) fn count(&self) -> usize {
        let table = self.lock();
        table.open.len() + table.reserved
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Returns whether there is room for one more connection of a network, after
    /// closing an idle one if necessary.
    fn make_room(&mut self, network: Option<ClientNetwork>) -> bool {
        let mine = network.and_then(|network| self.networks.get(&network));
        if mine.is_some_and(|mine| *mine >= self.limit_per_network) {
            return self.close_idle(|entry| entry.network == network);
        }
        self.open.len() < self.limit || self.close_idle(|_| true)
    }

    /// Closes the connection that has been idle longest among the candidates.
    fn close_idle(&mut self, is_candidate: impl Fn(&Entry) -> bool) -> bool {
        let candidates = self.open.iter().filter(|(_, entry)| is_candidate(entry));
        let idle = candidates.filter_map(|(number, entry)| {
            let since = entry.activity.upgrade()?.idle_since()?;
            Some((since, *number))
        });
        let Some((_, number)) = idle.min() else {
            return false;
        };
        self.remove(number);
        true
    }

    fn remove(&mut self, number: u64) {
        let Some(entry) = self.open.remove(&number) else {
            return;
        };
        entry.close.cancel();
        if let Some(network) = entry.network
            && let Some(count) = self.networks.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut table = self.connections.lock();
        if self.is_reserved {
            table.reserved -= 1;
        } else {
            table.remove(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a failed test may panic")]

    use std::net::IpAddr;

    use super::*;
    use crate::server::ServerOptions;

    fn open(connections: &Connections, address: &str) -> Option<(OpenConnection, Arc<Activity>)> {
        let activity = Activity::new(&ServerOptions::default());
        let address: IpAddr = address.parse().expect("an address");
        let open = connections.open(Some(ClientNetwork::of(address)), &activity)?;
        Some((open, activity))
    }

    #[tokio::test]
    async fn a_network_replaces_its_longest_idle_connection() {
        let connections = Connections::new(10, 2);
        let (first, first_activity) = open(&connections, "10.0.0.1").expect("room");
        let request = first_activity.request();
        let (second, _second) = open(&connections, "10.0.0.1").expect("room");
        let (other, _other) = open(&connections, "10.0.0.2").expect("room");
        let (third, third_activity) = open(&connections, "10.0.0.1").expect("room");
        assert!(second.close.is_cancelled());
        assert!(!first.close.is_cancelled() && !other.close.is_cancelled());
        assert!(!third.is_reserved);
        // No connection of the network is idle.
        let _busy = third_activity.request();
        let (reserved, _) = open(&connections, "10.0.0.1").expect("room");
        assert!(reserved.is_reserved);
        drop(request);
        let (fourth, _) = open(&connections, "10.0.0.1").expect("room");
        assert!(!fourth.is_reserved && first.close.is_cancelled());
    }

    #[tokio::test]
    async fn all_networks_share_the_limit() {
        let connections = Connections::new(2, 2);
        let (first, _first) = open(&connections, "10.0.0.1").expect("room");
        let (_second, second_activity) = open(&connections, "10.0.0.2").expect("room");
        let _busy = second_activity.request();
        let (_third, third_activity) = open(&connections, "10.0.0.3").expect("room");
        assert!(first.close.is_cancelled());
        let _busy = third_activity.request();
        let reserved: Vec<_> = (0..RESERVED)
            .map(|_| open(&connections, "10.0.0.4").expect("room"))
            .collect();
        assert!(reserved.iter().all(|(open, _)| open.is_reserved));
        assert!(open(&connections, "10.0.0.4").is_none());
        drop(reserved);
        drop(first);
        assert_eq!(connections.count(), 2);
    }

    #[tokio::test]
    async fn addresses_of_one_ipv6_prefix_are_one_network() {
        let connections = Connections::new(10, 1);
        let (first, _first) = open(&connections, "2001:db8::1").expect("room");
        let _second = open(&connections, "2001:db8::2").expect("room");
        assert!(first.close.is_cancelled());
        let (third, _third) = open(&connections, "2001:db8:0:1::1").expect("room");
        assert!(!third.is_reserved);
    }
}
