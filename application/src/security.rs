//! Security events: log lines with a stable target and stable names, for alarms
//! and investigations.
//!
//! An event contains the client's address, the request's id and, where somebody
//! presented an identifier, its keyed hash: equal identifiers can be correlated,
//! but not read. It never contains an identifier, a password or a token.

use tenantry_domain::blob::Digest;

use crate::{caller::RequestInfo, ports::SealPurpose, services::Services};

/// Declares the security events.
macro_rules! security_events {
    ($($(#[doc = $doc:literal])+ $event:ident = $name:literal;)+) => {
        /// A security event; `docs/security-events.md` lists them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum SecurityEvent {
            $($(#[doc = $doc])+ $event,)+
        }

        impl SecurityEvent {
            /// Every event.
            pub const ALL: &'static [Self] = &[$(Self::$event,)+];

            /// Returns the stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }
        }
    };
}

security_events! {
    /// A sign-in failed.
    SignInFailed = "sign_in_failed";
    /// A password was not verified because of the delay after failures.
    AttemptDelayed = "attempt_delayed";
    /// A signed-in user gave a wrong current password.
    PasswordRejected = "password_rejected";
    /// A refresh token was used again after its grace period.
    RefreshTokenReused = "refresh_token_reused";
    /// A request was denied with 403.
    AccessDenied = "access_denied";
    /// A request selected a tenant that its user does not act in.
    ForeignTenant = "foreign_tenant";
    /// A request was rejected with 429.
    RateLimited = "rate_limited";
}

impl SecurityEvent {
    /// Logs the event of a request.
    pub fn log(self, request: &RequestInfo) {
        self.write(request, None);
    }

    /// Logs the event of a request with the keyed hash of the identifier that it
    /// concerns.
    pub fn log_with(self, services: &Services, request: &RequestInfo, identifier: &str) {
        let (purpose, message) = (SealPurpose::SecurityEvent, identifier.as_bytes());
        let hash = Digest::from_bytes(services.seals.seal(purpose, message));
        self.write(request, Some(&hash));
    }

    fn write(self, request: &RequestInfo, identifier: Option<&Digest>) {
        tracing::warn!(
            target: "tenantry::security",
            {
                security.event = self.as_str(),
                client.address = request.address,
                request.id = request.request_id,
                identifier.hash = identifier.map(tracing::field::display)
            },
            "security event"
        );
    }
}
