//! Several accounts and Regions, queried, checked and cleaned up as one account.
//!
//! A place that fails is reported by name, and the other places answer.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use tokio::sync::OnceCell;

use super::budget::Budget;
use super::client::Clients;
use super::connection::Aws;
use super::error::Error;
use super::lateness::LATENESS_S;
use super::login::Login;
use super::options::{News, Options, Role, Tell, cost_usd};
use super::policy::Action;
use crate::account::answering::{Answering, Answers};
use crate::account::cancellation::Cancellation;
use crate::account::created::Created;
use crate::account::error::Error as AccountError;
use crate::account::estimate::Estimate;
use crate::account::finding::{Finding, Leftover};
use crate::account::flow_log::{AnyFlowLog, FlowLog};
use crate::account::identity::Identity;
use crate::account::inventory::Inventory;
use crate::account::lifecycle::{Lifecycle, Records, Steps};
use crate::account::place::Place;
use crate::account::queries::Account;
use crate::account::resource::Resource;
use crate::account::settings::Settings;
use crate::kind::TargetKind;
use crate::query::plan::Plan;
use crate::query::window::Interval;
use crate::value::{Column, ColumnType, Progress, Row, RowSink, Rows, RunStats, Value};

/// The word for every enabled Region.
const ALL: &str = "all";

/// The Region that is asked for the list of Regions, if no Region is set.
const ANY_REGION: &str = "us-east-1";

/// The most places that are asked at once.
const AT_ONCE: usize = 16;

/// The profiles and Regions to use.
pub struct Places {
    /// Profiles; `None` for the SDK's default chain.
    profiles: Vec<Option<String>>,
    /// Regions, or [`ALL`]; `None` for the Region of the profile or the environment.
    regions: Vec<Option<String>>,
    /// Accounts to assume the role in; empty to use those of the profiles.
    accounts: Vec<String>,
    /// The role to assume with each login.
    role: Option<Role>,
    tell: Tell,
    usd_per_gb: f64,
    inventories: Option<PathBuf>,
    budget: Arc<Budget>,
    found: OnceCell<Vec<(Place, Aws)>>,
    /// The failures reported so far during the running command.
    told: Mutex<BTreeSet<String>>,
    is_partial: AtomicBool,
}

/// The items of a comma-separated list, without duplicates; a single `None` if there is no list.
fn parts(list: Option<&String>) -> Vec<Option<String>> {
    match list {
        Some(list) => each_once(list.split(',').map(|part| Some(part.trim().to_string()))),
        None => vec![None],
    }
}

/// The items in their order, without duplicates.
fn each_once<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut known = Vec::new();
    for item in items {
        if !known.contains(&item) {
            known.push(item);
        }
    }
    known
}

impl Places {
    /// The places that `options` name; `None` if there is only one, which `options` then describe.
    #[must_use]
    pub fn of(options: &mut Options) -> Option<Self> {
        let (mut profiles, mut regions) = (parts(options.profile.as_ref()), parts(options.region.as_ref()));
        let accounts = each_once(std::mem::take(&mut options.accounts));
        let is_one = profiles.len() == 1 && regions.len() == 1 && regions[0].as_deref() != Some(ALL);
        if is_one && accounts.is_empty() {
            (options.profile, options.region) = (profiles.remove(0), regions.remove(0));
            return None;
        }
        let tell = options.tell.take().unwrap_or_else(|| Arc::new(|_| {}));
        Some(Self {
            profiles,
            regions,
            accounts,
            role: options.role.take(),
            tell,
            usd_per_gb: options.usd_per_gb,
            inventories: options.inventories.take(),
            budget: Arc::clone(&options.budget),
            found: OnceCell::new(),
            told: Mutex::default(),
            is_partial: AtomicBool::new(false),
        })
    }

