import Domain
import JSON
import Payments

/// A product as the API shows it.
struct ProductView: Sendable {
    let product: Product
    let url: String

    init(_ product: Product, _ shop: Shop) {
        self.product = product
        url = shop.offers.url(product)
    }

    /// The edition's name in `ETag` and `If-Match`.
    var etag: String { "\"\(product.revision)\"" }
    var json: JSONObject { Self.resource.write(self) }

    /// What a client sends of a product.
    struct Draft: Sendable {
        var slug: Slug?
        var title: String?
        var summary: String?
        var kind: Product.Kind?
        var state: Product.State?
        var price: String?
        var currency: Currency?
        var tags: [String]?
        var repeatable: Bool?
        var content: ContentDraft?
        var upstream: UpstreamAddress?
        var upstreamHeader: String?
        var routes: [APIRoute]?
        var requestLimit: Int?
        var answerLimit: Int?
        var wholeLimit: Int?
        var creditCount: Int?
        var creditAmount: String?

        /// Whether anything is said that only an API has.
        var namesAPI: Bool {
            upstream != nil || upstreamHeader != nil || routes != nil || requestLimit != nil || answerLimit != nil || wholeLimit != nil
                || creditCount != nil || creditAmount != nil
        }
    }

    static let resource = JSONResource<ProductView, Draft>("Product", draft: { Draft() }, wordMembers + [contentMember] + apiMembers + factMembers)

    private static let wordMembers: [JSONMember<ProductView, Draft>] =
        [
            JSONMember("id", .integer(), "Its number.", example: 1) { Int($0.product.id) },
            JSONMember(
                "slug", .slug, "Its name in addresses.", example: "summer-song", create: .required, edit: false, get: \.product.slug, set: \.slug),
            JSONMember(
                "title", .line(ProductRules.titleLength, ProductRules.problem(title:)), "What it is called.", example: "Summer song",
                create: .required, get: \.product.title, set: \.title),
            JSONMember(
                "summary", .line(ProductRules.summaryLength, ProductRules.problem(summary:)), "A sentence about it.",
                example: "A song about summer, as FLAC.", get: \.product.summary, set: \.summary),
            JSONMember("kind", .choice, "What is sold.", example: "file", create: .required, edit: false, get: \.product.kind, set: \.kind),
            JSONMember(
                "state", .choice, "Only what is published is for sale; what is archived is still given to those who bought it.",
                example: "published", get: \.product.state, set: \.state),
            JSONMember("price", .decimal, "What it costs.", example: "1.00", create: .required, get: \.product.price.amountText, set: \.price),
            JSONMember(
                "currency", .currency, "What the price is in; the shop's currency when left out.", example: "USD",
                get: \.product.price.currency, set: \.currency),
            JSONMember(
                "tags",
                JSONType<String>.string(ProductRules.tagLength, pattern: "^[!-+\\--~]+$").list(ProductRules.tagCount)
                    .described(["uniqueItems": true])
                    .judged({ tags in if let problem = ProductRules.problem(tags: tags) { .bad(problem) } else { .good(tags) } }, { $0 }),
                "Words to find it by.", example: ["music"], get: \.product.tags, set: \.tags),
            JSONMember(
                "repeatable", .boolean, "Whether it sells again to a wallet that has bought it.", example: false, get: \.product.repeatable,
                set: \.repeatable),
        ]

    private static let contentMember: JSONMember<ProductView, Draft> = JSONMember(
        "content", ContentDraft.type, "The bytes that are sold; send them to `/contents` first. An API has none.",
        example: [
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "mediaType": "audio/flac",
            "fileName": "summer-song.flac",
        ],
        create: .optional, edit: true, shown: ContentDraft.shown,
        find: { $0.product.api == nil ? ContentDraft($0.product.content) : nil }, set: \Draft.content)

    private static let factMembers: [JSONMember<ProductView, Draft>] = [
        JSONMember("url", .uri, "Where it is sold.", example: "https://shop.example/p/summer-song", get: \.url),
        JSONMember("revision", .integer(), "Counts its edits.", example: 3) { Int($0.product.revision) },
        JSONMember("createdAt", .moment, "When it was made.", get: \.product.createdAt),
        JSONMember("updatedAt", .moment, "When it was changed last.", get: \.product.updatedAt),
    ]
}

/// Bytes that are sold, as a client names them.
struct ContentDraft: Sendable {
    var digest: ContentDigest?
    var length: Int64?
    var mediaType: String?
    var fileName: String?

    init() {}

    init(_ content: Content) {
        digest = content.digest
        length = content.length
        mediaType = content.mediaType
        fileName = content.fileName
    }

    private static let resource = JSONResource<ContentDraft, ContentDraft>(
        "Content", draft: { ContentDraft() },
        [
            JSONMember("sha256", .digest, "SHA-256 of the bytes.", create: .required, find: { $0.digest }, set: \ContentDraft.digest),
            JSONMember("length", .integer(), "How many bytes.", find: { $0.length.map(Int.init) }),
            JSONMember(
                "mediaType",
                JSONType<String>.string(3...100, pattern: "^[!-.0-~]+/[!-.0-~]+( ?;[ -.0-~]*)?$")
                    .parsed("A media type is written as text/plain.", { isType($0) ? $0 : nil }, { $0 }),
                "Its media type.", create: .required, find: { $0.mediaType }, set: \ContentDraft.mediaType),
            JSONMember(
                "fileName",
                JSONType<String>.string(1...200, pattern: "^[^/\\u0000-\\u001f\\u007f-\\u009f]*$")
                    .parsed("A file's name has no slash and no control character.", { isName($0) ? $0 : nil }, { $0 }),
                "The name under which a buyer saves it.", create: .required, find: { $0.fileName }, set: \ContentDraft.fileName),
        ])

    /// As a product shows it.
    static let shown = resource.schema

    static let type = JSONType<ContentDraft>(
        schema: resource.creationSchema,
        read: { json, place, problems in
            let (draft, found) = resource.readCreation(json, at: place)
            problems += found
            return found.isEmpty ? draft : nil
        }, write: { .object(resource.write($0)) })

    private static func isType(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.split(separator: "/", omittingEmptySubsequences: false).count == 2
            && !text.hasPrefix("/") && !text.hasSuffix("/")
    }

    private static func isName(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "/" } && text != "." && text != ".."
    }
}
