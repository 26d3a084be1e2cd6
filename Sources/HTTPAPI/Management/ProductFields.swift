import Domain
import JSON

/// Reads a product's fields from JSON and says all that is wrong with them at once.
struct ProductFields {
    private var fields: JSONFields

    init(_ json: JSONValue) { fields = JSONFields(value: json) }

    var problems: [JSONProblem] { fields.problems }

    mutating func slug() -> Slug? {
        guard let text = fields.string("slug") else { return nil }
        guard let slug = Slug(text) else {
            fields.refuse("slug", "a slug has 1 to 80 of a-z, 0-9 and single hyphens inside")
            return nil
        }
        return slug
    }

    mutating func title(_ presence: JSONPresence) -> String? { text("title", presence, ProductRules.problem(title:)) }
    mutating func summary() -> String? { text("summary", .optional, ProductRules.problem(summary:)) }

    private mutating func text(_ name: String, _ presence: JSONPresence, _ rule: (String) -> String?) -> String? {
        guard let text = fields.string(name, presence) else { return nil }
        if let problem = rule(text) { fields.refuse(name, problem) }
        return text
    }

    mutating func price(_ presence: JSONPresence, default currency: Currency) -> Money? {
        let code = fields.string("currency", .optional)
        guard let text = fields.string("price", code == nil ? presence : .required) else { return nil }
        guard let currency = code.map({ Currency($0) }) ?? currency else {
            fields.refuse("currency", "a currency is three capital letters, such as USD")
            return nil
        }
        do {
            let price = try Money(text, currency)
            if price.isZero { fields.refuse("price", "a price is above zero") }
            return price
        } catch {
            fields.refuse("price", error.description)
            return nil
        }
    }

    mutating func tags() -> [String]? {
        guard let tags = fields.strings("tags", .optional) else { return nil }
        if let problem = ProductRules.problem(tags: tags) { fields.refuse("tags", problem) }
        return tags
    }

    mutating func repeatable() -> Bool? { fields.bool("repeatable", .optional) }
    mutating func kind() -> Product.Kind? { fields.choice("kind", of: Product.Kind.self) }
    mutating func state() -> Product.State? { fields.choice("state", .optional, of: Product.State.self) }

    /// The content that was sent before, by its digest; how long it is, the store knows.
    mutating func content(_ presence: JSONPresence) -> (digest: ContentDigest, mediaType: String, fileName: String)? {
        fields.object("content", presence) { content in
            let hex = content.string("sha256")
            let mediaType = content.string("mediaType", length: 3...100)
            let fileName = content.string("fileName", length: 1...200)
            content.refuseUnknown()
            guard let hex, let mediaType, let fileName else { return nil }
            guard let digest = ContentDigest(hex: hex) else {
                content.refuse("sha256", "a digest is 64 hexadecimal digits")
                return nil
            }
            let isType = mediaType.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F || $0 == 0x20 } && mediaType.split(separator: "/").count == 2
            if !isType { content.refuse("mediaType", "a media type is written as text/plain") }
            let isPlain =
                !fileName.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "/" } && fileName != "." && fileName != ".."
            if !isPlain { content.refuse("fileName", "a file's name has no slash and no control character") }
            return (digest, mediaType, fileName)
        }
    }

    mutating func finish() { fields.refuseUnknown() }
    mutating func refuse(_ key: String, _ reason: String) { fields.refuse(key, reason) }
}
