//! Several accounts and Regions, queried, checked and cleaned up as one account.
//!
//! If a place fails, its error is reported with its name, and the other places answer.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::future::join_all;
use tokio::sync::OnceCell;

use super::client::Clients;
use super::connection::Aws;
use super::error::Error;
use super::lateness::LATENESS_S;
use super::options::{News, Options, Tell};
use super::policy::Action;
use crate::account::cancellation::Cancellation;
use crate::account::created::Created;
use crate::account::error::Error as AccountError;
use crate::account::estimate::Estimate;
use crate::account::finding::{Finding, Leftover};
use crate::account::flow_log::FlowLog;
use crate::account::inventory::Inventory;
use crate::account::lifecycle::Lifecycle;
use crate::account::place::Place;
use crate::account::queries::Account;
use crate::account::resource::Resource;
use crate::account::settings::Settings;
use crate::kind::TargetKind;
use crate::query::plan::Plan;
use crate::query::window::Interval;
use crate::value::{Column, ColumnType, Progress, Row, RowSink, Rows, RunStats, Value};

/// The word for every Region that an account has enabled.
const ALL: &str = "all";

/// The profiles and Regions to use.
pub struct Places {
    /// Profiles; `None` for what the SDK's default chain finds.
    profiles: Vec<Option<String>>,
    /// Regions, or [`ALL`]; `None` for the profile's or the environment's.
    regions: Vec<Option<String>>,
    tell: Arc<Tell>,
    usd_per_gb: f64,
    found: OnceCell<Vec<(Place, Aws)>>,
    /// The failures that were reported during the running command.
    told: Mutex<BTreeSet<String>>,
    is_partial: AtomicBool,
}

/// The items of a comma-separated list; a single `None` if there is no list.
fn parts(list: Option<&String>) -> Vec<Option<String>> {
    match list {
        Some(list) => list.split(',').map(|part| Some(part.trim().to_string())).collect(),
        None => vec![None],
    }
}

impl Places {
    /// The places that `options` name, if there are several.
    #[must_use]
    pub fn of(options: &mut Options) -> Option<Self> {
        let (profiles, regions) = (parts(options.profile.as_ref()), parts(options.region.as_ref()));
        let is_one = profiles.len() == 1 && regions.len() == 1 && regions[0].as_deref() != Some(ALL);
        if is_one {
            return None;
        }
        let tell = options.tell.take().unwrap_or_else(|| Box::new(|_| {}));
        Some(Self {
            profiles,
            regions,
            tell: Arc::new(tell),
            usd_per_gb: options.usd_per_gb,
            found: OnceCell::new(),
            told: Mutex::default(),
            is_partial: AtomicBool::new(false),
        })
    }

    /// The places; a profile whose Regions cannot be listed is reported, unless all fail.
    async fn places(&self) -> Result<&Vec<(Place, Aws)>, Error> {
        let find = async || {
            let of_profiles = join_all(self.profiles.iter().map(|profile| self.of_profile(profile.as_ref()))).await;
            let of_profiles = self.profiles.iter().zip(of_profiles);
            let found = self.done(of_profiles, |profile| profile.clone().unwrap_or_else(|| "-".into()))?;
            Ok(found.into_iter().flat_map(|(_, places)| places).collect())
        };
        self.found.get_or_try_init(find).await
    }

    /// The places of a profile.
    async fn of_profile(&self, profile: Option<&String>) -> Result<Vec<(Place, Aws)>, Error> {
        let regions = match self.regions.as_slice() {
            [Some(all)] if all == ALL => enabled_regions(profile).await?.into_iter().map(Some).collect(),
            regions => regions.to_vec(),
        };
        Ok(join_all(regions.into_iter().map(|region| self.open(profile, region))).await)
    }

    async fn open(&self, profile: Option<&String>, region: Option<String>) -> (Place, Aws) {
        let open = || {
            let tell = Arc::clone(&self.tell);
            Aws::open(Options {
                profile: profile.cloned(),
                region: region.clone(),
                tell: Some(Box::new(move |news| tell(news))),
                usd_per_gb: self.usd_per_gb,
            })
        };
        let aws = open();
        match place(&aws).await {
            Ok(place) => (place, aws),
            // Reopened, so that the error appears on first use: the SDK caches a failed login.
            Err(_) => {
                let named = |name: Option<&String>| name.cloned().unwrap_or_else(|| "-".into());
                (Place { region: named(region.as_ref()), account: named(profile) }, open())
            }
        }
    }

