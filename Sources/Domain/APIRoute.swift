/// What may be called of a paid API and what it costs, as it is written: `GET,POST /forecast/{city} 0.02`.
///
/// The path begins with a slash; a segment in braces stands for any one segment, and `*` at the end for whatever follows. Without a
/// price the product's is meant.
public struct APIRoute: Hashable, Sendable, CustomStringConvertible {
    public enum Segment: Hashable, Sendable {
        case literal(String)
        case any(String)
    }

    public let methods: [String]
    public let segments: [Segment]
    /// Whether anything may follow.
    public let isOpen: Bool
    /// In the product's currency; nil for the product's price.
    public let price: String?

    public static let maximumLength = 300

    /// What is wrong with a text, in a sentence.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= Self.maximumLength else { throw Refusal(description: "A route has at most \(Self.maximumLength) characters.") }
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2 || words.count == 3 else {
            throw Refusal(description: "A route is written as methods, path and price, such as “GET /forecast/{city} 0.02”.")
        }
        let methods = words[0] == "*" ? PaidAPI.methods : words[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for method in methods where !PaidAPI.methods.contains(method) {
            throw Refusal(description: "“\(method)” is no method that can be sold; these can: \(PaidAPI.methods.joined(separator: ", ")).")
        }
        guard Set(methods).count == methods.count else { throw Refusal(description: "A method is named twice.") }
        self.methods = PaidAPI.methods.filter(methods.contains)
        guard words[1].hasPrefix("/") else { throw Refusal(description: "The path of a route begins with a slash.") }
        var parts = words[1].dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts == [""] { parts = [] }
        isOpen = parts.last == "*"
        if isOpen { parts.removeLast() }
        var segments: [Segment] = []
        for part in parts {
            if part.hasPrefix("{"), part.hasSuffix("}") {
                let name = part.dropFirst().dropLast()
                guard !name.isEmpty, name.utf8.allSatisfy(Self.isPlain) else {
                    throw Refusal(description: "“\(part)” is no segment; a name in braces has letters, digits and - . _ ~ only.")
                }
                segments.append(.any(String(name)))
            } else {
                guard !part.isEmpty, part != ".", part != "..", part.utf8.allSatisfy(Self.isPlain) else {
                    throw Refusal(description: "“\(part)” is no segment of a route; it has letters, digits and - . _ ~ only.")
                }
                segments.append(.literal(part))
            }
        }
        self.segments = segments
        if words.count == 3 {
            let text = String(words[2])
            guard let money = try? Money(text, .usd), !money.isZero else {  // why it is none does not matter
                throw Refusal(description: "“\(text)” is no price; a price is a decimal number above zero, such as 0.02.")
            }
            price = money.amountText
        } else {
            price = nil
        }
    }

    public var path: String {
        "/"
            + (segments.map {
                switch $0 {
                case .literal(let text): text
                case .any(let name): "{\(name)}"
                }
            } + (isOpen ? ["*"] : [])).joined(separator: "/")
    }

    /// What it is, without its price.
    public var name: String { "\(methods.joined(separator: ",")) \(path)" }

    public var description: String { price.map { "\(name) \($0)" } ?? name }

    /// Whether a path is one of this route's. An open route covers what follows and not the place itself without a slash.
    /// - Parameter loosely: without regard to capitals and to a slash at the end.
    func covers(_ path: APIPath, loosely: Bool) -> Bool {
        var parts = path.segments[...]
        if loosely, parts.last == "" { parts = parts.dropLast() }
        guard parts.count == segments.count || (isOpen && parts.count > segments.count) else { return false }
        return zip(segments, parts).allSatisfy { segment, part in
            switch segment {
            case .any: !part.isEmpty
            case .literal(let text): loosely ? text.lowercased() == part.lowercased() : text == part
            }
        }
    }

    /// Segment by segment from the left: a word is more specific than a name, and anything more than an open end.
    func isLessSpecific(than other: APIRoute) -> Bool {
        for (mine, theirs) in zip(segments, other.segments) {
            switch (mine, theirs) {
            case (.any, .literal): return true
            case (.literal, .any): return false
            default: continue
            }
        }
        if segments.count != other.segments.count { return segments.count < other.segments.count }
        if isOpen != other.isOpen { return isOpen }
        return methods.count > other.methods.count
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
