//! The account on AWS: the second to be an [`Account`]. SDK types stop here.
//!
//! What is made bears the Go tool's names and tags, so that either lists and deletes the other's.

mod client;
mod create;
mod delete;
mod doctor;
mod error;
mod flow_logs;
mod format;
mod interface;
mod inventory;
mod log_groups;
pub mod policy;
mod query;
mod roles;
mod several;
mod stop;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;

pub use error::Error;
pub use several::Several;

use super::inventory::Inventory;
use super::{Account, Created, Estimate, Finding, FlowLog, Pending, Resource, Rest, Settings};
use crate::query::plan::{Plan, TargetKind};
use crate::query::window::Interval;
use crate::value::{Progress, RowSink, RunStats};
use client::Clients;
use flow_logs::Resources;
use query::Quota;
use stop::Stop;

/// Seconds that a record may be late: ten minutes for delivery, and as much for an interval of
/// aggregation.
const LATENESS_S: i64 = 20 * 60;

/// The tag that everything of this tool and of the Go tool has.
const PROJECT: (&str, &str) = ("Project", "flowlogs-cli");

/// The tags of what is made for a flow log.
fn tags(name: &str) -> [(&'static str, String); 2] {
    [("Name", name.to_string()), (PROJECT.0, PROJECT.1.to_string())]
}

/// What a person is told before the answer is there.
#[derive(Clone, Copy, Debug)]
pub enum News<'n> {
    /// What takes long, or is not quite as asked.
    Note(&'n str),
    /// What failed in one of several places; the others answer.
    Failed(&'n str),
}

/// Who is told.
pub type Tell = Box<dyn Fn(News<'_>) + Send + Sync>;

/// Which account, and how to reach a person.
#[derive(Default)]
pub struct Options {
    /// The profile; without one, what the SDK's default chain finds.
    pub profile: Option<String>,
    /// The Region; without one, the profile's or the environment's.
    pub region: Option<String>,
    /// Gets the news.
    pub tell: Option<Tell>,
    /// What scanning a gigabyte costs, in US dollars.
    pub usd_per_gb: f64,
}

impl Options {
    /// What scanning so many bytes costs, in US dollars.
    #[allow(clippy::cast_precision_loss, reason = "a price for people")]
    fn cost_usd(&self, bytes: u64) -> f64 {
        bytes as f64 / 1e9 * self.usd_per_gb
    }
}

/// An account on AWS, in one Region.
pub struct Aws {
    options: Options,
    clients: OnceCell<Clients>,
    inventory: OnceCell<Inventory>,
    stop: Stop,
    quota: Quota,
}

impl Aws {
    /// Opens an account; nothing is read or called before something is asked.
    #[must_use]
    pub fn open(options: Options) -> Self {
        Self {
            options,
            clients: OnceCell::new(),
            inventory: OnceCell::new(),
            stop: Stop::default(),
            quota: Quota::default(),
        }
    }

    async fn clients(&self) -> Result<&Clients, Error> {
        let load = || Clients::load(self.options.profile.as_ref(), self.options.region.as_ref());
        self.clients.get_or_try_init(load).await
    }

    /// What there is in the network; read once.
    async fn inventory(&self) -> Result<&Inventory, Error> {
        let clients = self.clients().await?;
        self.inventory.get_or_try_init(|| inventory::read(clients)).await
    }

    fn tell(&self, news: &str) {
        if let Some(tell) = &self.options.tell {
            tell(News::Note(news));
        }
    }

    async fn list(&self) -> Result<Vec<FlowLog>, Error> {
        let clients = self.clients().await?;
        let (inventory, ours, groups) =
            tokio::try_join!(self.inventory(), flow_logs::ours(clients), log_groups::list(clients))?;
        let resources = Resources::new(inventory);
        let mut listed: Vec<FlowLog> =
            flow_logs::grouped(ours).iter().map(|group| group.describe(&resources, &groups)).collect();
        FlowLog::sort(&mut listed);
        Ok(listed)
    }
}

#[async_trait]
impl Account for Aws {
    fn has_names(&self) -> bool {
        true
    }

    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, super::Error> {
        Ok(self.inventory().await?.resources(kind))
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, super::Error> {
        Ok(self.list().await?)
    }

    async fn create(&self, resource: &Resource, settings: &Settings) -> Result<Created, super::Error> {
        let _change = self.stop.change();
        Ok(create::create(self, resource, settings).await?)
    }

    async fn steps(&self, resource: &Resource, settings: &Settings) -> Result<Vec<String>, super::Error> {
        let role = roles::name_of(&self.clients().await?.region, &resource.flow_log_name());
        let [group, flow_log] = resource.steps(settings);
        Ok(vec![group, format!("role {role} for it"), flow_log])
    }

    async fn delete(&self, flow_log: &FlowLog) -> Result<(), super::Error> {
        let _change = self.stop.change();
        Ok(delete::delete(self, flow_log).await?)
    }

    async fn findings(&self) -> Result<Vec<Finding>, super::Error> {
        // Many calls at once make a large future.
        Ok(Box::pin(doctor::findings(self)).await?)
    }

    async fn remove(&self, rest: &Rest) -> Result<(), super::Error> {
        let _change = self.stop.change();
        self.stop.check()?;
        let clients = self.clients().await?;
        match rest {
            Rest::LogGroup(group) => Ok(delete::orphaned_log_group(clients, group).await?),
            Rest::Role(role) => Ok(delete::orphaned_role(clients, role).await?),
            Rest::File => Ok(()),
        }
    }

    fn begin(&self) {
        self.stop.forget();
    }

    fn interrupt(&self) -> Pending {
        self.stop.stop()
    }

    async fn inventory(&self) -> Result<Inventory, super::Error> {
        Ok(self.inventory().await?.clone())
    }

    async fn estimate(&self, plan: &Plan, interval: Option<Interval>) -> Result<Estimate, super::Error> {
        query::estimate(self, plan, interval).await
    }

    fn lateness_s(&self) -> Result<Option<i64>, super::Error> {
        Ok(Some(LATENESS_S))
    }

    async fn more(&self) -> Result<(), super::Error> {
        // Each look scans what may still change, and costs; records come every minute at best.
        const PAUSE: Duration = Duration::from_secs(15);
        Ok(self.stop.sleep(PAUSE).await?)
    }

    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, super::Error> {
        query::run(self, plan, interval, progress, sink).await
    }
}
