//! The single writing task on a server without transactions.

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

/// The writing task.
pub(super) struct Writer {
    queue: Arc<CommitQueue<Order>>,
    database: Database,
    lease: Arc<Lease>,
    group: usize,
    /// Whether a record may have to be applied first.
    needs_recovery: bool,
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
            needs_recovery: true,
        }
    }

    /// Applies the record that a crash left, and returns the task.
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
                    tracing::warn!(%error, "release the lease failed; the next start waits for it to expire");
                }
            }
            () = lease.keep() => {}
        }
    }

    async fn serve_all(&mut self, queue: &CommitQueue<Order>) {
        while let Some(orders) = queue.take(self.group).await {
            self.serve(orders).await;
            // Lets the callers queue their next units, so that these form one
            // group.
            tokio::task::yield_now().await;
        }
    }

    async fn serve(&mut self, orders: Vec<Order>) {
        let (mut units, commands) = order::separate(orders);
        while !units.is_empty() {
            let results = self.write_units(&units).await;
            order::complete_units(&mut units, results);
        }
        for (command, reply) in commands {
            let result = self.write_command(&command).await;
            drop(reply.send(result));
        }
    }

    async fn write_units(
        &mut self,
        units: &VecDeque<QueuedUnit>,
    ) -> Result<Vec<Result<(), CommitError>>, PortError> {
        self.recover().await?;
        let planned = plan_units(&mut Source::Now(&self.database), units).await;
        let planned =
            planned.map_err(|fault| fault.into_port_error("read the documents of a group"))?;
        self.store(&planned.images).await?;
        Ok(planned.outcomes)
    }

    async fn write_command(&mut self, command: &Command) -> Result<Reply, PortError> {
        self.recover().await?;
        let result = commands::run(&mut Source::Now(&self.database), command).await;
        let (reply, images) =
            result.map_err(|fault| fault.into_port_error("read the documents of a command"))?;
        self.store(&images).await?;
        Ok(reply)
    }

    async fn store(&mut self, images: &[Image]) -> Result<(), PortError> {
        if images.is_empty() {
            return Ok(());
        }
        self.lease.check()?;
        self.needs_recovery = true;
        let stored: BoxFuture<'_, _> = Box::pin(record::commit(&self.database, images));
        stored
            .await
            .map_err(|fault| unknown_outcome(fault.into_port_error("store a commit")))?;
        self.needs_recovery = false;
        Ok(())
    }

    /// Applies the record that a crash or a failure left, before any read.
    async fn recover(&mut self) -> Result<(), PortError> {
        self.lease.check()?;
        if !self.needs_recovery {
            return Ok(());
        }
        let applied = record::recover(&self.database).await;
        let applied =
            applied.map_err(|fault| fault.into_port_error("apply an unfinished commit"))?;
        if applied > 0 {
            tracing::info!(documents = applied, "applied an unfinished commit");
        }
        self.needs_recovery = false;
        Ok(())
    }
}
