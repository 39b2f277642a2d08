//! Reads transit gateways and their attachments from EC2. A caller who may not list them can do everything else.

use aws_sdk_ec2::types as ec2;

use super::client::Clients;
use super::error::Error;
use super::interface::tag;
use super::policy::Action;
use crate::account::inventory::{TransitGateway, TransitGatewayAttachment};

/// Transit gateways and attachments, by id.
pub(super) type Found = (Vec<TransitGateway>, Vec<TransitGatewayAttachment>);

/// Reads the transit gateways that the account owns or uses; none if the service refuses to list them.
pub(super) async fn read_if_allowed(clients: &Clients) -> Result<Found, Error> {
    match read(clients).await {
        Err(error) if error.is_refusal() => {
            tracing::debug!("transit gateways are left out: {error}");
            Ok(Found::default())
        }
        outcome => outcome,
    }
}

/// Reads the transit gateways that the account owns or uses.
pub(super) async fn read(clients: &Clients) -> Result<Found, Error> {
    let gateways = clients.pages(
        Action::DescribeTransitGateways,
        "list transit gateways",
        |token| clients.ec2.describe_transit_gateways().set_next_token(token).send(),
        |page| (page.transit_gateways, page.next_token),
    );
    let attachments = clients.pages(
        Action::DescribeTransitGatewayAttachments,
        "list transit gateway attachments",
        |token| clients.ec2.describe_transit_gateway_attachments().set_next_token(token).send(),
        |page| (page.transit_gateway_attachments, page.next_token),
    );
    let (caller, gateways, attachments) = tokio::try_join!(clients.caller(), gateways, attachments)?;
    let other = |owner: Option<&str>| owner.filter(|owner| *owner != caller.account).map(ToString::to_string);
    let gone = ["deleting", "deleted"];
    let is_there = |state: Option<&str>| state.is_none_or(|state| !gone.contains(&state));
    let mut gateways: Vec<TransitGateway> = (gateways.iter())
        .filter(|one| is_there(one.state().map(ec2::TransitGatewayState::as_str)))
        .map(|one| TransitGateway { account: other(one.owner_id()), ..gateway(one) })
        .collect();
    let unused = |state: &ec2::TransitGatewayAttachmentState| {
        ["failed", "failing", "rejected", "rejecting"].contains(&state.as_str())
    };
    let mut attachments: Vec<TransitGatewayAttachment> = (attachments.iter())
        .filter(|one| is_there(one.state().map(ec2::TransitGatewayAttachmentState::as_str)))
        .filter(|one| !one.state().is_some_and(unused))
        .map(|one| TransitGatewayAttachment { account: other(one.transit_gateway_owner_id()), ..attachment(one) })
        .collect();
    gateways.sort_by(|a, b| a.id.cmp(&b.id));
    attachments.sort_by(|a, b| a.id.cmp(&b.id));
    Ok((gateways, attachments))
}

fn gateway(gateway: &ec2::TransitGateway) -> TransitGateway {
    TransitGateway {
        id: gateway.transit_gateway_id().unwrap_or_default().into(),
        name: tag(gateway.tags(), "Name"),
        account: None,
    }
}

fn attachment(attachment: &ec2::TransitGatewayAttachment) -> TransitGatewayAttachment {
    let kind = attachment.resource_type().map(ec2::TransitGatewayAttachmentResourceType::as_str);
    TransitGatewayAttachment {
        id: attachment.transit_gateway_attachment_id().unwrap_or_default().into(),
        name: tag(attachment.tags(), "Name"),
        transit_gateway: attachment.transit_gateway_id().unwrap_or_default().into(),
        kind: kind.unwrap_or_default().into(),
        resource: attachment.resource_id().map(Into::into),
        account: None,
    }
}