    /// The places, without duplicates of an account and Region; a login whose places cannot be found is reported,
    /// unless all fail.
    async fn places(&self) -> Result<&Vec<(Place, Aws)>, Error> {
        let find = async || {
            let logins = join_all(self.profiles.iter().map(|profile| self.logins(profile.as_ref()))).await;
            let label = |profile: &Option<String>| profile.clone().unwrap_or_else(|| "-".into());
            let logins = self.done(self.profiles.iter().zip(logins), label)?;
            let logins: Vec<(String, Login)> = logins.into_iter().flat_map(|(_, logins)| logins).collect();
            let places = join_all(logins.iter().map(|(name, login)| self.of_login(name, login))).await;
            let places = self.done(logins.iter().map(|(name, _)| name).zip(places), Clone::clone)?;
            let mut found: Vec<(Place, Aws)> = Vec::new();
            for (place, aws) in places.into_iter().flat_map(|(_, places)| places) {
                // Two profiles may be of one account.
                if found.iter().all(|(known, _)| *known != place) {
                    found.push((place, aws));
                }
            }
            Ok(found)
        };
        self.found.get_or_try_init(find).await
    }

    /// The logins of a profile, each with a name for messages: its own, that of the role, or one for each account.
    async fn logins(&self, profile: Option<&String>) -> Result<Vec<(String, Login)>, Error> {
        let name = profile.cloned().unwrap_or_else(|| "-".into());
        let region = self.regions.iter().flatten().find(|region| *region != ALL);
        let login = Login::load(profile, region).await?;
        let Some(role) = &self.role else { return Ok(vec![(name, login)]) };
        if self.accounts.is_empty() {
            return Ok(vec![(name, login.assuming(role).await)]);
        }
        let partition = clients(&login)?.caller().await?.partition().to_string();
        let mut logins = Vec::new();
        for account in &self.accounts {
            let arn = format!("arn:{partition}:iam::{account}:role/{}", role.arn);
            logins.push((account.clone(), login.clone().assuming(&Role { arn, ..role.clone() }).await));
        }
        Ok(logins)
    }

    /// The places of a login.
    async fn of_login(&self, name: &str, login: &Login) -> Result<Vec<(Place, Aws)>, Error> {
        let mut regions = Vec::new();
        for region in &self.regions {
            match region {
                Some(all) if all == ALL => regions.extend(enabled_regions(login).await?.into_iter().map(Some)),
                region => regions.push(region.clone()),
            }
        }
        Ok(join_all(each_once(regions).into_iter().map(|region| self.open(name, login, region))).await)
    }

    async fn open(&self, name: &str, login: &Login, region: Option<String>) -> (Place, Aws) {
        let tell = Arc::clone(&self.tell);
        let options = Options {
            region: region.clone(),
            tell: Some(tell),
            usd_per_gb: self.usd_per_gb,
            inventories: self.inventories.clone(),
            budget: Arc::clone(&self.budget),
            ..Options::default()
        };
        let aws = Aws::with_login(options, login.clone());
        // If the place cannot be found, the error appears on first use.
        let place = place(&aws)
            .await
            .unwrap_or_else(|_| Place { region: region.unwrap_or_else(|| "-".into()), account: name.into() });
        (place, aws)
    }

