//! Writes databases in MMDB format.
//!
//! Format: <https://maxmind.github.io/MaxMind-DB/>.

#![allow(dead_code, reason = "each test uses a part")]

/// A value in the data of a database.
pub(crate) enum Data<'a> {
    Text(&'a str),
    Number(u32),
    Short(u16),
    Long(u64),
    Map(Vec<(&'a str, Data<'a>)>),
    NoList,
}

impl Data<'_> {
    /// The control byte, which holds the type and the length, and the value.
    fn bytes(&self) -> Vec<u8> {
        let control = |kind: u8, length: usize| kind << 5 | u8::try_from(length).unwrap();
        match self {
            Self::Text(text) if text.len() < 29 => [vec![control(2, text.len())], text.as_bytes().to_vec()].concat(),
            Self::Text(text) => {
                let more = u8::try_from(text.len() - 29).unwrap();
                [vec![control(2, 29), more], text.as_bytes().to_vec()].concat()
            }
            Self::Short(number) => [vec![control(5, 2)], number.to_be_bytes().to_vec()].concat(),
            // Types above 7 have a byte of their own.
            Self::Long(number) => [vec![8, 2], number.to_be_bytes().to_vec()].concat(),
            Self::Number(number) => [vec![control(6, 4)], number.to_be_bytes().to_vec()].concat(),
            Self::NoList => vec![0, 4],
            Self::Map(entries) => {
                let pairs = entries.iter().flat_map(|(key, value)| [Data::Text(key).bytes(), value.bytes()].concat());
                std::iter::once(control(7, entries.len())).chain(pairs).collect()
            }
        }
    }
}

/// A database of IPv4 networks. A node of the tree has a record of 24 bits for each value of a bit of the address: the
/// number of the next node, or the number of nodes plus the place of the data.
pub(crate) fn database(networks: &[(&str, Data<'_>)]) -> Vec<u8> {
    let mut nodes: Vec<[Option<usize>; 2]> = vec![[None, None]];
    let mut leaves: Vec<(usize, usize, usize)> = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    for (network, value) in networks {
        let (address, length) = network.split_once('/').unwrap();
        let bits = address.parse::<std::net::Ipv4Addr>().unwrap().to_bits();
        let length: u32 = length.parse().unwrap();
        let mut node = 0;
        for place in 0..length {
            let side = (bits >> (31 - place) & 1) as usize;
            if place + 1 == length {
                leaves.push((node, side, data.len()));
            } else if let Some(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([None, None]);
                let next = nodes.len() - 1;
                nodes[node][side] = Some(next);
                node = next;
            }
        }
        data.extend(value.bytes());
    }
    let count = nodes.len();
    let mut records: Vec<[usize; 2]> = nodes.iter().map(|node| node.map(|next| next.unwrap_or(count))).collect();
    for (node, side, place) in leaves {
        records[node][side] = count + 16 + place;
    }
    let tree = records.iter().flatten().flat_map(|record| u32::try_from(*record).unwrap().to_be_bytes()[1..].to_vec());
    let metadata = Data::Map(vec![
        ("binary_format_major_version", Data::Short(2)),
        ("binary_format_minor_version", Data::Short(0)),
        ("build_epoch", Data::Long(1)),
        ("database_type", Data::Text("Test")),
        ("description", Data::Map(Vec::new())),
        ("ip_version", Data::Short(4)),
        ("languages", Data::NoList),
        ("node_count", Data::Number(u32::try_from(count).unwrap())),
        ("record_size", Data::Short(24)),
    ]);
    let marker = b"\xab\xcd\xefMaxMind.com".to_vec();
    [tree.collect(), vec![0; 16], data, marker, metadata.bytes()].concat()
}
