import Catalogue
import Crypto
import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage

/// What belongs to the shop: its name, its currency, and what the roles may do.
struct SettingsEndpoints: Sendable {
    let shop: Shop

    struct Draft: Sendable {
        var name: String?
        var currency: Currency?
    }

    static let settings = JSONResource<ShopSettings, Draft>(
        "Settings", draft: { Draft() },
        [
            JSONMember(
                "name",
                .name(1...80), "What the shop is called.",
                example: "Ada's songs", get: \.name, set: \.name),
            JSONMember("currency", .currency, "What prices are in where none is named.", example: "USD", get: \.currency, set: \.currency),
            JSONMember("origin", JSONType<String>.uri, "The public address given at set-up.", find: \.origin),
        ])

    static let role = JSONResource<Role, Void>(
        "Role", draft: {},
        [
            JSONMember("role", .choice, "Its name.") { $0 },
            JSONMember("summary", .text(), "What it is for.", get: \.summary),
            JSONMember("permissions", JSONType<Permission>.choice.list(), "What it may do.") { $0.permissions.sorted { $0.rawValue < $1.rawValue } },
        ])

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/settings", id: "settings.show", summary: "Show the shop's settings", access: .permission(.settingsRead),
                answers: [Self.edition("The settings.")]
            ) { _ in Self.answer(shop.settings).response },
            Endpoint(
                method: .patch, path: "/settings", id: "settings.edit", summary: "Change the shop's settings",
                details: "What is left out stays.", access: .permission(.settingsWrite),
                body: .json(Self.settings.editSchema, example: ["name": "Ada's songs"]), answers: [Self.edition("The settings as they are now.")],
                isConditional: true
            ) { call in try await edit(call) },
            Endpoint(
                method: .get, path: "/roles", id: "settings.roles", summary: "List the roles and what each may do", access: .signedIn,
                answers: [.page("Role", "The roles.")]
            ) { _ in EndpointAnswer(Page.json(Role.allCases.map(Self.role.write), next: nil)).response },
        ]
    }

    private static func edition(_ summary: String) -> Endpoint.Answer {
        var answer = Endpoint.Answer.ok("Settings", summary)
        answer.headers = [("ETag", "The edition, for `If-Match`.")]
        return answer
    }

    private static func answer(_ settings: ShopSettings) -> EndpointAnswer {
        EndpointAnswer(Self.settings.write(settings), headers: [.eTag: etag(settings)])
    }

    private static func etag(_ settings: ShopSettings) -> String {
        let bytes = JSONValue.object(Self.settings.write(settings)).encoded()
        return "\"\(lowercaseHex(Array(SHA256.hash(data: bytes).prefix(8))))\""
    }

    private func edit(_ call: EndpointCall) async throws -> Response {
        let before = shop.settings
        try call.expects(Self.etag(before))
        var (draft, problems) = Self.settings.readEdit(try call.json())
        if let currency = draft.currency, !shop.offers.options.contains(where: { $0.option.asset.currency == currency }) {
            problems.append(JSONProblem(.root.appending("currency"), "Nothing that this shop is paid in stands for \(currency)."))
            draft.currency = nil
        }
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        var after = before
        after.name = draft.name ?? before.name
        after.currency = draft.currency ?? before.currency
        let note = call.note { (outcome: SettingsChange) in if case .changed(let settings) = outcome { Self.answer(settings) } else { nil } }
        switch try await shop.settingsBook.edit(after, of: before, actor: call.principal.actor, noting: note) {
        case .changed(let settings): return Self.answer(settings).response
        case .stale: throw Problem(.preconditionFailed, "The settings were changed meanwhile. Read them again before changing them.")
        }
    }
}
