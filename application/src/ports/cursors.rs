//! Cursors of lists, opaque to clients and proof against tampering.

/// Wraps and unwraps positions in lists.
pub trait Cursors: Send + Sync {
    /// Wraps a position for a client: URL-safe text. `scope` names the list
    /// and its filters; the cursor is good for that scope only.
    fn wrap(&self, scope: &[u8], position: &[u8]) -> String;

    /// Unwraps a client's cursor; `None` where it was not wrapped here for
    /// this scope.
    fn unwrap(&self, scope: &[u8], cursor: &str) -> Option<Vec<u8>>;
}
