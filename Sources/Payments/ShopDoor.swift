/// Where a payment is shown: each door has its addresses, its money and its seals, and nothing of one opens the other.
public enum ShopDoor: Sendable {
    /// The goods, for the money that the shop takes.
    case goods
    /// A sample, for practice money, whatever the shop takes.
    case practice

    /// What stands before the product's name in its address.
    public var path: String {
        switch self {
        case .goods: "/p/"
        case .practice: "/sandbox/p/"
        }
    }

    /// How many parts the address of a product has.
    public var depth: Int { path.split(separator: "/").count + 1 }

    /// What a price is for: `GET` of the product, by that door.
    var route: String {
        switch self {
        case .goods: "GET"
        case .practice: "GET sandbox"
        }
    }

    /// What a price is for that is asked for calls of an API: a method and a path below the product, by that door.
    func route(_ call: String) -> String {
        switch self {
        case .goods: "CALL \(call)"
        case .practice: "CALL sandbox \(call)"
        }
    }
}
