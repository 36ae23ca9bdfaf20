//! The context of a request.

use std::sync::{Arc, OnceLock};

use poem::{FromRequest, Request, RequestBody, Result, http::header::USER_AGENT};
use tenantry_application::RequestInfo;
use tenantry_domain::id::{TenantId, UserId};

use super::client::Client;
use crate::{admission::Ticket, server::ResponseAbort};

/// The maximum length of the recorded user agent, in bytes.
const MAX_USER_AGENT_BYTES: usize = 512;

/// The maximum size of a JSON body of a client that is not authenticated, in
/// bytes.
const MAX_ANONYMOUS_BYTES: usize = 8 * 1024;

/// The id, the client and the caller of a request; handlers take it as an
/// argument.
#[derive(Debug, Clone)]
pub struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    client: Client,
    user_agent: Option<String>,
    json_limit: usize,
    ticket: OnceLock<Ticket>,
    abort: OnceLock<ResponseAbort>,
    base_path: Arc<str>,
    caller: OnceLock<(UserId, Option<TenantId>)>,
}

impl Context {
    pub(super) fn new(
        request: &Request,
        request_id: String,
        client: Client,
        json_limit: usize,
        base_path: &Arc<str>,
    ) -> Self {
        let user_agent = request
            .header(USER_AGENT)
            .and_then(|text| text.get(..text.len().min(MAX_USER_AGENT_BYTES)))
            .map(str::to_owned);
        Self(Arc::new(Inner {
            request_id,
            client,
            user_agent,
            json_limit,
            ticket: OnceLock::new(),
            abort: OnceLock::new(),
            base_path: Arc::clone(base_path),
            caller: OnceLock::new(),
        }))
    }

    /// Returns the context of a request that passed the middleware.
    pub fn of(request: &Request) -> Option<&Self> {
        request.data()
    }

    /// Returns the request's id.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Returns the request's client.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Returns the maximum size of a JSON body, in bytes. Bodies of clients that
    /// are not authenticated are small.
    pub fn json_limit(&self) -> usize {
        match self.caller() {
            Some(_) => self.0.json_limit,
            None => self.0.json_limit.min(MAX_ANONYMOUS_BYTES),
        }
    }

    /// Records the admission of the request; later calls have no effect.
    pub(super) fn admit(&self, ticket: Ticket) -> &Ticket {
        self.0.ticket.get_or_init(|| ticket)
    }

    /// Returns the admission of the request; health checks have none.
    pub(crate) fn ticket(&self) -> Option<&Ticket> {
        self.0.ticket.get()
    }

    /// Sets the condition that aborts the response; later calls have no effect.
    pub(crate) fn abort_response_when(&self, abort: ResponseAbort) {
        self.0.abort.get_or_init(|| abort);
    }

    /// Returns the condition that aborts the response.
    pub(super) fn abort(&self) -> Option<ResponseAbort> {
        self.0.abort.get().cloned()
    }

    /// Returns the path of the public URL without its last slash.
    pub fn base_path(&self) -> &str {
        &self.0.base_path
    }

    /// Returns the part that use cases record.
    pub fn info(&self) -> RequestInfo {
        RequestInfo {
            request_id: Some(self.0.request_id.clone()),
            address: Some(self.0.client.address.to_string()),
            user_agent: self.0.user_agent.clone(),
        }
    }

    /// Records the caller for the log; later calls have no effect.
    pub fn identify(&self, user: UserId, tenant: Option<TenantId>) {
        if self.0.caller.set((user, tenant)).is_ok() {
            let span = tracing::Span::current();
            span.record("user.id", tracing::field::display(user));
            if let Some(tenant) = tenant {
                span.record("tenant.id", tracing::field::display(tenant));
            }
        }
    }

    /// Returns the caller, if known.
    pub fn caller(&self) -> Option<(UserId, Option<TenantId>)> {
        self.0.caller.get().copied()
    }
}

impl<'a> FromRequest<'a> for Context {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let context = Self::of(request).cloned();
        context.ok_or_else(|| poem::error::GetDataError("Context").into())
    }
}
