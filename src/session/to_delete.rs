//! What a delete is about: flow logs, or what an earlier delete left of them.

use super::Session;
use crate::account::{Error, FlowLog};
use crate::kind::TargetKind;

impl Session {
    /// What a delete with these selectors deletes: flow logs, or where there is none, what an earlier delete that failed in
    /// part left of them.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::flow_logs`].
    pub async fn to_delete(&self, kind: TargetKind, selectors: &[String]) -> Result<Vec<FlowLog>, Error> {
        self.refresh().await;
        match self.flow_logs(kind, selectors).await {
            Err(error @ Error::Select(_)) if kind != TargetKind::All => {
                // Whose resource is gone, too, is told of the flow log alone.
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
