import Access
import Catalogue
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Storage
import Testing

@testable import HTTPAPI

/// What the OpenAPI document promises is what the shop does, and the reverse.
@Suite struct ContractTests {
    private static func document(_ world: APIWorld) -> JSONObject { OwnerAPI(shop: world.shop.shop).document.json }

    private struct Promise {
        let check: SchemaCheck
        let document: JSONObject

        init(_ document: JSONObject) throws {
            self.document = document
            check = SchemaCheck(components: try #require(document["components"]?["schemas"]?.object))
        }

        func response(_ endpoint: Endpoint, _ status: Int) -> JSONObject? {
            document["paths"]?[endpoint.path]?[endpoint.method.rawValue.lowercased()]?["responses"]?["\(status)"]?.object
        }

        /// What an answer is not that the document says of it.
        func problems(_ answer: TestResponse, to endpoint: Endpoint) -> [String] {
            guard let promised = response(endpoint, answer.status.code) else { return ["the status is not in the document"] }
            var problems: [String] = []
            for name in promised["headers"]?.object?.keys ?? [] where HTTPField.Name(name).flatMap({ answer.headers[$0] }) == nil {
                problems.append("the header \(name) is missing")
            }
            if answer.headers[.cacheControl] != "no-store" { problems.append("it may be cached") }
            guard let content = promised["content"]?.object?.members.first else {
                return problems + (answer.body.readableBytes == 0 ? [] : ["there is a body that the document does not know"])
            }
            if answer.headers[.contentType] != content.key { problems.append("the media type is \(answer.headers[.contentType] ?? "missing")") }
            guard let json = try? answer.json(), let schema = content.value["schema"]?.object else { return problems + ["there is no JSON"] }
            problems += check.problems(json, schema)
            if answer.status.code >= 400 {
                if json["status"] != .integer(answer.status.code) { problems.append("`status` is another") }
                if json["type"]?.string?.hasPrefix("urn:pushcart:problem:") != true { problems.append("the type is no kind of ours") }
                if json["detail"]?.string?.isEmpty != false { problems.append("the sentence is empty") }
            }
            return problems
        }
    }

    // MARK: Routes

