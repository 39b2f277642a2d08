//! An open account: the state that all operations share.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::OnceCell;

use super::client::Clients;
use super::error::Error;
use super::found_names::FoundNames;
use super::inventory;
use super::kept::Kept;
use super::login::Login;
use super::options::{News, Options};
use super::query::Estimated;
use super::recent::Recent;
use crate::account::inventory::Inventory;

/// An account on AWS, in one Region.
pub struct Aws {
    pub(super) options: Options,
    /// The login, if it is shared with other Regions.
    login: Option<Login>,
    clients: OnceCell<Clients>,
    inventory: Recent,
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
            found_names: FoundNames::default(),
            estimated: Estimated::default(),
        }
    }

    /// The same with a login that was read already.
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

    /// The inventories of the last days, if they are kept.
    pub(super) fn kept(&self, inventory: &Inventory) -> Option<Kept> {
        Kept::new(self.options.inventories.as_ref()?, &inventory.account, &inventory.region)
    }

    /// Keeps an inventory for later days, which nothing else depends on.
    fn keep(&self, inventory: &Inventory) {
        let Some(kept) = self.kept(inventory) else { return };
        if let Err(error) = kept.keep(inventory, TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()) {
            tracing::debug!("the inventory is not kept: {error}");
        }
    }

    /// Has the inventory read anew when it is needed next.
    pub(super) async fn forget_network(&self) {
        self.inventory.forget().await;
    }

    pub(super) fn tell(&self, news: &str) {
        if let Some(tell) = &self.options.tell {
            tell(News::Note(news));
        }
    }
}
