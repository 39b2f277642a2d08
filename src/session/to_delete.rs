//! Selects what a delete removes: flow logs, or the leftovers of an earlier delete.

use super::Session;
use crate::account::{Error, FlowLog};
use crate::kind::TargetKind;

impl Session {
    /// The flow logs that the selectors match; if there are none, the leftovers of a delete that failed in part.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::flow_logs`].
    pub async fn to_delete(&self, kind: TargetKind, selectors: &[String]) -> Result<Vec<FlowLog>, Error> {
        self.refresh().await;
        match self.flow_logs(kind, selectors).await {
            Err(error @ Error::Select(_)) if kind != TargetKind::All => {
                // If the resource is gone too, the error is about the flow log.
                let remains = self.remains(kind, selectors).await.unwrap_or_default();
                if remains.is_empty() { Err(error) } else { Ok(remains) }
            }
            flow_logs => flow_logs,
        }
    }

    async fn remains(&self, kind: TargetKind, selectors: &[String]) -> Result<Vec<FlowLog>, Error> {
        let account = self.account.lifecycle()?;
        let mut remains = Vec::new();
        for resource in self.resources(kind, selectors).await? {
            remains.extend(account.remains(&resource).await?);
        }
        Ok(remains)
    }
}