    @Test func `every route is in the document and the reverse`() async throws {
        let shop = try TestShop()
        let api = OwnerAPI(shop: shop.shop)
        let router = Router(context: ShopContext.self)
        router.add(middleware: FrontMiddleware(shop: shop.shop, ids: RequestIDs()))
        router.add(middleware: FaultMiddleware(shop: shop.shop))
        api.add(to: router)
        let paths = try #require(api.document.json["paths"]?.object)
        let routed = Set(router.routes.map { "\($0.path)" }.filter { $0.hasPrefix("/api/v1/") && $0 != "/api/v1/openapi.json" })
        #expect(Set(api.endpoints.map { $0.route.description }) == routed)
        #expect(Set(paths.keys) == Set(api.endpoints.map(\.path)))
        for member in paths.members {
            let declared = Set(try #require(member.value.object).keys)
            #expect(declared == Set(api.endpoints.filter { $0.path == member.key }.map { $0.method.rawValue.lowercased() }), "\(member.key)")
            // The shop takes these methods there and no others, whoever asks.
            let uri = "/api/v1" + member.key.replacing(/\{[a-z]+\}/, with: "1")
            for method in [.get, .post, .put, .patch, .delete] as [HTTPRequest.Method] {
                let answer = try await shop.get(uri, method: method)
                #expect((answer.status == .methodNotAllowed) == !declared.contains(method.rawValue.lowercased()), "\(method) \(uri)")
                #expect(answer.status != .notFound, "\(method) \(uri)")
            }
        }
        try await shop.get("/api/v1/nothing").expectKind(404, "not-found")
    }

    @Test func `the document is served to everybody as it is, and again only when it has changed`() async throws {
        let shop = try TestShop()
        let answer = try await shop.get("/api/v1/openapi.json")
        #expect(answer.status == .ok && answer.headers[.contentType] == "application/json")
        #expect(try answer.json() == .object(OwnerAPI(shop: shop.shop).document.json))
        let etag = try #require(answer.headers[.eTag])
        let again = try await shop.get("/api/v1/openapi.json", [.ifNoneMatch: etag])
        #expect(again.status == .notModified && again.body.readableBytes == 0)
        try await shop.get("/api/v1/openapi.json", method: .post).expectKind(405, "method-not-allowed")
    }

    @Test func `the document keeps its own rules`() throws {
        let document = OwnerAPI(shop: try TestShop().shop).document.json
        let schemas = try #require(document["components"]?["schemas"]?.object)
        let check = SchemaCheck(components: schemas)
        var named: Set<String> = []
        func visit(_ value: JSONValue) {
            if let object = value.object {
                if let name = object["$ref"]?.string {
                    #expect(name.hasPrefix("#/components/schemas/") && schemas[String(name.dropFirst(21))] != nil, "\(name)")
                    named.insert(String(name.dropFirst(21)))
                }
                if let examples = object["examples"]?.array, object["type"] != nil {
                    for example in examples { #expect(check.problems(example, object) == [], "\(example)") }
                }
                if let body = object["application/json"], let schema = body["schema"]?.object, let example = body["examples"]?["example"]?["value"] {
                    #expect(check.problems(example, schema) == [], "\(example)")
                }
                if let example = object["example"], let schema = object["schema"]?.object {
                    #expect(check.problems(example, schema) == [], "\(example)")
                }
                for member in object.members { visit(member.value) }
            }
            for element in value.array ?? [] { visit(element) }
        }
        visit(.object(document))
        #expect(named == Set(schemas.keys))
        let tags = Set(document["tags"]?.array?.compactMap { $0["name"]?.string } ?? [])
        for path in document["paths"]?.object?.members ?? [] {
            for operation in path.value.object?.members ?? [] {
                #expect(operation.value["tags"]?.array?.allSatisfy { tags.contains($0.string ?? "") } == true, "\(operation.key) \(path.key)")
                #expect(operation.value["security"] != nil, "\(operation.key) \(path.key)")
            }
        }
    }

    // MARK: Success

    @Test func `each operation succeeds as documented`() async throws {
        for id in OwnerAPI(shop: try TestShop().shop).endpoints.map(\.id) {
            let world = try await APIWorld(signedIn: id.hasPrefix("sessions."))
            let endpoint = try #require(world.endpoints.first { $0.id == id })
            let call = try await world.call(endpoint)
            let answer = try await world.send(endpoint, call, as: call.credential)
            #expect(endpoint.answers.contains { $0.status == answer.status }, "\(id): \(answer.status.code) \(answer.text)")
            #expect(try Promise(Self.document(world)).problems(answer, to: endpoint) == [], "\(id): \(answer.text)")
        }
    }

    // MARK: Failures

    /// Statuses that no request alone brings about.
    private static let circumstances: Set<Int> = [429, 503, 507]

    /// Conflicts and refusals that are an operation's own, and how they come about; those of all operations are made below.
    private static func own(_ world: APIWorld, _ endpoint: Endpoint) async throws -> [(status: Int, kind: String, answer: TestResponse)] {
        let shop = world.shop
        func ask(_ json: JSONValue? = nil, _ path: String? = nil, as credential: String? = "owner", _ headers: HTTPFields = [:]) async throws
            -> TestResponse
        {
            try await shop.send(endpoint.method, path ?? String(try world.path(endpoint).dropFirst(7)), json, as: credential, headers)
        }
        func gone() async throws -> TestResponse {
            try await shop.send(.post, "/people/\(world.other)/disable").expect(200)
            return try await ask(["email": "second@example.com"])
        }
        switch endpoint.id {
        case "products.create":
            let content: JSONValue = ["sha256": .string(world.digest), "mediaType": "a/b", "fileName": "x"]
            return [(409, "slug-taken", try await ask(["slug": "song", "title": "T", "kind": "file", "price": "1", "content": content]))]
        case "contents.begin":
            for number in 1...UploadStore.maximumCount {
                try Data([1]).write(to: URL(fileURLWithPath: "\(shop.directory)/uploads/\(String(format: "%032x", number))-4"))
            }
            try shop.freshenUploads()
            return [(409, "too-many-uploads", try await ask(["length": 4]))]
        case "contents.append":
            let other = try await shop.control(try world.path(endpoint), method: .patch, body: [1], [.uploadOffset: "2"])
            let long = try await shop.control(try world.path(endpoint), method: .patch, body: [1, 2, 3, 4, 5], [.uploadOffset: "0"])
            let none = try await shop.control(try world.path(endpoint), method: .patch, body: [1])
            return [(409, "upload-offset", other), (409, "upload-length", long), (400, "bad-request", none)]
        case "audit.head":
            let empty = try TestShop()
            return [(404, "not-found", try await empty.send(.get, "/audit/head"))]
        case "refunds.create":
            let none = try await ask(["order": "999"])
            let fine = try await ask(["order": "1", "amount": "0.0000001"])
            let much = try await ask(["order": "1", "amount": "0.0091"])
            let approving = try await ask(["order": "1", "approve": true], as: "support")
            return [
                (422, "validation", none), (422, "validation", fine), (409, "refund-too-much", much), (403, "permission-missing", approving),
            ]
        case "refunds.record": return [(409, "refund-too-much", try await ask(["order": "1", "amount": "0.0091"]))]
        case "refunds.approve", "refunds.cancel":
            try await shop.send(.post, "/refunds/1/cancel").expect(200)
            return [(409, "refund-cancelled", try await ask())]
        case "people.create": return [(409, "email-taken", try await ask(["email": "Second@Example.com", "role": "support"]))]
        case "people.edit": return [(409, "email-taken", try await ask(["email": .string(APIWorld.email)]))]
        case "people.role": return [(409, "last-owner", try await ask(["role": "manager"], "/people/\(world.owner)/role"))]
        case "people.disable": return [(409, "last-owner", try await ask(nil, "/people/\(world.owner)/disable"))]
        case "people.setup-link":
            return [
                (409, "owned", try await ask([:])), (422, "validation", try await ask(["email": "nobody@example.com"])),
                (404, "not-found", try await gone()),
            ]
        case "people.erase":
            let plan = try await shop.send(.get, "/people/\(world.owner)/erasure").json()
            let last = "/people/\(world.owner)?confirmation=\(plan["confirmation"]?.string ?? "")"
            return [
                (409, "confirmation-needed", try await ask()),
                (409, "confirmation-stale", try await ask(nil, "/people/\(world.other)?confirmation=x")),
                (409, "last-owner", try await ask(nil, last)),
            ]
        case "keys.edit", "keys.revoke":
            _ = try await shop.key("owner")
            let keys = try #require(try await shop.send(.get, "/keys").json()["items"]?.array)
            let own = try #require(keys.first { $0["name"] == "owner" }?["id"]?.int64)
            return [(409, "key-in-use", try await ask(endpoint.body == nil ? nil : ["name": "x"], "/keys/\(own)"))]
        case "sessions.create":
            let wrong: JSONValue = ["email": "nobody@example.com", "password": "x"]
            return [
                (401, "wrong-credentials", try await ask(wrong, as: nil)),
                (403, "foreign-origin", try await ask(wrong, as: nil, [.origin: "https://evil.example"])),
            ]
        case "sessions.refresh":
            return [
                (401, "session-over", try await ask(as: nil)), (403, "foreign-origin", try await ask(as: nil, [.origin: "https://evil.example"])),
            ]
        case "sessions.password":
            let token = world.signedIn?.accessToken
            return [
                (409, "wrong-credentials", try await ask(["old": "not the old one", "new": "five other words in a row"], as: token)),
                (422, "validation", try await ask(["old": .string(APIWorld.password), "new": "passwordpassword"], as: token)),
            ]
        case "sessions.two-step-confirm":
            let token = world.signedIn?.accessToken
            return [(409, "wrong-credentials", try await ask(["code": "abcdef"], as: token))]
        case "sessions.setup": return [(409, "link-invalid", try await ask(["token": "nothing", "password": "five other words in a row"], as: nil))]
        default: return []
        }
    }

    @Test func `each documented failure comes about and is told as documented, and no other comes about`() async throws {
        for id in OwnerAPI(shop: try TestShop().shop).endpoints.map(\.id) {
            let world = try await APIWorld(signedIn: id.hasPrefix("sessions."))
            let endpoint = try #require(world.endpoints.first { $0.id == id })
            let promise = try Promise(Self.document(world))
            let documented = Set(endpoint.failures.map { Int($0.status.code) })
            var seen: Set<Int> = []
            func expect(_ status: Int, _ kind: String? = nil, _ answer: TestResponse) throws {
                let name = "\(id) \(status): \(answer.status.code) \(answer.text)"
                #expect(answer.status.code == status, "\(name)")
                #expect(promise.problems(answer, to: endpoint) == [], "\(name)")
                if let kind { #expect((try? answer.json()["type"]) == .string("urn:pushcart:problem:\(kind)"), "\(name)") }
                seen.insert(answer.status.code)
            }
            let call = try await world.call(endpoint)
            let separator = call.uri.contains("?") ? "&" : "?"
            var unknown = call
            unknown.uri += "\(separator)nothing=1"
            try expect(400, "bad-request", try await world.send(endpoint, unknown, as: call.credential))
            if endpoint.access != .everyone { try expect(401, "unauthorized", try await world.send(endpoint, call, as: nil)) }
            switch endpoint.access {
            case .permission: try expect(403, "permission-missing", try await world.send(endpoint, call, as: "owner+"))
            case .person: try expect(403, "person-needed", try await world.send(endpoint, call, as: "owner"))
            case .signedIn, .everyone: break
            }
            if endpoint.path.contains("{") {
                var missing = call
                missing.uri = world.missing(endpoint) + (call.uri.firstIndex(of: "?").map { String(call.uri[$0...]) } ?? "")
                try expect(404, "not-found", try await world.send(endpoint, missing, as: call.credential))
            }
            if endpoint.takesIdempotencyKey {
                try expect(409, "conflict", try await Self.inFlight(world, endpoint, call))
                // The same key was for something else, said by the same principal.
                let used: HTTPFields = [.idempotencyKey: "used"]
                let credential = call.credential
                let first =
                    if world.signedIn != nil {
                        try await world.shop.send(.delete, "/sessions/\(world.elsewhere?.session ?? 0)", as: credential, used)
                    } else {
                        try await world.shop.send(.patch, "/settings", ["name": "Another"], as: credential, used)
                    }
                #expect(first.status.code < 300, "\(id): \(first.text)")
                var again = call
                again.headers[.idempotencyKey] = "used"
                // That same call would be its replay.
                again.uri += "\(separator)"
                try expect(422, "idempotency-key-reused", try await world.send(endpoint, again, as: credential))
            }
            if endpoint.isConditional {
                var stale = call
                stale.headers[.ifMatch] = "\"nothing\""
                try expect(412, "precondition-failed", try await world.send(endpoint, stale, as: call.credential))
            }
            if case .json = endpoint.body {
                var other = call
                other.headers[.contentType] = "text/plain"
                try expect(415, "unsupported-media-type", try await world.send(endpoint, other, as: call.credential))
                var long = call
                long.body = [UInt8](repeating: 0x20, count: EndpointRoutes.bodyLimit + 1)
                try expect(413, "content-too-large", try await world.send(endpoint, long, as: call.credential))
                var wrong = call
                wrong.body = Array(#"{"nothing":1}"#.utf8)
                try expect(422, "validation", try await world.send(endpoint, wrong, as: call.credential))
                wrong.body = Array("{".utf8)
                try expect(400, "bad-request", try await world.send(endpoint, wrong, as: call.credential))
            }
            for (status, kind, answer) in try await Self.own(world, endpoint) { try expect(status, kind, answer) }
            #expect(documented.subtracting(Self.circumstances) == seen, "\(id)")
        }
    }

    /// The answer to a second call under the key of one that has not ended.
    private static func inFlight(_ world: APIWorld, _ endpoint: Endpoint, _ call: APIWorld.Call) async throws -> TestResponse {
        let (started, begin) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<Void>.makeStream()
        let slow = Endpoint(
            method: endpoint.method, path: endpoint.path, id: endpoint.id, summary: endpoint.summary, access: endpoint.access,
            parameters: endpoint.parameters, body: endpoint.body, answers: endpoint.answers, isConditional: endpoint.isConditional
        ) { _ in
            begin.finish()
            for await _ in ended {}
            return EndpointAnswer.empty.response
        }
        let router = Router(context: ShopContext.self)
        router.add(middleware: FrontMiddleware(shop: world.shop.shop, ids: RequestIDs()))
        router.add(middleware: FaultMiddleware(shop: world.shop.shop))
        EndpointRoutes(shop: world.shop.shop, endpoints: [slow]).add(to: router)
        var headers = call.headers
        headers[.authorization] = "Bearer \(try await world.shop.key(call.credential ?? ""))"
        headers[.idempotencyKey] = "slow"
        return try await Application(router: router).test(.router) { [headers] client in
            async let first = client.execute(uri: call.uri, method: slow.method, headers: headers, body: call.body.map { ByteBuffer(bytes: $0) })
            for await _ in started {}
            let second = try await client.execute(
                uri: call.uri, method: slow.method, headers: headers, body: call.body.map { ByteBuffer(bytes: $0) })
            #expect(second.headers[.comeBack] == "1", "\(endpoint.id)")
            end.finish()
            #expect(try await first.status == .noContent, "\(endpoint.id)")
            let third = try await client.execute(
                uri: call.uri, method: slow.method, headers: headers, body: call.body.map { ByteBuffer(bytes: $0) })
            #expect(third.status == .noContent, "\(endpoint.id)")
            return second
        }
    }
}
