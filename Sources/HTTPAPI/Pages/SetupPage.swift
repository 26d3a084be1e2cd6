import HTTPTypes
import Hummingbird

/// The page behind a set-up link: `/setup#token`. The token stands behind the `#`, so that it is in no log of any server; a script of ours sends it.
struct SetupPage: Sendable {
    let shop: Shop

    func add(to router: Router<ShopContext>) {
        router.resource(
            "/setup",
            [
                .get: { _, _ in
                    let html = try Pages.shared.setup(shop)
                    var headers = Pages.headers
                    headers[.contentSecurityPolicy] = Pages.scriptPolicy
                    headers[.cacheControl] = "no-store"
                    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
                }
            ])
        router.resource(
            "/assets/setup.js",
            [
                .get: { _, _ in
                    .text(
                        Pages.shared.setupScript, type: "text/javascript; charset=utf-8",
                        headers: [.cacheControl: "no-cache"])
                }
            ])
    }
}
