//! An open account: the state that all operations share.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::OnceCell;

use super::client::Clients;
use super::error::Error;
use super::found_names::FoundNames;
use super::kept::Kept;
use super::login::Login;
use super::options::{News, Options};
use super::query::Estimated;
use super::recent::Recent;
use super::{inventory, prefix_lists, routing};
use crate::account::inventory::Inventory;

/// An account on AWS, in one Region.
pub struct Aws {
    pub(super) options: Options,
    /// The login, if it is shared with other Regions.
    login: Option<Login>,
    clients: OnceCell<Clients>,
    inventory: Recent,
    /// The inventory with prefix lists and routing.
    whole_inventory: Recent,
    pub(super) found_names: FoundNames,
    pub(super) estimated: Estimated,
}

impl Aws {
    /// Opens an account; nothing is read or called before the first request.
    #[must_use]
    pub fn open(options: Options) -> Self {
        Self {
            options,
            login: None,
            clients: OnceCell::new(),
            inventory: Recent::default(),
            whole_inventory: Recent::default(),
            found_names: FoundNames::default(),
            estimated: Estimated::default(),
        }
    }

    /// Opens an account with a login that was read already.
    pub(super) fn with_login(options: Options, login: Login) -> Self {
        Self { login: Some(login), ..Self::open(options) }
    }

    pub(super) async fn clients(&self) -> Result<&Clients, Error> {
        let load = async || {
            let region = self.options.region.as_ref();
            match &self.login {
                Some(login) => login.clients(region, self.options.tell.clone()),
                None => {
                    let login = Login::load(self.options.profile.as_ref(), region).await?;
                    let login = match &self.options.role {
                        Some(role) => login.assuming(role).await,
                        None => login,
                    };
                    login.clients(region, self.options.tell.clone())
                }
            }
        };
        self.clients.get_or_try_init(load).await
    }

    /// The inventory of the network, at most a minute old.
    pub(super) async fn network(&self) -> Result<Arc<Inventory>, Error> {
        let clients = self.clients().await?;
        let read = async || {
            let inventory = inventory::read(clients).await?;
            self.keep(&inventory);
            Ok(inventory)
        };
        self.inventory.get(read).await
    }

    /// The network's inventory with prefix lists and routing, if the caller may list them; at most a minute old.
    pub(super) async fn whole_network(&self) -> Result<Arc<Inventory>, Error> {
        let clients = self.clients().await?;
        let prefix_lists = async {
            match prefix_lists::read(clients).await {
                // A plan that needs prefix lists fails later, with the reason; other plans work without them.
                Err(error) if error.is_refusal() => Ok(Vec::new()),
                read => read,
            }
        };
        let read = async || {
            let (network, prefix_lists, routing) =
                tokio::try_join!(self.network(), prefix_lists, routing::read_if_allowed(clients))?;
            let mut whole = Inventory { prefix_lists, routing, ..Inventory::clone(&network) };
            whole.drop_missing();
            Ok(whole)
        };
        // The future of many concurrent calls is large, so it is boxed.
        Box::pin(self.whole_inventory.get(read)).await
    }

    /// The inventories of earlier days, if they are kept.
    pub(super) fn kept(&self, inventory: &Inventory) -> Option<Kept> {
        Kept::new(self.options.inventories.as_ref()?, &inventory.account, &inventory.region)
    }

    /// Keeps an inventory for later days; a failure is ignored, because nothing else depends on it.
    fn keep(&self, inventory: &Inventory) {
        let Some(kept) = self.kept(inventory) else { return };
        if let Err(error) = kept.keep(inventory, TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()) {
            tracing::debug!("the inventory is not kept: {error}");
        }
    }

    /// Forgets the inventory, so that it is read again when it is needed next.
    pub(super) async fn forget_network(&self) {
        self.inventory.forget().await;
        self.whole_inventory.forget().await;
    }

    pub(super) fn tell(&self, news: &str) {
        if let Some(tell) = &self.options.tell {
            tell(News::Note(news));
        }
    }
}
