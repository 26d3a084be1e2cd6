/// The addresses that a paid answer names (RFC 8288), of the same origin as the goods only.
struct BuyLinks: Hashable, Sendable {
    /// A signed address of the goods, for resuming.
    var content: BuyURL?
    /// The page of the receipt.
    var receipt: BuyURL?

    /// The best first.
    private static let contentRelations = ["content", "enclosure", "item", "alternate"]
    private static let receiptRelations = ["receipt", "payment-receipt", "order", "describedby", "payment", "related"]

    init(links: [String], location: String?, at url: BuyURL) {
        var targets: [String: BuyURL] = [:]
        for link in links.flatMap({ HeaderParameters.split($0, at: ",") }) {
            let parsed = HeaderParameters(link)
            guard parsed.value.hasPrefix("<"), parsed.value.hasSuffix(">"),
                let target = url.resolving(String(parsed.value.dropFirst().dropLast())), target.isSameOrigin(url)
            else { continue }
            for relation in (parsed.parameters["rel"] ?? "").lowercased().split(separator: " ").map(String.init) where targets[relation] == nil {
                targets[relation] = target
            }
        }
        content = Self.contentRelations.lazy.compactMap { targets[$0] }.first
        receipt = Self.receiptRelations.lazy.compactMap { targets[$0] }.first
        if receipt == nil, let target = location.flatMap({ url.resolving($0) }), target.isSameOrigin(url) { receipt = target }
    }
}
