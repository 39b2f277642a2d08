//! The account on AWS as an [`Account`] and a [`Lifecycle`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::connection::Aws;
use super::error::Error as AwsError;
use super::flow_logs::{Group, Resources};
use super::lateness::LATENESS_S;
use super::{create, delete, delivery_cost, doctor, dry_run, flow_logs, log_groups, query, remains, transit_gateways};
use crate::account::answering::Answers;
use crate::account::cancellation::Cancellation;
use crate::account::created::Created;
use crate::account::error::Error;
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
use crate::value::{Progress, RowSink, RunStats};

#[async_trait]
impl Account for Aws {
    fn cost_usd(&self, bytes: u64) -> Option<f64> {
        Some(self.options.cost_usd(bytes))
    }

    fn tell(&self, news: &str) {
        Self::tell(self, news);
    }

    fn answers_at_once(&self) -> bool {
        true
    }

    fn has_names(&self) -> bool {
        true
    }

    fn lifecycle(&self) -> Result<&dyn Lifecycle, Error> {
        Ok(self)
    }

    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, Error> {
        let network = self.network().await?;
        // A caller who may not list transit gateways gets that error instead of an empty list.
        if kind.is_of_transit_gateways() && network.transit_gateways.is_empty() {
            transit_gateways::read(self.clients().await?).await?;
        }
        Ok(network.resources(kind))
    }

    async fn refresh(&self) {
        self.forget_network().await;
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, Error> {
        Ok(list(self).await?)
    }

    async fn any_flow_logs(&self) -> Result<Vec<AnyFlowLog>, Error> {
        let all = flow_logs::all(self.clients().await?).await?;
        let mut listed: Vec<AnyFlowLog> = all.iter().map(flow_logs::describe).collect();
        delivery_cost::add(self, &mut listed).await?;
        Ok(listed)
    }

    async fn answers(&self, plan: &Plan, interval: Option<Interval>) -> Result<Answers, Error> {
        Ok(Box::pin(query::answers(self, plan, interval)).await?)
    }

    async fn identities(&self) -> Result<Vec<Identity>, Error> {
        let clients = self.clients().await?;
        let caller = clients.caller().await?;
        let place = Place { region: clients.region.clone(), account: caller.account.clone() };
        Ok(vec![Identity { place, arn: Some(caller.arn.clone()), profile: clients.profile().cloned() }])
    }

    async fn region(&self) -> Option<String> {
        self.clients().await.ok().map(|clients| clients.region.clone())
    }

    async fn inventory(&self) -> Result<Inventory, Error> {
        Ok(Inventory::clone(&*self.whole_network().await?))
    }

    async fn estimate(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        above_usd: Option<f64>,
        cancellation: &Cancellation,
    ) -> Result<Estimate, Error> {
        Ok(Box::pin(query::estimate(self, plan, interval, above_usd, cancellation)).await?)
    }

    async fn console_links(&self, plan: &Plan, interval: Option<Interval>) -> Result<Vec<String>, Error> {
        Ok(Box::pin(query::console_links(self, plan, interval)).await?)
    }

    fn lateness_s(&self) -> Result<Option<i64>, Error> {
        Ok(Some(LATENESS_S))
    }

    async fn more(&self, cancellation: &Cancellation) -> Result<(), Error> {
        // Each poll scans the recent records again, which costs money; new ones arrive every minute at best.
        const PAUSE: Duration = Duration::from_secs(15);
        Ok(cancellation.sleep(PAUSE).await.map_err(AwsError::from)?)
    }

    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
        cancellation: &Cancellation,
    ) -> Result<RunStats, Error> {
        // The future of many concurrent calls is large, so it is boxed.
        Ok(Box::pin(query::run(self, plan, interval, progress, sink, cancellation)).await?)
    }
}

#[async_trait]
impl Lifecycle for Aws {
    async fn create(
        &self,
        resource: &Resource,
        settings: &Settings,
        cancellation: &Cancellation,
    ) -> Result<Created, Error> {
        let _change = cancellation.change();
        Ok(create::create(self, resource, settings, cancellation).await?)
    }

    async fn steps(&self, resource: &Resource, settings: &Settings) -> Result<Steps, Error> {
        Ok(dry_run::steps(self.clients().await?, resource, settings).await?)
    }

    async fn delete(&self, flow_log: &FlowLog, records: Records, cancellation: &Cancellation) -> Result<(), Error> {
        let _change = cancellation.change();
        Ok(delete::delete(self, flow_log, records, cancellation).await?)
    }

    async fn remains(&self, resource: &Resource) -> Result<Option<FlowLog>, Error> {
        Ok(remains::remains(self.clients().await?, resource).await?)
    }

    async fn shrink(
        &self,
        flow_log: &FlowLog,
        interfaces: &[String],
        cancellation: &Cancellation,
    ) -> Result<(), Error> {
        let _change = cancellation.change();
        Ok(delete::shrink(self, flow_log, interfaces, cancellation).await?)
    }

    async fn findings(&self, min_age: Duration) -> Result<Vec<Finding>, Error> {
        // The future of many concurrent calls is large, so it is boxed.
        Ok(Box::pin(doctor::findings(self, min_age)).await?)
    }

    async fn remove(&self, leftover: &Leftover, cancellation: &Cancellation) -> Result<(), Error> {
        let _change = cancellation.change();
        cancellation.check().map_err(AwsError::from)?;
        let clients = self.clients().await?;
        match leftover {
            Leftover::LogGroup { name, run } => {
                Ok(delete::orphaned_log_group(clients, name, run.as_deref(), &[]).await?)
            }
            Leftover::Role { name, run } => Ok(delete::orphaned_role(clients, name, run.as_deref(), &[]).await?),
            Leftover::File => Ok(()),
        }
    }
}

async fn list(aws: &Aws) -> Result<Vec<FlowLog>, AwsError> {
    let clients = aws.clients().await?;
    let (inventory, ours, mut groups) =
        tokio::try_join!(aws.network(), flow_logs::ours(clients), log_groups::list(clients))?;
    let ours = flow_logs::grouped(ours);
    let names: Vec<String> = ours.iter().map(Group::log_group).collect();
    groups.extend(log_groups::beside_ours(clients, &names).await?);
    let resources = Resources::new(&inventory);
    let mut listed: Vec<FlowLog> = ours.iter().map(|group| group.describe(&resources, &groups)).collect();
    FlowLog::sort(&mut listed);
    Ok(listed)
}
