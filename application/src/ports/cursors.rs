//! Cursors of lists, opaque to clients and tamper-proof.

/// Signs and verifies positions in lists.
pub trait Cursors: Send + Sync {
    /// Signs a position and returns a URL-safe cursor. `scope` identifies the
    /// list and its filters; the cursor is valid for that scope only.
    fn sign(&self, scope: &[u8], position: &[u8]) -> String;

    /// Verifies a cursor and returns its position; `None` if it was not signed
    /// by this service for this scope.
    fn verify(&self, scope: &[u8], cursor: &str) -> Option<Vec<u8>>;
}
