//! Measurements as lines of a Markdown table.

use std::fmt;

/// The lines.
#[derive(Default)]
pub(crate) struct Table(Vec<Line>);

struct Line {
    subject: String,
    ours: String,
    peer: String,
    ratio: String,
    aim: String,
    is_met: Option<bool>,
}

impl Table {
    /// Adds a rate of the service and that of a peer; `aim` is the least ratio.
    pub(crate) fn compare(
        &mut self,
        subject: &str,
        (ours, peer): (Rate, Rate),
        peer_name: &str,
        aim: Option<f64>,
    ) {
        let line = Line::of(subject, &ours, peer_name, &peer);
        let ratio = ours.median() / peer.median();
        self.0.push(Line {
            aim: aim.map_or("–".to_owned(), |aim| format!("≥ {aim:.2}×")),
            is_met: aim.map(|aim| ratio >= aim),
            ..line
        });
    }

    /// Adds a delay of the service and that of a peer; `aim` is the maximum
    /// ratio.
    pub(crate) fn compare_at_most(
        &mut self,
        subject: &str,
        (ours, peer): (Rate, Rate),
        peer_name: &str,
        aim: f64,
    ) {
        let line = Line::of(subject, &ours, peer_name, &peer);
        self.0.push(Line {
            aim: format!("≤ {aim:.2}×"),
            is_met: Some(ours.median() / peer.median() <= aim),
            ..line
        });
    }

    /// Adds a number of the service; `aim` is the maximum.
    pub(crate) fn at_most(&mut self, subject: &str, ours: &Rate, aim: f64) {
        self.0.push(Line {
            subject: subject.to_owned(),
            ours: ours.to_string(),
            peer: "–".to_owned(),
            ratio: "–".to_owned(),
            aim: format!("≤ {aim} {}", ours.unit),
            is_met: Some(ours.median() <= aim),
        });
    }

    /// Adds a number of the service without an aim.
    pub(crate) fn alone(&mut self, subject: &str, ours: &Rate) {
        self.0.push(Line {
            subject: subject.to_owned(),
            ours: ours.to_string(),
            peer: "–".to_owned(),
            ratio: "–".to_owned(),
            aim: "–".to_owned(),
            is_met: None,
        });
    }

    /// Adds a subject whose peer is missing.
    pub(crate) fn not_run(&mut self, subject: &str, why: &str) {
        println!("not run: {subject}: {why}");
        self.0.push(Line {
            subject: subject.to_owned(),
            ours: format!("not run: {why}"),
            peer: "–".to_owned(),
            ratio: "–".to_owned(),
            aim: "–".to_owned(),
            is_met: None,
        });
    }
}

impl Line {
    fn of(subject: &str, ours: &Rate, peer_name: &str, peer: &Rate) -> Self {
        Self {
            subject: subject.to_owned(),
            ours: ours.to_string(),
            peer: format!("{peer_name}: {peer}"),
            ratio: format!("{:.2}×", ours.median() / peer.median()),
            aim: "–".to_owned(),
            is_met: None,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | Tenantry | Reference | Ratio | Target | Met |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for line in &self.0 {
            let Line {
                subject,
                ours,
                peer,
                ratio,
                aim,
                is_met,
            } = line;
            let met = match is_met {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "–",
            };
            writeln!(
                f,
                "| {subject} | {ours} | {peer} | {ratio} | {aim} | {met} |"
            )?;
        }
        Ok(())
    }
}

/// The measurements of several rounds.
#[derive(Debug, Clone)]
pub(crate) struct Rate {
    rounds: Vec<f64>,
    unit: &'static str,
}

impl Rate {
    /// Creates a rate without measurements.
    pub(crate) const fn of(unit: &'static str) -> Self {
        Self {
            rounds: Vec::new(),
            unit,
        }
    }

    /// Adds the measurement of a round.
    pub(crate) fn add(&mut self, value: f64) {
        self.rounds.push(value);
        self.rounds.sort_by(f64::total_cmp);
    }

    /// Returns the median of the rounds.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.rounds.get(self.rounds.len() / 2);
        middle.copied().expect("a round")
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let median = self.median();
        let decimals = usize::from(median < 100.0);
        write!(f, "{median:.decimals$} {}", self.unit)
    }
}
