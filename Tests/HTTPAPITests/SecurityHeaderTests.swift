import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Testing

@testable import HTTPAPI

/// What pages forbid a browser, and answers a cache.
@Suite struct SecurityHeaderTests {
    /// The directives of a policy, by name.
    private func policy(_ answer: TestResponse) -> [String: [Substring]] {
        let directives = (answer.headers[.contentSecurityPolicy] ?? "").split(separator: ";").map { $0.split(separator: " ") }
        return Dictionary(uniqueKeysWithValues: directives.compactMap { words in words.first.map { (String($0), Array(words.dropFirst())) } })
    }

    private func expectPage(_ answer: TestResponse, _ status: Int, _ what: String) {
        #expect(answer.status.code == status, "\(what)")
        #expect(answer.headers[.contentType] == "text/html; charset=utf-8", "\(what)")
        let policy = policy(answer)
        #expect(policy["default-src"] == ["'none'"] || policy["default-src"] == ["'self'"], "\(what)")
        #expect(policy["frame-ancestors"] == ["'none'"] && policy["base-uri"] == ["'none'"], "\(what)")
        #expect(policy["form-action"]?.count == 1, "\(what)")
        let loose: Set<Substring> = ["'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:", "blob:"]
        #expect(loose.isDisjoint(with: policy.values.joined()), "\(what)")
        for name in ["script-src", "style-src", "connect-src", "object-src"] {
            #expect([nil, ["'self'"], ["'none'"]].contains(policy[name]), "\(what) \(name)")
        }
        #expect(answer.headers[.xContentTypeOptions] == "nosniff", "\(what)")
        #expect(answer.headers[.xFrameOptions] == "DENY", "\(what)")
        #expect(answer.headers[.referrerPolicy] == "same-origin", "\(what)")
        #expect(answer.headers[.crossOriginOpenerPolicy] == "same-origin", "\(what)")
        let permissions = answer.headers[.permissionsPolicy] ?? ""
        for name in ["camera", "geolocation", "microphone", "usb"] { #expect(permissions.contains("\(name)=()"), "\(what)") }
        // Each said once: two policies are not what either says.
        for name in [
            .contentSecurityPolicy, .xContentTypeOptions, .xFrameOptions, .referrerPolicy, .crossOriginOpenerPolicy, .permissionsPolicy,
        ] as [HTTPField.Name] {
            #expect(answer.headers[values: name].count == 1, "\(what) \(name)")
        }
        expectStrict(answer.text, policy, what)
    }

    /// That a page has nothing that its own policy would stop.
    private func expectStrict(_ html: String, _ policy: [String: [Substring]], _ what: String) {
        #expect(html.firstMatch(of: /<style|\sstyle=|\son[a-z]+=|javascript:/) == nil, "\(what)")
        let scripts = html.matches(of: /<script([^>]*)>([^<]*)/)
        #expect(policy["script-src"] != nil || scripts.isEmpty, "\(what)")
        for script in scripts { #expect(script.output.1.contains("src=\"/") && script.output.2.isEmpty, "\(what)") }
    }

    @Test func `every page that a person sees is closed to what it does not need`() async throws {
        let test = try TestShop()
        let song = try await test.sell()
        let hello = try await test.sell(article: TestShop.article)
        let receipts = try await [test.receipt(of: song), test.receipt(of: hello)]
        var pages: [(uri: String, status: Int)] = [
            ("/", 200), ("/?before=1", 200), ("/p/song", 200), ("/p/hello", 200), ("/setup", 200), ("/docs", 200), ("/nowhere", 404),
            ("/p/none", 404),
            ("/r/none", 404), ("/p/song/below", 404),
        ]
        for receipt in receipts { pages.append(("/r/\(receipt)", 200)) }
        pages.append((test.shop.links.path(receipts[1], at: test.clock.now), 200))
        pages.append(("/r/\(receipts[0])/content", 403))
        for (uri, status) in pages { expectPage(try await test.get(uri, .person), status, uri) }
        expectPage(try await test.get("/p/song", .person, method: .post), 405, "POST")
        let bought = try await test.get("/p/hello", HTTPFields.person + (try await test.pay("hello", by: .bob)))
        bought.expect(200, has: ["paid"])
        expectPage(bought, 200, "the article that was bought")
    }

    @Test func `what programs are told is not guessed at, and what concerns one of them is not kept`() async throws {
        let world = try await APIWorld(signedIn: false)
        let test = world.shop
        try await test.sell("tune", file: [1, 2, 3])
        for endpoint in world.endpoints where endpoint.method == .get {
            let uri = "/api/v1" + endpoint.path.replacing(/\{[a-z]+\}/, with: "1")
            for credential in ["owner", nil] {
                let answer = try await test.control(uri, as: credential)
                #expect(answer.headers[.cacheControl] == "no-store", "\(uri)")
                #expect(answer.body.readableBytes == 0 || answer.headers[.xContentTypeOptions] == "nosniff", "\(uri)")
            }
        }
        for uri in ["/p/tune", "/p/none", "/nowhere", "/healthz", "/readyz", "/metrics", "/r/none"] {
            let answer = try await test.get(uri)
            #expect(answer.headers[.cacheControl] == "no-store" && answer.headers[.xContentTypeOptions] == "nosniff", "\(uri)")
        }
        for uri in ["/assets/style.css", "/assets/setup.js", "/.well-known/x402", "/llms.txt", "/discovery/resources", "/api/v1/openapi.json"] {
            let answer = try await test.get(uri)
            #expect(answer.status == .ok && answer.headers[values: .xContentTypeOptions] == ["nosniff"], "\(uri)")
        }
        let goods = try await test.get("/p/tune", try await test.pay("tune", by: .bob, nonce: 99))
        #expect(goods.status == .ok && goods.headers[values: .xContentTypeOptions] == ["nosniff"])
    }
}

extension HTTPFields {
    fileprivate static func + (first: HTTPFields, second: HTTPFields) -> HTTPFields {
        var fields = first
        fields.append(contentsOf: second)
        return fields
    }
}
