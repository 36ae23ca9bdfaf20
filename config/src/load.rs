//! Merges the layers.

use std::fmt;
use std::io::ErrorKind;

use figment::Figment;
use figment::value::{Dict, Value};

use crate::aliases;
use crate::assignments::Assignments;
use crate::check::check;
use crate::config::Config;
use crate::derived::derive;
use crate::files::{parse_toml, read_secret, resolve_secret_files};
use crate::layer::{Layer, Layers};
use crate::problem::{Problem, Problems};
use crate::profile::Profile;
use crate::shape::Shape;
use crate::sources::{Dotenv, Sources};
use crate::text;
use crate::text_file::read_text;
use crate::variables::{Variable, Variables};

const DEFAULTS: &str = include_str!("../default.toml");

/// A configuration and the origin of each value.
#[derive(Clone)]
pub struct LoadedConfig {
    /// The configuration.
    pub config: Config,
    pub(crate) layers: Figment,
    /// The variable that set the profile; `None` for the default.
    pub(crate) profile_origin: Option<String>,
}

impl Config {
    /// Reads and validates the configuration.
    ///
    /// Returns all problems of the first stage that fails: reading files and variables, then keys
    /// and types, then the rules of the sections.
    pub fn load(sources: &Sources) -> Result<LoadedConfig, Problems> {
        let loaded = LoadedConfig::read(sources)?;
        loaded.validate()?;
        Ok(loaded)
    }

    /// Reads and validates the configuration without returning it.
    pub fn check(sources: &Sources) -> Result<(), Problems> {
        Self::load(sources).map(drop)
    }
}

impl LoadedConfig {
    /// Reads the configuration and checks keys, types and bounds, but not the rules of the
    /// sections, so that `show` can display a configuration that violates them.
    pub fn read(sources: &Sources) -> Result<Self, Problems> {
        let dotenv = read_dotenv(sources)?;
        let mut variables = Variables::collect(&sources.env, dotenv.as_deref())?;
        aliases::resolve_files(&mut variables, sources)?;
        let (profile, profile_origin) = variables.profile()?;

        let files = read_files(profile, sources)?;
        let mut assignments = Assignments::default();
        let mut problems = assign_keys(&variables, sources, &mut assignments);
        problems.extend(aliases::assign(&variables, &files, &mut assignments));
        problems.extend(assignments.conflicts());
        let flags = read_flags(sources, &mut problems);
        Problems::check(problems)?;

        let layers = assignments.explicit().iter().fold(files, |layers, set| {
            layers.merge(Layer::single(&set.origin, &set.key, set.value.clone()))
        });
        let layers = flags.into_iter().fold(layers, Figment::merge);
        let layers = assignments
            .implied()
            .iter()
            .fold(layers, |layers, implied| {
                layers.join(Layer::single(
                    &implied.origin,
                    &implied.key,
                    implied.value.clone(),
                ))
            });
        let layers = derive(layers);

        let values = layers.value("").unwrap_or_else(|| Dict::new().into());
        Problems::check(check(&layers, &values))?;
        let mut config: Config = layers.extract().map_err(|error| explain(&layers, &error))?;
        config.profile = profile;
        Ok(Self {
            config,
            layers,
            profile_origin,
        })
    }

    /// Validates the rules of the sections.
    pub fn validate(&self) -> Result<(), Problems> {
        self.config.validate().map_err(|problems| {
            let located = problems.iter().cloned().map(|problem| {
                match self.layers.origin_of(problem.key()) {
                    Some(origin) => problem.from_origin(origin),
                    None => problem,
                }
            });
            Problems::check(located.collect()).err().unwrap_or(problems)
        })
    }
}

impl fmt::Debug for LoadedConfig {
    /// Omits the layers, which contain secrets in plain text.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LoadedConfig")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Converts an error of deserialization, such as an invalid network, to a problem.
fn explain(layers: &Figment, error: &figment::Error) -> Problem {
    let key = error.path.join(".");
    let problem = Problem::new(key.as_str(), error.kind.to_string());
    match layers.origin_of(&key) {
        Some(origin) => problem.from_origin(origin),
        None => problem,
    }
}

fn read_dotenv(sources: &Sources) -> Result<Option<String>, Problem> {
    match &sources.dotenv {
        Dotenv::None => Ok(None),
        Dotenv::Text(text) => Ok(Some(text.expose().to_owned())),
        Dotenv::WorkingDir => match read_text(&sources.working_dir.join(".env")) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Problem::new(".env", format!("cannot be read: {error}"))),
        },
    }
}

fn read_files(profile: Profile, sources: &Sources) -> Result<Figment, Problem> {
    let embedded = [
        ("default.toml".to_owned(), DEFAULTS),
        (format!("profiles/{profile}.toml"), profile.layer()),
    ];
    let mut layers = Figment::new();
    for (origin, text) in embedded {
        let values = parse_toml(text, &origin)?;
        layers = layers.merge(Layer::new(origin, values));
    }
    let Some(file) = &sources.config_file else {
        return Ok(layers);
    };
    let name = file.display().to_string();
    let text = read_text(&sources.resolve(file))
        .map_err(|error| Problem::new(name.as_str(), format!("cannot be read: {error}")))?;
    let origin = format!("file {name}");
    let mut values = Value::from(parse_toml(&text, &name)?);
    resolve_secret_files("", &mut values, Shape::config(), &sources.working_dir)
        .map_err(|problem| problem.from_origin(origin.as_str()))?;
    Ok(layers.merge(Layer::new(origin, values.into_dict().unwrap_or_default())))
}

/// Adds the assignments of the variables `TENANTRY_SECTION__KEY`.
fn assign_keys(
    variables: &Variables,
    sources: &Sources,
    assignments: &mut Assignments,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, variable) in variables.keys() {
        match assign_key(&key, variable, sources) {
            Ok((key, value)) => assignments.set(key, value, variable),
            Err(problem) => problems.push(problem.from_origin(&variable.origin)),
        }
    }
    problems
}

fn assign_key(
    key: &str,
    variable: &Variable,
    sources: &Sources,
) -> Result<(String, Value), Problem> {
    let problem = |reason| Problem::new(key, reason);
    let field = Shape::config().find(key);
    let field = field.ok_or_else(|| problem("unknown key".to_owned()))?;
    if let Some(secret) = &field.file_of {
        let file = sources.resolve(variable.value.as_ref());
        let text = read_secret(&file).map_err(problem)?;
        let secret = match key.rsplit_once('.') {
            Some((section, _)) => format!("{section}.{secret}"),
            None => secret.clone(),
        };
        return Ok((secret, text.into()));
    }
    let mut value = text::parse(&variable.value, &field.shape).map_err(problem)?;
    resolve_secret_files(key, &mut value, &field.shape, &sources.working_dir)?;
    Ok((key.to_owned(), value))
}

fn read_flags(sources: &Sources, problems: &mut Vec<Problem>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for flag in &sources.flags.0 {
        let origin = format!("flag {}", flag.name);
        let value = match Shape::config().find(&flag.key) {
            Some(field) => text::parse(flag.text.expose(), &field.shape),
            None => Err("unknown key".to_owned()),
        };
        match value {
            Ok(value) => layers.push(Layer::single(origin, &flag.key, value)),
            Err(reason) => problems.push(Problem::new(&flag.key, reason).from_origin(origin)),
        }
    }
    layers
}
