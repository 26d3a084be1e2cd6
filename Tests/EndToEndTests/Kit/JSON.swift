import Foundation

/// JSON as the tests read and spoil it.
enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(String)
    case array([JSON])
    case object([String: JSON])

    init(parsing bytes: Data) throws { self = try JSONDecoder().decode(JSON.self, from: bytes) }

    /// A header's base64 of JSON; null for anything else.
    init(header: String?) {
        self = header.flatMap { Data(base64Encoded: $0) }.flatMap { try? JSON(parsing: $0) } ?? .null
    }

    var encoded: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return (try? encoder.encode(self)) ?? Data()
    }

    var header: String { encoded.base64EncodedString() }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var int: Int? { if case .int(let int) = self { int } else { nil } }
    var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    var array: [JSON]? { if case .array(let array) = self { array } else { nil } }
    var object: [String: JSON]? { if case .object(let object) = self { object } else { nil } }

    subscript(key: String) -> JSON { object?[key] ?? .null }
    subscript(index: Int) -> JSON {
        guard let array, array.indices.contains(index) else { return .null }
        return array[index]
    }

    /// The same with another value at a path such as `payload.authorization.value`; nil takes it away.
    func with(_ path: String, _ value: JSON?) -> JSON {
        let (first, rest) = path.split(separator: ".", maxSplits: 1).map(String.init).headAndTail
        guard var object else { return self }
        object[first] = rest.map { (object[first] ?? .null).with($0, value) } ?? value
        return .object(object)
    }
}

extension [String] {
    fileprivate var headAndTail: (String, String?) { (self[0], count > 1 ? self[1] : nil) }
}

extension JSON: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let int = try? container.decode(Int.self) {
            self = .int(int)
        } else if let double = try? container.decode(Double.self) {
            self = .double(double)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let array = try? container.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .int(let int): try container.encode(int)
        case .double(let double): try container.encode(double)
        case .text(let text): try container.encode(text)
        case .array(let array): try container.encode(array)
        case .object(let object): try container.encode(object)
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral int: Int) { self = .int(int) }
    init(floatLiteral double: Double) { self = .double(double) }
    init(booleanLiteral bool: Bool) { self = .bool(bool) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(Dictionary(uniqueKeysWithValues: elements)) }
    init(nilLiteral: ()) { self = .null }
}
