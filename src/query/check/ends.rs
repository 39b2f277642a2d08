//! The fields of the end that a side names.

use crate::field::Field;

/// The address of a side.
pub(super) fn address_of(side: &str) -> Field {
    match side.to_ascii_lowercase().as_str() {
        "src" => Field::SrcAddr,
        "dst" => Field::DstAddr,
        "local" => Field::LocalAddr,
        "remote" => Field::RemoteAddr,
        "client" => Field::ClientAddr,
        "server" => Field::ServerAddr,
        "pkt.src" => Field::PktSrcAddr,
        _ => Field::PktDstAddr,
    }
}

/// The port of a side; a packet's original ends have none.
pub(super) fn port_of(side: &str) -> Option<Field> {
    match side.to_ascii_lowercase().as_str() {
        "src" => Some(Field::SrcPort),
        "dst" => Some(Field::DstPort),
        "local" => Some(Field::LocalPort),
        "remote" => Some(Field::RemotePort),
        "client" => Some(Field::ClientPort),
        "server" => Some(Field::ServerPort),
        _ => None,
    }
}
