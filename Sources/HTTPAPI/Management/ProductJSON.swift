import Domain
import JSON
import Payments

enum ProductJSON {
    static func write(_ product: Product, _ shop: Shop) -> JSONObject {
        [
            "slug": .string(product.slug.text), "title": .string(product.title), "summary": .string(product.summary),
            "kind": .string(product.kind.rawValue), "state": .string(product.state.rawValue), "price": .string(product.price.amountText),
            "currency": .string(product.price.currency.code), "tags": .array(product.tags.map(JSONValue.string)),
            "repeatable": .bool(product.repeatable), "url": .string(shop.offers.url(product)), "revision": .integer(product.revision),
            "content": [
                "sha256": .string(product.content.digest.description), "length": .integer(product.content.length),
                "mediaType": .string(product.content.mediaType), "fileName": .string(product.content.fileName),
            ],
            "createdAt": .string(product.createdAt.iso8601), "updatedAt": .string(product.updatedAt.iso8601),
        ]
    }
}