    /// Asks all places at once; those that fail are reported, unless all fail.
    async fn each<'s, T, F>(&'s self, ask: impl Fn(&'s Aws) -> F) -> Result<Vec<(&'s Place, T)>, AccountError>
    where
        F: Future<Output = Result<T, AccountError>> + Send,
        T: Send,
    {
        let places = self.places().await?;
        let asked: Vec<F> = places.iter().map(|(_, aws)| ask(aws)).collect();
        let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
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

/// The clients of a login in any Region.
fn clients(login: &Login) -> Result<Clients, Error> {
    match login.clients(None, None) {
        Err(Error::NoRegion) => login.clients(Some(&ANY_REGION.into()), None),
        clients => clients,
    }
}

/// Every Region that is enabled for an account.
async fn enabled_regions(login: &Login) -> Result<Vec<String>, Error> {
    let clients = clients(login)?;
    let send = || clients.ec2.describe_regions().send();
    let found = clients.call(Action::DescribeRegions, "list the Regions", send).await?;
    let enabled = found.regions().iter().filter(|region| region.opt_in_status() != Some("not-opted-in"));
    Ok(enabled.filter_map(|region| region.region_name()).map(Into::into).collect())
}

#[async_trait]
impl Account for Places {
    fn answers_at_once(&self) -> bool {
        true
    }

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

    async fn any_flow_logs(&self) -> Result<Vec<AnyFlowLog>, AccountError> {
        let each = self.each(Aws::any_flow_logs).await?;
        Ok(placed(each, |place, flow_log| AnyFlowLog { place: Some(place), ..flow_log }))
    }

    async fn answers(&self, plan: &Plan, interval: Option<Interval>) -> Result<Answers, AccountError> {
        let mut all = Answers::default();
        for (place, Answers { answering, notes }) in self.each(|aws| aws.answers(plan, interval)).await? {
            all.answering.extend(answering.into_iter().map(|one| Answering { place: Some(place.clone()), ..one }));
            all.notes.extend(notes.into_iter().map(|note| format!("{}: {note}", place.label())));
        }
        Ok(all)
    }

    fn is_partial(&self) -> bool {
        self.is_partial.load(Ordering::Relaxed)
    }

    fn tell(&self, news: &str) {
        (self.tell)(News::Note(news));
    }

    fn cost_usd(&self, bytes: u64) -> Option<f64> {
        Some(cost_usd(bytes, self.usd_per_gb))
    }

    fn begin(&self) {
        self.told().clear();
    }

    async fn identities(&self) -> Result<Vec<Identity>, AccountError> {
        let each = self.each(Aws::identities).await?;
        Ok(each.into_iter().flat_map(|(_, identities)| identities).collect())
    }

    async fn refresh(&self) {
        if let Some(places) = self.found.get() {
            join_all(places.iter().map(|(_, aws)| aws.forget_network())).await;
        }
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
        above_usd: Option<f64>,
        cancellation: &Cancellation,
    ) -> Result<Estimate, AccountError> {
        // Guesses that are each far below their share are far below `above_usd` together.
        let places = u32::try_from(self.places().await?.len()).map_or(f64::INFINITY, f64::from);
        let share = above_usd.map(|usd| usd / places);
        let each = self.each(|aws| aws.estimate(plan, interval, share, cancellation)).await?;
        let none = Estimate { bytes: 0, cost_usd: 0.0 };
        Ok(each.into_iter().fold(none, |sum, (_, one)| Estimate {
            bytes: sum.bytes + one.bytes,
            cost_usd: sum.cost_usd + one.cost_usd,
        }))
    }

    async fn console_links(&self, plan: &Plan, interval: Option<Interval>) -> Result<Vec<String>, AccountError> {
        let each = self.each(|aws| aws.console_links(plan, interval)).await?;
        Ok(each.into_iter().flat_map(|(_, links)| links).collect())
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
        let mut whole: Option<RunStats> = None;
        for (place, (rows, stats)) in each.await? {
            let values = [&place.region, &place.account];
            let front: Row = added.iter().map(|at| Value::Text(values[*at].clone().into())).collect();
            sink.rows(rows.into_iter().map(|row| front.iter().cloned().chain(row).collect()).collect())
                .map_err(AccountError::Sink)?;
            let notes = stats.notes.iter().map(|note| format!("{}: {note}", place.label())).collect();
            let stats = RunStats { notes, ..stats };
            whole = Some(match whole {
                Some(whole) => beside(whole, stats),
                None => stats,
            });
        }
        Ok(whole.unwrap_or_default())
    }
}

#[async_trait]
impl Lifecycle for Places {
    async fn create(&self, _: &Resource, _: &Settings, _: &Cancellation) -> Result<Created, AccountError> {
        Err(Error::OnePlace.into())
    }

    async fn steps(&self, _: &Resource, _: &Settings) -> Result<Steps, AccountError> {
        Err(Error::OnePlace.into())
    }

    async fn delete(&self, _: &FlowLog, _: Records, _: &Cancellation) -> Result<(), AccountError> {
        Err(Error::OnePlace.into())
    }

    async fn shrink(&self, _: &FlowLog, _: &[String], _: &Cancellation) -> Result<(), AccountError> {
        Err(Error::OnePlace.into())
    }

    async fn findings(&self, min_age: Duration) -> Result<Vec<Finding>, AccountError> {
        let each = self.each(|aws| aws.findings(min_age)).await?;
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

/// Adds the statistics of one more place. Each place has its own log groups, so the numbers add up.
fn beside(mut whole: RunStats, other: RunStats) -> RunStats {
    let log_groups = whole.log_groups + other.log_groups;
    whole.add(other);
    RunStats { log_groups, ..whole }
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
            (None, Some("eu-west-1, eu-west-1"), false),
            (Some("p,p"), None, false),
        ] {
            assert_eq!(is_several(profile, region), expected, "{profile:?} {region:?}");
        }
    }
}
