//! Route tables, peerings and VPC Block Public Access, if the caller may list them.

use aws_sdk_ec2::types::{
    self as ec2, InternetGatewayBlockMode, InternetGatewayExclusionMode, RouteOrigin, RouteState,
};

use super::client::Clients;
use super::error::Error;
use super::interface::tag;
use super::policy::Action;
use crate::account::routing::{BlockPublicAccess, Blocked, Exclusion, Peering, Route, RouteTable, Routing};

/// Reads the routing; `None` if the caller may not list it.
pub(super) async fn read_if_allowed(clients: &Clients) -> Result<Option<Routing>, Error> {
    let blocked = async { known(block_public_access(clients).await, "the block of public access") };
    let ways = async { known(tokio::try_join!(route_tables(clients), peerings(clients)), "route tables") };
    let (block_public_access, ways) = tokio::try_join!(blocked, ways)?;
    Ok(ways.map(|(route_tables, peerings)| Routing { route_tables, peerings, block_public_access }))
}

/// Returns a value that was read; `None` if the caller may not read it, or if the Region does not have it.
fn known<T>(read: Result<T, Error>, what: &str) -> Result<Option<T>, Error> {
    match read {
        Err(error) if error.is_refusal() => {
            tracing::debug!("{what} are left out: {error}");
            Ok(None)
        }
        read => read.map(Some),
    }
}

async fn route_tables(clients: &Clients) -> Result<Vec<RouteTable>, Error> {
    let tables = clients
        .pages(
            Action::DescribeRouteTables,
            "list route tables",
            |token| clients.ec2.describe_route_tables().set_next_token(token).send(),
            |page| (page.route_tables, page.next_token),
        )
        .await?;
    let mut tables: Vec<RouteTable> = tables.iter().map(route_table).collect();
    tables.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(tables)
}

fn route_table(table: &ec2::RouteTable) -> RouteTable {
    let associations = table.associations();
    RouteTable {
        id: table.route_table_id().unwrap_or_default().into(),
        name: tag(table.tags(), "Name"),
        vpc: table.vpc_id().unwrap_or_default().into(),
        main: associations.iter().any(|association| association.main() == Some(true)),
        subnets: associations.iter().filter_map(|association| association.subnet_id()).map(Into::into).collect(),
        routes: table.routes().iter().filter_map(route).collect(),
    }
}

fn route(route: &ec2::Route) -> Option<Route> {
    let to =
        route.destination_cidr_block().or(route.destination_ipv6_cidr_block()).or(route.destination_prefix_list_id())?;
    // A route to an instance also names its interface, so instance ids are not needed.
    let via = route
        .gateway_id()
        .or(route.nat_gateway_id())
        .or(route.vpc_peering_connection_id())
        .or(route.transit_gateway_id())
        .or(route.egress_only_internet_gateway_id())
        .or(route.network_interface_id())
        .or(route.local_gateway_id())
        .or(route.carrier_gateway_id())
        .or(route.core_network_arn());
    Some(Route {
        to: to.into(),
        via: via.unwrap_or("a target that is not known").into(),
        blackhole: route.state() == Some(&RouteState::Blackhole),
        propagated: route.origin() == Some(&RouteOrigin::EnableVgwRoutePropagation),
    })
}

async fn peerings(clients: &Clients) -> Result<Vec<Peering>, Error> {
    let peerings = clients
        .pages(
            Action::DescribeVpcPeeringConnections,
            "list peerings",
            |token| clients.ec2.describe_vpc_peering_connections().set_next_token(token).send(),
            |page| (page.vpc_peering_connections, page.next_token),
        )
        .await?;
    let mut peerings: Vec<Peering> = peerings.iter().filter_map(peering).collect();
    peerings.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(peerings)
}

/// Converts a peering that is active; `None` for others.
fn peering(peering: &ec2::VpcPeeringConnection) -> Option<Peering> {
    let is_active =
        peering.status().and_then(|status| status.code()) == Some(&ec2::VpcPeeringConnectionStateReasonCode::Active);
    let vpc = |side: Option<&ec2::VpcPeeringConnectionVpcInfo>| side.and_then(|side| side.vpc_id()).map(Into::into);
    let id = peering.vpc_peering_connection_id().filter(|_| is_active)?.into();
    Some(Peering { id, vpcs: [vpc(peering.requester_vpc_info())?, vpc(peering.accepter_vpc_info())?] })
}

