//! `tenantry fsck`

use std::{
    io::{self, Read},
    process::ExitCode,
};

use clap::Args;
use tenantry_application::{
    audit::check_head,
    upkeep::{Finding, fsck},
};
use tenantry_config::decode_text;
use tenantry_domain::audit::PublishedHead;

use super::{
    options::Options,
    output::{block_on, print},
};
use crate::{error::StartError, service::Service, telemetry};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Repair findings where no visible data is lost
    #[arg(long)]
    repair: bool,
    /// A published head that an audit chain must contain, as `tenantry audit heads` and the log
    /// write it; repeatable; `-` reads one per line from standard input
    #[arg(long, value_name = "CHAIN:SEQUENCE:HASH")]
    audit_head: Vec<String>,
}

pub(super) fn run(options: &Options, check: &Check) -> Result<ExitCode, StartError> {
    let heads = heads(&check.audit_head, &mut io::stdin().lock())?;
    let config = options.load()?;
    telemetry::start(&config.log)?;
    block_on(async {
        let service = Service::open(config).await?;
        if service.is_new() {
            service.close().await?;
            return Err(StartError::Failed(
                "the store is empty; check the data directory and the database".to_owned(),
            ));
        }
        let mut checked = fsck(service.services(), check.repair).await;
        if let Ok(report) = &mut checked {
            for head in &heads {
                match check_head(service.services(), *head).await {
                    Ok(mismatch) => report.findings.extend(mismatch.map(Finding::AuditHead)),
                    Err(error) => {
                        checked = Err(error);
                        break;
                    }
                }
            }
        }
        service.close().await?;
        let report = checked?;
        for finding in &report.findings {
            print(&finding.to_string());
        }
        print(&format!(
            "checked {} tenants, {} versions, {} blobs with {} bytes, {} audit entries, {} audit heads: {} findings, {} repaired",
            report.tenants,
            report.versions,
            report.blobs,
            report.bytes,
            report.audit_entries,
            heads.len(),
            report.findings.len(),
            report.repaired
        ));
        let left = report.findings.len() as u64 > report.repaired;
        Ok(if left {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    })
}

/// Returns the published heads of the arguments, and of the lines of `input`
/// if an argument is `-`.
fn heads(arguments: &[String], input: &mut impl Read) -> Result<Vec<PublishedHead>, StartError> {
    let mut heads = Vec::new();
    for argument in arguments {
        if argument == "-" {
            let mut bytes = Vec::new();
            let text = input
                .read_to_end(&mut bytes)
                .and_then(|_| decode_text(bytes))
                .map_err(|e| StartError::io("cannot read audit heads from standard input", e))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            for line in lines {
                heads.push(head(line)?);
            }
        } else {
            heads.push(head(argument)?);
        }
    }
    Ok(heads)
}

fn head(text: &str) -> Result<PublishedHead, StartError> {
    PublishedHead::parse(text)
        .map_err(|invalid| StartError::Failed(format!("audit head {text:?}: {invalid}")))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn heads_are_arguments_or_lines() {
        let hash = "0a".repeat(32);
        let texts = [1, 2, 3].map(|sequence| format!("platform:{sequence}:{hash}"));
        let input = format!("\u{FEFF}{}\r\n\n  {}\n", texts[1], texts[2]);
        let arguments = [texts[0].clone(), "-".to_owned()];
        let read = heads(&arguments, &mut input.as_bytes()).expect("heads");
        let read: Vec<_> = read.iter().map(PublishedHead::to_string).collect();
        assert_eq!(read, texts);
        assert!(heads(&[], &mut input.as_bytes()).expect("none").is_empty());
        for wrong in [&b"platform:1\n"[..], b"\xff\xfe"] {
            let error = heads(&["-".to_owned()], &mut &*wrong);
            assert!(error.is_err(), "{wrong:?}");
        }
    }
}
