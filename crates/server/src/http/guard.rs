//! Which addresses of the network may be called: only those that belong to nobody's own network. An operator or a bot
//! names an address, and without this the server would reach its own machine, its neighbours and the cloud's metadata.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address lies in the public network.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    /// Network, prefix length: what IANA lists as not reachable from everywhere.
    const NOT_PUBLIC: [(u32, u32); 15] = [
        (0x0000_0000, 8),  // this network
        (0x0A00_0000, 8),  // private
        (0x6440_0000, 10), // shared by carriers
        (0x7F00_0000, 8),  // loopback
        (0xA9FE_0000, 16), // link-local, metadata of clouds
        (0xAC10_0000, 12), // private
        (0xC000_0000, 24), // protocol assignments
        (0xC000_0200, 24), // documentation
        (0xC058_6300, 24), // 6to4 relays
        (0xC0A8_0000, 16), // private
        (0xC612_0000, 15), // benchmarks
        (0xC633_6400, 24), // documentation
        (0xCB00_7100, 24), // documentation
        (0xE000_0000, 4),  // multicast
        (0xF000_0000, 4),  // reserved, broadcast
    ];
    let bits = address.to_bits();
    !NOT_PUBLIC.iter().any(|(network, length)| (bits ^ network) >> (32 - length) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    let low = Ipv4Addr::from_bits((address.to_bits() & 0xFFFF_FFFF) as u32);
    match (a, b) {
        // An IPv4 address in other clothes is judged as what it is: mapped, through NAT64, through 6to4.
        _ if address.to_ipv4_mapped().is_some() => is_public_v4(low),
        (0x0064, 0xFF9B) if address.segments()[2..6] == [0; 4] => is_public_v4(low),
        (0x2002, _) => is_public_v4(Ipv4Addr::from_bits((u32::from(b) << 16) | u32::from(c))),
        (0x2001, 0x0DB8) => false,          // documentation
        (0x2001, 0x0000..=0x01FF) => false, // protocol assignments, Teredo
        (0x3FFF, 0x0000..=0x0FFF) => false, // documentation
        // Only 2000::/3 is given out as public.
        _ => (0x2000..=0x3FFF).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn networks_of_ones_own_are_told_from_the_public_one() {
        for (text, public) in [
            ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("223.255.255.255", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.19.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("2a00:1450::1", true),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("::127.0.0.1", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b::808:808", true),
            ("64:ff9b:1::a00:1", false),
            ("2002:7f00:1::", false),
            ("2002:808:808::1", true),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
    }
}
