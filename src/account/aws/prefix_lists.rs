//! Reads prefix lists, including those that AWS manages.

use aws_sdk_ec2::types::ManagedPrefixList;
use futures::future::try_join_all;

use super::client::Clients;
use super::error::Error;
use super::policy::Action;
use crate::account::inventory::PrefixList;

/// Reads every prefix list with its networks, by id.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html>.
pub(super) async fn read(clients: &Clients) -> Result<Vec<PrefixList>, Error> {
    let lists = clients
        .pages(
            Action::DescribeManagedPrefixLists,
            "list prefix lists",
            |token| clients.ec2.describe_managed_prefix_lists().set_next_token(token).send(),
            |page| (page.prefix_lists, page.next_token),
        )
        .await?;
    let mut lists = try_join_all(lists.iter().map(|list| with_networks(clients, list))).await?;
    lists.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(lists)
}

async fn with_networks(clients: &Clients, list: &ManagedPrefixList) -> Result<PrefixList, Error> {
    let [id, name] = [list.prefix_list_id(), list.prefix_list_name()].map(|text| text.unwrap_or_default().to_string());
    let entries = clients
        .pages(
            Action::GetManagedPrefixListEntries,
            "list the entries of a prefix list",
            |token| clients.ec2.get_managed_prefix_list_entries().prefix_list_id(&id).set_next_token(token).send(),
            |page| (page.entries, page.next_token),
        )
        .await?;
    let cidrs = entries.iter().filter_map(|entry| entry.cidr()?.parse().ok()).collect();
    Ok(PrefixList { id, name, cidrs })
}
