//! The one task that writes, on a server without transactions.

use futures_util::future::BoxFuture;
use std::{collections::VecDeque, sync::Arc};

use tenantry_application::ports::{CommitError, PortError};
use tenantry_store::CommitQueue;

use super::{
    commands,
    fault::unknown_outcome,
    lease::Lease,
    order::{self, Command, Order, QueuedUnit, Reply},
    planning::plan_units,
    record,
};
use crate::{
    database::{Database, Source},
    plan::Image,
};

/// Owns the writing.
pub(super) struct Writer {
    queue: Arc<CommitQueue<Order>>,
    database: Database,
    lease: Arc<Lease>,
    group: usize,
    /// Whether a record may be left that is to be applied first.
    broken: bool,
}

impl Writer {
    pub(super) fn new(
        queue: Arc<CommitQueue<Order>>,
        database: Database,
        lease: Arc<Lease>,
        group: usize,
    ) -> Self {
        Self {
            queue,
            database,
            lease,
            group,
            broken: true,
        }
    }

    /// The same, after what a crash has left was applied.
    pub(super) async fn recovered(mut self) -> Result<Self, PortError> {
        self.recover().await?;
        Ok(self)
    }

    /// Writes group after group, until the queue is closed and empty or the
    /// lease is lost.
    pub(super) async fn run(mut self) {
        let _guard = self.queue.guard();
        let queue = Arc::clone(&self.queue);
        let lease = Arc::clone(&self.lease);
        tokio::select! {
            () = self.serve_all(&queue) => {
                if let Err(error) = lease.release().await {
                    tracing::warn!(%error, "the next start waits for the lease to end");
                }
            }
            () = lease.keep() => {}
        }
    }

    async fn serve_all(&mut self, queue: &CommitQueue<Order>) {
        while let Some(orders) = queue.take(self.group).await {
            self.serve(orders).await;
            // Those who were answered run first: what they ask for next goes
            // into one group, and not the first of it alone.
            tokio::task::yield_now().await;
        }
    }

    async fn serve(&mut self, orders: Vec<Order>) {
        let (mut units, commands) = order::separate(orders);
        while !units.is_empty() {
            let ended = self.write_units(&units).await;
            order::complete_units(&mut units, ended);
        }
        for (command, reply) in commands {
            let answer = self.write_command(&command).await;
            drop(reply.send(answer));
        }
    }

    async fn write_units(
        &mut self,
        units: &VecDeque<QueuedUnit>,
    ) -> Result<Vec<Result<(), CommitError>>, PortError> {
        self.recover().await?;
        let planned = plan_units(&mut Source::Now(&self.database), units).await;
        let planned =
            planned.map_err(|fault| fault.into_port_error("read what commits depend on"))?;
        self.store(&planned.images).await?;
        Ok(planned.outcomes)
    }

    async fn write_command(&mut self, command: &Command) -> Result<Reply, PortError> {
        self.recover().await?;
        let answered = commands::run(&mut Source::Now(&self.database), command).await;
        let (answer, images) =
            answered.map_err(|fault| fault.into_port_error("read what a step depends on"))?;
        self.store(&images).await?;
        Ok(answer)
    }

    async fn store(&mut self, images: &[Image]) -> Result<(), PortError> {
        if images.is_empty() {
            return Ok(());
        }
        self.lease.check()?;
        self.broken = true;
        let stored: BoxFuture<'_, _> = Box::pin(record::commit(&self.database, images));
        stored
            .await
            .map_err(|fault| unknown_outcome(fault.into_port_error("store a commit")))?;
        self.broken = false;
        Ok(())
    }

    /// Applies what a crash or a failure has left, before anything is read.
    async fn recover(&mut self) -> Result<(), PortError> {
        self.lease.check()?;
        if !self.broken {
            return Ok(());
        }
        let applied = record::recover(&self.database).await;
        let applied =
            applied.map_err(|fault| fault.into_port_error("apply the commit that was left"))?;
        if applied > 0 {
            tracing::info!(documents = applied, "applied a commit that was left");
        }
        self.broken = false;
        Ok(())
    }
}
