import Access
import Catalogue
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage

/// Keys with which programs call.
struct KeyEndpoints: Sendable {
    let shop: Shop

    struct View: Sendable {
        let key: APIKey
        let products: [String]?
        /// The whole key, in the one answer that shows it.
        var text: String?
    }

    struct Draft: Sendable {
        var name: String?
        var role: Role?
        var scopes: [Permission]?
        var products: [Slug]?
        var budget: String?
        var currency: Currency?
        var expiresAt: Timestamp?
        var addresses: [AddressBlock]?
    }

    static let resource = JSONResource<View, Draft>(
        "Key", draft: { Draft() },
        [
            JSONMember("id", .integer(), "Its number.") { Int($0.key.id) },
            JSONMember("key", JSONType<String>.text(), "The key itself; shown this once.", find: \.text),
            JSONMember("prefix", .text(), "How it begins, to tell it from others.", example: "pc_4fGh2kLm") { "pc_\($0.key.prefix)" },
            JSONMember(
                "name", .name(1...80), "What it is for.",
                example: "nightly export", create: .required, get: \.key.terms.name, set: \.name),
            JSONMember("role", .choice, "What it may do at most.", example: "analyst", create: .required, get: \.key.terms.role, set: \.role),
            JSONMember(
                "scopes", JSONType<Permission>.choice.list(0...32).described(["uniqueItems": true]),
                "What it may do of that; all of it when left out.", example: ["orders:read"], create: .optional, edit: true,
                find: { $0.key.terms.scopes?.sorted { $0.rawValue < $1.rawValue } }, set: \Draft.scopes),
            JSONMember(
                "products", JSONType<Slug>.slug.list(1...100).described(["uniqueItems": true]), "The products it is for; all when left out.",
                create: .optional, edit: true, find: { $0.products?.compactMap { Slug($0) } }, set: \Draft.products),
            JSONMember(
                "budget", JSONType<String>.decimal, "The most that it may spend in its life.", example: "50.00", create: .optional, edit: true,
                find: { $0.key.terms.budget?.amountText }, set: \Draft.budget),
            JSONMember(
                "currency", JSONType<Currency>.currency, "What the budget is in; the shop's currency when left out.", create: .optional, edit: true,
                find: { $0.key.terms.budget?.currency }, set: \Draft.currency),
            JSONMember("spent", JSONType<String>.text(), "What has been spent of it.", example: "1.25", find: { $0.key.spent?.amountText }),
            JSONMember(
                "expiresAt", JSONType<Timestamp>.sentMoment, "When it ends; never when left out.", example: "2027-01-01T00:00:00Z", create: .optional,
                edit: true, find: \.key.terms.expiresAt, set: \Draft.expiresAt),
            JSONMember(
                "addresses",
                JSONType<String>.string(2...64, pattern: "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$")
                    .parsed("An address block is written as 10.0.0.0/8 or 2001:db8::/32.", { AddressBlock($0) }, \.description).list(1...32),
                "From where it may be used; from everywhere when left out.", example: ["203.0.113.0/24"], create: .optional, edit: true,
                find: \.key.terms.addresses, set: \Draft.addresses),
            JSONMember("createdBy", .text(), "Who made it.", example: "person:1", get: \.key.createdBy),
            JSONMember("createdAt", .moment, "When it was made.", get: \.key.createdAt),
            JSONMember("usedAt", JSONType<Timestamp>.moment, "When it was used last, to the minute.", find: \.key.usedAt),
            JSONMember("revokedAt", JSONType<Timestamp>.moment, "When it was revoked.", find: \.key.revokedAt),
        ])

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/keys", id: "keys.list", summary: "List keys, newest first", access: .permission(.keysRead),
                parameters: [.limit, .cursor], answers: [.page("Key", "A page of keys, the revoked too.")]
            ) { call in try await list(call) },
            Endpoint(
                method: .post, path: "/keys", id: "keys.create", summary: "Make a key",
                details: "The answer shows the key; nothing else ever does. Nobody gives more than they may themselves.",
                access: .permission(.keysWrite),
                body: .json(Self.resource.creationSchema, example: ["name": "nightly export", "role": "analyst", "scopes": ["orders:read"]]),
                answers: [.created("Key", "The key.")]
            ) { call in try await create(call) },
            Endpoint(
                method: .get, path: "/keys/{id}", id: "keys.show", summary: "Show a key", access: .permission(.keysRead),
                parameters: [.id("Its number.")], answers: [.ok("Key", "The key, without its secret.")]
            ) { call in EndpointAnswer(try json(try find(call))).response },
            Endpoint(
                method: .patch, path: "/keys/{id}", id: "keys.edit", summary: "Change a key", details: "What is left out stays.",
                access: .permission(.keysWrite), parameters: [.id("Its number.")],
                body: .json(Self.resource.editSchema, example: ["name": "weekly export"]), answers: [.ok("Key", "The key as it is now.")],
                refusals: [(.conflict, "It is the key that asks.")]
            ) { call in try await edit(call) },
            Endpoint(
                method: .delete, path: "/keys/{id}", id: "keys.revoke", summary: "Revoke a key, at once and for good",
                access: .permission(.keysWrite), parameters: [.id("Its number.")], answers: [.ok("Key", "The key, revoked.")],
                refusals: [(.conflict, "It is the key that asks.")]
            ) { call in
                let note = call.note { (outcome: APIKeyOutcome) in try answer(outcome, status: .ok) }
                return try told(try await shop.access.keys.revoke(id: try call.id(), by: call.principal, noting: note))
            },
        ]
    }

    private func view(_ key: APIKey, text: String? = nil) throws -> View {
        View(key: key, products: try key.terms.products?.sorted().compactMap { try shop.catalogue.product(id: $0)?.slug.text }, text: text)
    }

    private func json(_ key: APIKey, text: String? = nil) throws -> JSONObject { Self.resource.write(try view(key, text: text)) }

    private static let missing = Problem(.notFound, "There is no key of that number.")

    private func find(_ call: EndpointCall) throws -> APIKey {
        guard let key = try shop.access.keys.key(id: try call.id()) else { throw Self.missing }
        return key
    }

    private func list(_ call: EndpointCall) async throws -> Response {
        let limit = try call.limit
        let page = try await shop.access.keys.list(before: try PageCursor(call, sort: "keys")?.lastID, limit: limit)
        let next = page.count == limit ? page.last.map { PageCursor(sort: "keys", last: String($0.id)).text } : nil
        return EndpointAnswer(Page.json(try page.map { try json($0) }, next: next)).response
    }

    private func create(_ call: EndpointCall) async throws -> Response {
        var (draft, problems) = Self.resource.readCreation(try call.json())
        let terms = try await terms(&draft, APIKeyTerms(name: draft.name ?? "", role: draft.role ?? .agent), &problems)
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        let note = call.note { (outcome: APIKeyOutcome) in try answer(outcome, status: .created) }
        return try told(try await shop.access.keys.create(terms, by: call.principal, noting: note), status: .created)
    }

    private func edit(_ call: EndpointCall) async throws -> Response {
        let before = try find(call)
        var (draft, problems) = Self.resource.readEdit(try call.json())
        let terms = try await terms(&draft, before.terms, &problems)
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        let note = call.note { (outcome: APIKeyOutcome) in try answer(outcome, status: .ok) }
        return try told(try await shop.access.keys.edit(id: before.id, terms, by: call.principal, noting: note))
    }

    /// What a draft makes of terms.
    private func terms(_ draft: inout Draft, _ before: APIKeyTerms, _ problems: inout [JSONProblem]) async throws -> APIKeyTerms {
        var terms = before
        if let name = draft.name { terms.name = name }
        if let role = draft.role { terms.role = role }
        if let scopes = draft.scopes { terms.scopes = Set(scopes) }
        if let beyond = terms.scopes?.subtracting(terms.role.permissions).map(\.rawValue).sorted().first {
            problems.append(JSONProblem(.root.appending("scopes"), "The role \(terms.role.rawValue) does not have “\(beyond)”."))
        }
        if let slugs = draft.products {
            var ids: Set<Int64> = []
            for (index, slug) in slugs.enumerated() {
                guard let product = try await shop.catalogue.product(slug) else {
                    problems.append(JSONProblem(.root.appending("products").appending(index), "There is no product of that name."))
                    continue
                }
                ids.insert(product.id)
            }
            terms.products = ids
        }
        if draft.budget != nil || draft.currency != nil { terms.budget = budget(draft, before.budget, &problems) }
        if let expiresAt = draft.expiresAt {
            if expiresAt <= shop.now() { problems.append(JSONProblem(.root.appending("expiresAt"), "This time has passed.")) }
            terms.expiresAt = expiresAt
        }
        if let addresses = draft.addresses { terms.addresses = addresses }
        return terms
    }

    /// The budget that a draft makes of the one before: what it leaves out stays.
    private func budget(_ draft: Draft, _ before: Money?, _ problems: inout [JSONProblem]) -> Money? {
        guard let amount = draft.budget ?? before?.amountText else {
            problems.append(JSONProblem(.root.appending("currency"), "A currency needs a budget."))
            return nil
        }
        let currency = draft.currency ?? before?.currency ?? shop.settings.currency
        guard shop.offers.options.contains(where: { $0.option.asset.currency == currency }) else {
            problems.append(JSONProblem(.root.appending("currency"), "Nothing that this shop is paid in stands for \(currency)."))
            return nil
        }
        do { return try Money(amount, currency) } catch {
            problems.append(JSONProblem(.root.appending("budget"), error.description))
            return nil
        }
    }

    /// The answer to what was done; nil when nothing was.
    private func answer(_ outcome: APIKeyOutcome, status: HTTPResponse.Status) throws -> EndpointAnswer? {
        switch outcome {
        case .created(let key, let text):
            EndpointAnswer(try json(key, text: text), status: status, headers: [.location: "/api/v1/keys/\(key.id)"])
        case .done(let key): EndpointAnswer(try json(key), status: status)
        case .unknown, .itself, .beyondYou: nil
        }
    }

    private func told(_ outcome: APIKeyOutcome, status: HTTPResponse.Status = .ok) throws -> Response {
        if let answer = try answer(outcome, status: status) { return answer.response }
        switch outcome {
        case .itself: throw Problem(.conflict, "A key neither changes nor revokes itself; use another one, or sign in.", kind: "key-in-use")
        case .beyondYou: throw Problem.beyondYou
        default: throw Self.missing
        }
    }
}

extension Problem {
    static let beyondYou = Problem(.forbidden, "Nobody gives or takes more than they may themselves.", kind: "permission-missing")
}

extension JSONType where Value == Timestamp {
    /// A moment as a client sends it (RFC 3339, in UTC).
    static var sentMoment: JSONType {
        JSONType<String>.string(20...64, format: "date-time").parsed(
            "A time is written as 2027-01-31T12:00:00Z, and is not before 1970.", { Timestamp(rfc3339: $0) }, \.iso8601
        ).judged({ $0.milliseconds <= 253_402_300_799_000 ? .good($0) : .bad("This time is too far away.") }, { $0 })
    }
}
