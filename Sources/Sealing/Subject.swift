/// Whose key seals: a person, or the shop itself for what belongs to nobody.
public enum Subject: Hashable, Sendable, CustomStringConvertible {
    case shop
    case person(Int64)

    public var description: String {
        switch self {
        case .shop: "the shop"
        case .person(let number): "person \(number)"
        }
    }

    /// How the file of keys names it; the shop has the number 0 of its kind.
    var columns: (kind: String, number: Int64) {
        switch self {
        case .shop: ("shop", 0)
        case .person(let number): ("person", number)
        }
    }

    init(kind: String, number: Int64) { self = kind == "shop" ? .shop : .person(number) }

    /// Nine bytes, different for every subject: what is sealed for one cannot be passed off as another's.
    var context: [UInt8] {
        let (kind, number) = columns
        return [kind == "shop" ? 0 : 1] + withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
    }
}
