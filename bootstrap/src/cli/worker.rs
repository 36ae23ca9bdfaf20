//! `tenantry worker`

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::{options::Options, output::block_on, stop_signal::stop_signal};
use crate::{error::StartError, service::Service, telemetry};

pub(super) fn run(options: &Options) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    telemetry::start(&config.log)?;
    block_on(async {
        let stopping = stop_signal()?;
        let service = Service::open(config).await?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            stopping.await;
            tracing::info!("finishing running jobs");
            stopped.cancel();
        });
        tracing::info!("running jobs");
        service.work(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}
