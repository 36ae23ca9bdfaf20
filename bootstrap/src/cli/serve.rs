//! `tenantry serve`

use std::process::ExitCode;

use tenantry_config::Config;

use super::{
    options::Options,
    output::{block_on, print},
    stop_signal::stop_signal,
};
use crate::{
    error::StartError,
    service::{Service, ServiceHandle},
    telemetry,
};

pub(super) fn run(options: &Options) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    telemetry::start(&config.log)?;
    block_on(async {
        let stopping = stop_signal()?;
        let service = Service::open(config.clone()).await?.serve().await?;
        greet(&config, &service);
        tokio::select! {
            () = stopping => {}
            () = service.stopping() => {}
        }
        tracing::info!("draining");
        service.stop();
        service.stopped().await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn greet(config: &Config, service: &ServiceHandle) {
    let base = match &config.http.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{}", service.address),
    };
    print(&format!("{} is listening on {base}", config.app.name));
    print(&format!("  documentation  {base}/docs"));
    if service.is_new {
        print("  the store is empty; register an organization and its owner with");
        print(&format!(
            "    curl -s {base}/api/v1/auth/register -H 'content-type: application/json' \\"
        ));
        print(
            r#"      -d '{"email": "ann@example.com", "password": "correct horse battery", "organization_name": "Acme"}'"#,
        );
    }
}
