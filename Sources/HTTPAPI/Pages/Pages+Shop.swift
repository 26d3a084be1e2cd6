import Catalogue
import Domain
import HTTPTypes
import Payments

extension Pages {
    private struct Tag { let name: String }
    private struct Option {
        let name: String
        let assetName: String
        let amount: String
    }
    private struct RouteLine { let name, price: String }
    private struct Card {
        let title: String
        let summary: String?
        let price: String
        let kindLabel: String
        let url: String
        let tags: [Tag]
    }
    private struct Storefront {
        let shopName, styleVersion, canonicalURL: String
        let practice, openingSoon: Bool
        let products: [Card]
        let isEmpty: Bool
        let nextURL: String?
    }
    private struct ProductPage {
        let shopName, styleVersion, canonicalURL: String
        let practice, openingSoon: Bool
        let title: String
        let summary: String?
        let price, kindLabel: String
        let tags: [Tag]
        let teaserHTML: String?
        let fileName, fileSize: String?
        let isAPI: Bool
        let routes: [RouteLine]
        let digest, url, buyCommand, curlExample, pythonExample: String
        let networks: [Option]
        let unavailable: String?
        /// Whether this is the practice door, and where that is else.
        let sample: Bool
        let sampleURL: String?
    }
    private struct ArticlePage {
        let shopName, styleVersion, canonicalURL: String
        let practice, openingSoon: Bool
        let title: String
        let summary: String?
        let bodyHTML, receiptURL, date: String
    }
    private struct ErrorPage {
        let shopName, styleVersion, canonicalURL: String
        let practice, openingSoon: Bool
        let status: Int
        let title, sentence, homeURL: String
        let request: String?
    }

    private static func kind(_ product: Product) -> String {
        switch product.kind {
        case .article: "Article"
        case .file: "File · \(sizeText(product.content.length))"
        case .api: "API"
        }
    }

    func storefront(_ products: [Product], next: String?, _ shop: Shop) throws -> String {
        let frame = frame(shop, path: "/")
        return try render(
            "storefront",
            Storefront(
                shopName: frame.shopName, styleVersion: frame.styleVersion, canonicalURL: frame.canonicalURL, practice: frame.practice,
                openingSoon: frame.openingSoon,
                products: products.map {
                    Card(
                        title: $0.title, summary: $0.summary.isEmpty ? nil : $0.summary, price: $0.price.description, kindLabel: Self.kind($0),
                        url: shop.offers.url($0), tags: $0.tags.map(Tag.init))
                }, isEmpty: products.isEmpty, nextURL: next))
    }

    func product(_ product: Product, article: Article?, terms: PaymentTerms?, _ offers: Offers, _ shop: Shop) throws -> String {
        let frame = frame(shop, path: "/p/\(product.slug)")
        let routes = product.api?.routes ?? []
        let call = offers.calls(product).first
        let url = call?.url ?? offers.url(product)
        let method = call?.method ?? "GET"
        let isSample = offers.door == .practice
        return try render(
            "product",
            ProductPage(
                shopName: frame.shopName, styleVersion: frame.styleVersion, canonicalURL: shop.offers.url(product),
                practice: frame.practice || isSample, openingSoon: frame.openingSoon, title: product.title,
                summary: product.summary.isEmpty ? nil : product.summary,
                price: product.price.description, kindLabel: Self.kind(product), tags: product.tags.map(Tag.init),
                teaserHTML: article?.teaserHTML, fileName: product.kind == .file ? product.content.fileName : nil,
                fileSize: product.kind == .file ? sizeText(product.content.length) : nil, isAPI: product.kind == .api,
                routes: routes.isEmpty && product.kind == .api
                    ? [RouteLine(name: "Any path below \(offers.url(product))", price: product.price.description)]
                    : routes.map {
                        RouteLine(name: $0.name, price: $0.price.map { "\($0) \(product.price.currency)" } ?? product.price.description)
                    }, digest: product.content.digest.description, url: url,
                buyCommand: "pushcart buy \(method == "GET" ? "" : "--method \(method) --data '{}' ")\(Self.quoted(url))",
                curlExample: "curl -i \(method == "GET" ? "" : "-X \(method) ")\(Self.quoted(url))",
                pythonExample: """
                    # pip install "x402[httpx,evm]==2.25.0"
                    import asyncio, os
                    from eth_account import Account
                    from x402 import x402Client
                    from x402.http.clients.httpx import x402HttpxClient
                    from x402.mechanisms.evm import EthAccountSigner
                    from x402.mechanisms.evm.exact.register import register_exact_evm_client

                    async def main():
                        client = x402Client()
                        register_exact_evm_client(client, EthAccountSigner(Account.from_key(os.environ["KEY"])))
                        async with x402HttpxClient(client) as http:
                            print((await http.\(method.lowercased())("\(url)")).text)

                    asyncio.run(main())
                    """,
                networks: (terms?.quotes ?? []).map {
                    Option(
                        name: $0.option.networkName, assetName: $0.option.asset.symbol + ($0.option.sandbox ? " (practice money)" : ""),
                        amount: $0.option.asset.decimal($0.amount))
                }, unavailable: terms == nil ? offers.shortfall(product) : nil, sample: isSample,
                sampleURL: isSample ? nil : shop.sandboxGate.offers.url(product)))
    }

    /// For a shell, which reads braces and stars.
    private static func quoted(_ url: String) -> String { url.contains { "{}*&?".contains($0) } ? "'\(url)'" : url }

    /// A bought article for reading.
    func article(_ product: Product, _ article: Article, receipt: ReceiptID?, _ shop: Shop) throws -> String {
        let frame = frame(shop, path: "/p/\(product.slug)")
        return try render(
            "article",
            ArticlePage(
                shopName: frame.shopName, styleVersion: frame.styleVersion, canonicalURL: frame.canonicalURL, practice: frame.practice,
                openingSoon: frame.openingSoon, title: product.title, summary: product.summary.isEmpty ? nil : product.summary,
                bodyHTML: article.html, receiptURL: receipt.map { "/r/\($0)" } ?? frame.canonicalURL, date: dateText(product.updatedAt)))
    }

    func error(_ problem: Problem, _ shop: Shop) throws -> String {
        let frame = frame(shop, path: "/")
        return try render(
            "error",
            ErrorPage(
                shopName: frame.shopName, styleVersion: frame.styleVersion, canonicalURL: frame.canonicalURL, practice: frame.practice,
                openingSoon: frame.openingSoon, status: problem.status.code, title: problem.status.reasonPhrase, sentence: problem.sentence,
                homeURL: shop.origin + "/", request: problem.status.code >= 500 ? problem.request : nil))
    }

    /// A date for people, such as `22 November 2026`.
    func dateText(_ moment: Timestamp) -> String {
        let (year, month, day) = moment.date
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
        ]
        return "\(day) \(names[Int(month) - 1]) \(year)"
    }
}
