//! The last inventory that was read, kept for a short time only: a network changes while a shell is open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::account::inventory::Inventory;

/// The time for which names and queries use the same inventory.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// An inventory that is at most a minute old, or none. Concurrent callers wait for the same reading.
#[derive(Default)]
pub(super) struct Recent(Mutex<Option<(Instant, Arc<Inventory>)>>);

impl Recent {
    /// The inventory; reads it if there is no recent one.
    pub(super) async fn get<E>(&self, read: impl AsyncFnOnce() -> Result<Inventory, E>) -> Result<Arc<Inventory>, E> {
        let mut last = self.0.lock().await;
        if let Some((at, inventory)) = last.as_ref()
            && at.elapsed() < KEPT_FOR
        {
            return Ok(Arc::clone(inventory));
        }
        let inventory = Arc::new(read().await?);
        *last = Some((Instant::now(), Arc::clone(&inventory)));
        Ok(inventory)
    }

    /// Forgets the inventory, so that it is read again.
    pub(super) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gets the inventory; returns the account of the one that `read` makes, or of the recent one.
    async fn account(recent: &Recent, read: &str) -> String {
        let inventory = async || Ok::<_, ()>(Inventory { account: read.into(), ..Inventory::default() });
        recent.get(inventory).await.unwrap().account.clone()
    }

    #[tokio::test]
    async fn an_inventory_is_used_for_a_minute_unless_it_is_forgotten() {
        let recent = Recent::default();
        assert_eq!(account(&recent, "first").await, "first");
        assert_eq!(account(&recent, "second").await, "first");
        recent.forget().await;
        assert_eq!(account(&recent, "third").await, "third");
        if let Some((at, _)) = recent.0.lock().await.as_mut() {
            *at = at.checked_sub(KEPT_FOR).unwrap();
        }
        assert_eq!(account(&recent, "fourth").await, "fourth");
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_read_again() {
        let recent = Recent::default();
        assert_eq!(recent.get(async || Err("denied")).await.unwrap_err(), "denied");
        assert_eq!(account(&recent, "first").await, "first");
    }
}
