import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments

/// Finds the goods that belong to a product, an order or a signed link.
struct Delivery {
    let shop: Shop

    /// The goods of a product in the form that a request wants.
    /// - Parameters:
    ///   - isSample: whether practice money bought a sample and not the goods.
    ///   - receipt: what a page leads back to, once there is one.
    /// - Throws: `Problem` 406 when no form will do, 503 when they are missing.
    func goods(
        _ product: Product, _ content: Content, isSample: Bool, _ negotiation: Negotiation, receipt: ReceiptID? = nil
    ) async throws -> Goods {
        if isSample { return try await sample(product, content) }
        guard product.kind == .article else { return try Goods(file: content, in: shop.catalogue.contents) }
        guard let form = negotiation.articleForm else {
            throw Problem(.notAcceptable, "This article is given as text/markdown, application/json or text/html.")
        }
        let article = try await shop.catalogue.article(content)
        switch form {
        case .markdown: return Goods(Array(article.markdown.utf8), of: content, form: "md", mediaType: "text/markdown; charset=utf-8")
        case .html:
            let page = try Pages.shared.article(product, article, receipt: receipt, shop)
            return Goods(Array(page.utf8), of: content, form: "html", mediaType: "text/html; charset=utf-8")
        case .json:
            let json: JSONObject = [
                "slug": .string(product.slug.text), "title": .string(product.title), "summary": .string(product.summary),
                "markdown": .string(article.markdown), "html": .string(article.html), "sha256": .string(content.digest.description),
            ]
            return Goods(JSONValue.object(json).encoded(), of: content, form: "json", mediaType: "application/json")
        }
    }

    /// What a practice purchase gets on a public address, and at the practice door on any: never the goods.
    private func sample(_ product: Product, _ content: Content) async throws -> Goods {
        let teaser = product.kind == .article ? try await shop.catalogue.article(content).teaserMarkdown : nil
        let goods =
            shop.opensSoon
            ? "the goods are given for real money only.\nThis shop opens soon: \(shop.origin)"
            : "the goods themselves are sold at \(shop.offers.url(product))"
        let text = """
            This is a sample. “\(product.title)” was bought with practice money, which worked; \(goods)

            \(teaser ?? "")
            """
        return Goods(Array(text.utf8), of: content, form: Goods.sampleForm, mediaType: "text/plain; charset=utf-8")
    }

    /// The edition that an order pins.
    func sold(_ product: Product, _ digest: ContentDigest) throws -> Content {
        if product.content.digest == digest { return product.content }
        guard let content = try shop.catalogue.content(productID: product.id, digest: digest) else { throw Problem.notFound }
        return content
    }
}
