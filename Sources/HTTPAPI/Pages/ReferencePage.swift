import HTTPTypes
import Hummingbird
import NIOCore
import Storage
import Synchronization

/// `/docs`: the API's reference, with a search that runs in the page.
final class ReferencePage: Sendable {
    private let shop: Shop
    private let document: OpenAPIDocument
    /// The page as it was made last, and of which name: making it takes some milliseconds, and nothing else in it changes.
    private let made = Mutex<(name: String, page: ByteBuffer)?>(nil)

    init(shop: Shop, document: OpenAPIDocument) {
        self.shop = shop
        self.document = document
    }

    private func page() throws -> ByteBuffer {
        let name = shop.settings.name
        if let made = made.withLock({ $0 }), made.name == name { return made.page }
        let page = ByteBuffer(string: try Pages.shared.reference(document, shop))
        made.withLock { $0 = (name, page) }
        return page
    }

    func add(to router: Router<ShopContext>) {
        router.resource(
            "/docs",
            [
                .get: { _, _ in
                    var headers = Pages.headers
                    headers[.contentSecurityPolicy] = Pages.scriptPolicy
                    headers[.cacheControl] = "no-cache"
                    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: try self.page()))
                }
            ])
        router.resource(
            "/assets/reference.js",
            [
                .get: { _, _ in
                    .text(
                        Pages.shared.referenceScript, type: "text/javascript; charset=utf-8",
                        headers: [.cacheControl: "no-cache", .xContentTypeOptions: "nosniff"])
                }
            ])
    }
}