async fn block_public_access(clients: &Clients) -> Result<BlockPublicAccess, Error> {
    let doing = "read the block of public access";
    let send = || clients.ec2.describe_vpc_block_public_access_options().send();
    let exclusions = clients.pages(
        Action::DescribeVpcBlockPublicAccessExclusions,
        "list what is excluded from the block of public access",
        |token| clients.ec2.describe_vpc_block_public_access_exclusions().set_next_token(token).send(),
        |page| (page.vpc_block_public_access_exclusions, page.next_token),
    );
    let options = clients.call(Action::DescribeVpcBlockPublicAccessOptions, doing, send);
    let (options, exclusions) = tokio::try_join!(options, exclusions)?;
    let mode = options.vpc_block_public_access_options().and_then(|options| options.internet_gateway_block_mode());
    let mode = match mode {
        Some(InternetGatewayBlockMode::BlockBidirectional) => Blocked::Bidirectional,
        Some(InternetGatewayBlockMode::BlockIngress) => Blocked::Ingress,
        _ => Blocked::Off,
    };
    Ok(BlockPublicAccess { mode, exclusions: exclusions.iter().filter_map(exclusion).collect() })
}

/// Converts an exclusion that is in force; `None` for others.
fn exclusion(exclusion: &ec2::VpcBlockPublicAccessExclusion) -> Option<Exclusion> {
    let state = exclusion.state().map(ec2::VpcBlockPublicAccessExclusionState::as_str);
    let is_in_force = state.is_some_and(|state| ["create-complete", "update-complete"].contains(&state));
    // The service names the resource by its ARN.
    let resource = exclusion.resource_arn().filter(|_| is_in_force)?.rsplit('/').next()?.into();
    let egress_only = exclusion.internet_gateway_exclusion_mode() == Some(&InternetGatewayExclusionMode::AllowEgress);
    Some(Exclusion { resource, egress_only })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::VpcBlockPublicAccessExclusionState::{CreateComplete, DeleteComplete};

    use super::*;

    #[test]
    fn a_route_leads_to_whatever_it_names() {
        let to = || ec2::Route::builder().destination_cidr_block("10.1.0.0/16");
        let via = |route: ec2::builders::RouteBuilder| super::route(&route.build()).unwrap();
        assert_eq!(via(to().gateway_id("local")).via, "local");
        assert_eq!(via(to().instance_id("i-1").network_interface_id("eni-1")).via, "eni-1");
        assert_eq!(via(to().transit_gateway_id("tgw-1")).via, "tgw-1");
        let gone = via(to().nat_gateway_id("nat-1").state(RouteState::Blackhole));
        assert_eq!((gone.via.as_str(), gone.blackhole, gone.propagated), ("nat-1", true, false));
        let list = ec2::Route::builder().destination_prefix_list_id("pl-1").gateway_id("vpce-1");
        assert_eq!((via(list.clone()).to, via(list).via), ("pl-1".into(), "vpce-1".into()));
        let added = via(to().gateway_id("vgw-1").origin(RouteOrigin::EnableVgwRoutePropagation));
        assert!(added.propagated);
    }

    #[test]
    fn an_exclusion_is_of_the_resource_at_the_end_of_its_arn_while_it_is_in_force() {
        let of = |state, mode| {
            let arn = "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1";
            let exclusion = ec2::VpcBlockPublicAccessExclusion::builder().resource_arn(arn).state(state);
            super::exclusion(&exclusion.internet_gateway_exclusion_mode(mode).build())
        };
        let both = of(CreateComplete, InternetGatewayExclusionMode::AllowBidirectional);
        assert_eq!(both, Some(Exclusion { resource: "subnet-1".into(), egress_only: false }));
        assert!(of(CreateComplete, InternetGatewayExclusionMode::AllowEgress).unwrap().egress_only);
        assert_eq!(of(DeleteComplete, InternetGatewayExclusionMode::AllowEgress), None);
    }
}
