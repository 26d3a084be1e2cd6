import Domain

/// By what the sender of a request is counted: what one customer of a network has at will counts as one.
enum AddressName {
    static func of(_ address: String) -> String {
        InternetAddress(address).map { AddressClass($0).description } ?? String(address.prefix(64))
    }
}