    /// Asks all places at once; those that fail are reported, unless all fail.
    async fn each<'s, T, F>(&'s self, ask: impl Fn(&'s Aws) -> F) -> Result<Vec<(&'s Place, T)>, AccountError>
    where
        F: Future<Output = Result<T, AccountError>> + Send,
        T: Send,
    {
        let places = self.places().await?;
        let answers = join_all(places.iter().map(|(_, aws)| ask(aws))).await;
        self.done(places.iter().map(|(place, _)| place).zip(answers), Place::label)
    }

    /// Returns the successful outcomes; reports the failures, unless all failed.
    fn done<'s, K, T, E: Display>(
        &self,
        outcomes: impl Iterator<Item = (&'s K, Result<T, E>)>,
        label: impl Fn(&K) -> String,
    ) -> Result<Vec<(&'s K, T)>, E> {
        let mut done = Vec::new();
        let mut failed = Vec::new();
        for (of, outcome) in outcomes {
            match outcome {
                Ok(value) => done.push((of, value)),
                Err(error) => failed.push((of, error)),
            }
        }
        if done.is_empty() && !failed.is_empty() {
            return Err(failed.remove(0).1);
        }
        for (of, error) in failed {
            self.fail(&format!("{}: {error}", label(of)));
        }
        Ok(done)
    }

    fn told(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports a failure, once per command.
    fn fail(&self, failure: &str) {
        self.is_partial.store(true, Ordering::Relaxed);
        if self.told().insert(failure.into()) {
            (self.tell)(News::Failed(failure));
        }
    }
}

/// The items of all places, each with its place.
fn placed<T>(each: Vec<(&Place, Vec<T>)>, with: impl Fn(Place, T) -> T) -> Vec<T> {
    let mut all = Vec::new();
    for (place, things) in each {
        all.extend(things.into_iter().map(|thing| with(place.clone(), thing)));
    }
    all
}

/// The place of an account.
async fn place(aws: &Aws) -> Result<Place, Error> {
    let clients = aws.clients().await?;
    Ok(Place { region: clients.region.clone(), account: clients.caller().await?.account.clone() })
}

/// Every Region that an account has enabled.
async fn enabled_regions(profile: Option<&String>) -> Result<Vec<String>, Error> {
    let clients = Clients::load(profile, None).await?;
    let found = clients.ec2.describe_regions().send().await;
    let found = found.map_err(clients.failed(Action::DescribeRegions, "list the Regions"))?;
    Ok(found.regions().iter().filter_map(|region| region.region_name()).map(Into::into).collect())
}

#[async_trait]
impl Account for Places {
    fn has_names(&self) -> bool {
        true
    }

    fn lifecycle(&self) -> Result<&dyn Lifecycle, AccountError> {
        Ok(self)
    }

    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, AccountError> {
        let each = self.each(|aws| aws.resources(kind)).await?;
        Ok(each.into_iter().flat_map(|(_, resources)| resources).collect())
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, AccountError> {
        let each = self.each(Aws::flow_logs).await?;
        Ok(placed(each, |place, flow_log| FlowLog { place: Some(place), ..flow_log }))
    }

    fn is_partial(&self) -> bool {
        self.is_partial.load(Ordering::Relaxed)
    }

    fn begin(&self) {
        self.told().clear();
    }

    async fn inventory(&self) -> Result<Inventory, AccountError> {
        Err(Error::OnePlace.into())
    }

    fn lateness_s(&self) -> Result<Option<i64>, AccountError> {
        Ok(Some(LATENESS_S))
    }

    async fn more(&self, cancellation: &Cancellation) -> Result<(), AccountError> {
        self.each(|aws| aws.more(cancellation)).await.map(|_| ())
    }

    async fn estimate(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        cancellation: &Cancellation,
    ) -> Result<Estimate, AccountError> {
        let each = self.each(|aws| aws.estimate(plan, interval, cancellation)).await?;
        let none = Estimate { bytes: 0, cost_usd: 0.0 };
        Ok(each.into_iter().fold(none, |sum, (_, one)| Estimate {
            bytes: sum.bytes + one.bytes,
            cost_usd: sum.cost_usd + one.cost_usd,
        }))
    }

    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
        cancellation: &Cancellation,
    ) -> Result<RunStats, AccountError> {
        let columns = plan.columns();
        let added: Vec<usize> = (0..2).filter(|at| columns.iter().all(|known| known.name != PLACE[*at])).collect();
        let mut all: Vec<Column> = added.iter().map(|at| of_place(PLACE[*at])).collect();
        all.extend(columns);
        sink.columns(&all).map_err(AccountError::Sink)?;
        let each = self.each(|aws| async {
            let mut rows = Rows::default();
            let stats = aws.run(plan, interval, progress, &mut rows, cancellation).await?;
            Ok((rows.rows, stats))
        });
        let mut whole = RunStats { cost_usd: Some(0.0), ..RunStats::default() };
        for (place, (rows, stats)) in each.await? {
            let values = [&place.region, &place.account];
            let front: Row = added.iter().map(|at| Value::Text(values[*at].clone().into())).collect();
            sink.rows(rows.into_iter().map(|row| front.iter().cloned().chain(row).collect()).collect())
                .map_err(AccountError::Sink)?;
            add(&mut whole, place, stats);
        }
        Ok(whole)
    }
}

#[async_trait]
impl Lifecycle for Places {
    async fn create(&self, _: &Resource, _: &Settings, _: &Cancellation) -> Result<Created, AccountError> {
        Err(Error::OnePlace.into())
    }

    async fn steps(&self, _: &Resource, _: &Settings) -> Result<Vec<String>, AccountError> {
        Err(Error::OnePlace.into())
    }

    async fn delete(&self, _: &FlowLog, _: &Cancellation) -> Result<(), AccountError> {
        Err(Error::OnePlace.into())
    }

    async fn findings(&self) -> Result<Vec<Finding>, AccountError> {
        let each = self.each(Aws::findings).await?;
        Ok(placed(each, |place, finding| Finding { place: Some(place), ..finding }))
    }

    async fn remove(&self, _: &Leftover, _: &Cancellation) -> Result<(), AccountError> {
        Err(Error::OnePlace.into())
    }

    fn at(&self, place: &Place) -> Option<&dyn Lifecycle> {
        let mut places = self.found.get()?.iter();
        places.find(|(known, _)| known == place).map(|(_, aws)| -> &dyn Lifecycle { aws })
    }
}

const PLACE: [&str; 2] = ["region", "account"];

fn of_place(name: &str) -> Column {
    Column::new(name, ColumnType::Text)
}

/// Adds the statistics of a place to those of all places.
fn add(whole: &mut RunStats, place: &Place, stats: RunStats) {
    whole.rows += stats.rows;
    whole.truncated |= stats.truncated;
    whole.records_scanned += stats.records_scanned;
    whole.bytes_scanned += stats.bytes_scanned;
    whole.log_groups += stats.log_groups;
    whole.queries += stats.queries;
    whole.cost_usd = whole.cost_usd.zip(stats.cost_usd).map(|(one, other)| one + other);
    whole.elapsed = whole.elapsed.max(stats.elapsed);
    whole.notes.extend(stats.notes.into_iter().map(|note| format!("{}: {note}", place.label())));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_several(profile: Option<&str>, region: Option<&str>) -> bool {
        let (profile, region) = (profile.map(Into::into), region.map(Into::into));
        Places::of(&mut Options { profile, region, ..Options::default() }).is_some()
    }

    #[test]
    fn a_list_of_places_is_told_from_one() {
        for (profile, region, expected) in [
            (None, None, false),
            (Some("p"), Some("eu-west-1"), false),
            (None, Some("eu-west-1,eu-west-2"), true),
            (Some("p,q"), None, true),
            (None, Some("all"), true),
        ] {
            assert_eq!(is_several(profile, region), expected, "{profile:?} {region:?}");
        }
    }
}
