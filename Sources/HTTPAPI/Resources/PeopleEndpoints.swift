import Access
import Domain
import HTTPTypes
import Hummingbird
import JSON
import Storage

/// Who works in the shop.
struct PeopleEndpoints: Sendable {
    let shop: Shop

    struct Draft: Sendable {
        var email: MailAddress?
        var name: String?
        var notes: String?
        var role: Role?
    }

    private static let email = JSONType<String>.string(3...254, pattern: MailAddress.pattern).parsed(
        "This is no mail address.", { MailAddress($0) }, \.text)

    static let resource = JSONResource<Person, Draft>(
        "Person", draft: { Draft() },
        [
            JSONMember("id", .integer(), "Their number.") { Int($0.id) },
            JSONMember(
                "email", email, "Their mail address; missing once erased.", example: "ada@example.com", create: .required, edit: true,
                find: { MailAddress($0.email) }, set: \Draft.email),
            JSONMember("name", .line(0...120), "What they are called.", example: "Ada", get: \.name, set: \.name),
            JSONMember("notes", JSONType<String>.string(0...2000), "What else is to know.", get: \.notes, set: \.notes),
            JSONMember("role", .choice, "What they may do.", example: "manager", create: .required, edit: false, get: \.role, set: \.role),
            JSONMember("state", .choice, "Whether they may come in.", get: \.state),
            JSONMember("hasPassword", .boolean, "Whether they have set a password.", get: \.hasPassword),
            JSONMember("hasTwoStep", .boolean, "Whether signing in takes a second step.", get: \.hasTwoStep),
            JSONMember("createdAt", .moment, "When they were added.", get: \.createdAt),
            JSONMember("updatedAt", .moment, "When they were changed last.", get: \.updatedAt),
            JSONMember("signedInAt", JSONType<Timestamp>.moment, "When they signed in last.", find: \.signedInAt),
        ])

    struct RoleDraft: Sendable {
        var role: Role?
    }

    private static let roleChange = JSONResource<Role, RoleDraft>(
        "RoleChange", draft: { RoleDraft() },
        [JSONMember("role", .choice, "The new role.", example: "support", create: .required, get: { $0 }, set: \.role)])

    struct Link: Sendable {
        let url: String
        let expiresAt: Timestamp
    }

    static let link = JSONResource<Link, Void>(
        "SetupLink", draft: {},
        [
            JSONMember("url", .uri, "Where to set a password; good once.", get: \.url),
            JSONMember("expiresAt", .moment, "Until when it is good.", get: \.expiresAt),
        ])

    static let plan = JSONResource<ErasurePlan, Void>(
        "ErasurePlan", draft: {},
        [
            JSONMember("goes", planItem.type.list(), "What would be gone for good.", get: \.goes),
            JSONMember("stays", planItem.type.list(), "What stays, with nothing of the person in it but a number.", get: \.stays),
            JSONMember("confirmation", .text(), "To be given when erasing; it holds while nothing changes.", get: \.confirmation),
        ])

    static let planItem = JSONResource<ErasurePlan.Item, Void>(
        "ErasureItem", draft: {},
        [JSONMember("what", .text(), "What.", get: \.what), JSONMember("count", .integer(), "How many.") { Int($0.count) }])

    private static let linkDraft = JSONResource<Void, Draft>(
        "SetupLinkDraft", draft: { Draft() },
        [JSONMember("email", email, "Whose link it is.", create: .optional, set: \.email)])

    private static let id = EndpointParameter.id("The person's number.")
    private static let lastOwner: (HTTPResponse.Status, String) = (.conflict, "Nobody would be left who may do everything.")

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/people", id: "people.list", summary: "List people", access: .permission(.peopleRead),
                parameters: [.limit, .cursor], answers: [.page("Person", "A page of people, by their numbers.")]
            ) { call in try await list(call) },
            Endpoint(
                method: .post, path: "/people", id: "people.create", summary: "Add a person",
                details: "They set their password by a link: see `people.link`.", access: .permission(.peopleWrite),
                body: .json(Self.resource.creationSchema, example: ["email": "ada@example.com", "name": "Ada", "role": "manager"]),
                answers: [.created("Person", "The person.")], refusals: [(.conflict, "Somebody has that mail address.")]
            ) { call in try await create(call) },
            Endpoint(
                method: .get, path: "/people/{id}", id: "people.show", summary: "Show a person", access: .permission(.peopleRead),
                parameters: [Self.id], answers: [.ok("Person", "The person.")]
            ) { call in Self.answer(try find(call)).response },
            Endpoint(
                method: .patch, path: "/people/{id}", id: "people.edit", summary: "Change a person's mail address, name or notes",
                details: "What is left out stays.", access: .permission(.peopleWrite), parameters: [Self.id],
                body: .json(Self.resource.editSchema, example: ["name": "Ada L."]), answers: [.ok("Person", "The person as they are now.")],
                refusals: [(.conflict, "Somebody has that mail address.")], isConditional: true
            ) { call in try await edit(call) },
            Endpoint(
                method: .put, path: "/people/{id}/role", id: "people.role", summary: "Give a person another role",
                access: .permission(.peopleWrite), parameters: [Self.id],
                body: .json(Self.roleChange.creationSchema, example: ["role": "support"]), answers: [.ok("Person", "The person as they are now.")],
                refusals: [Self.lastOwner]
            ) { call in
                let (draft, problems) = Self.roleChange.readCreation(try call.json())
                guard problems.isEmpty, let role = draft.role else { throw Problem.invalid(problems) }
                return try told(try await shop.access.people.changeRole(id: try call.id(), to: role, by: call.principal, noting: note(call)))
            },
            Endpoint(
                method: .post, path: "/people/{id}/disable", id: "people.disable", summary: "Let a person in no more",
                details: "Their sessions end.", access: .permission(.peopleWrite), parameters: [Self.id],
                answers: [.ok("Person", "The person as they are now.")], refusals: [Self.lastOwner]
            ) { call in try told(try await shop.access.people.disable(id: try call.id(), by: call.principal, noting: note(call))) },
            Endpoint(
                method: .post, path: "/people/{id}/enable", id: "people.enable", summary: "Let a person in again",
                access: .permission(.peopleWrite), parameters: [Self.id], answers: [.ok("Person", "The person as they are now.")]
            ) { call in try told(try await shop.access.people.enable(id: try call.id(), by: call.principal, noting: note(call))) },
            Endpoint(
                method: .post, path: "/people/{id}/setup-link", id: "people.link", summary: "Make a link by which a person sets a password",
                details: "Good once, for 30 minutes; links made before are void.", access: .permission(.peopleWrite), parameters: [Self.id],
                answers: [.ok("SetupLink", "The link.")]
            ) { call in try await link(call, try call.id()) },
            Endpoint(
                method: .post, path: "/setup-links", id: "people.setup-link", summary: "Make a link for the first owner, or by mail address",
                details: "Without `email` it is for the owner of a shop that has none. Good once, for 30 minutes.", access: .permission(.peopleWrite),
                body: .json(Self.linkDraft.creationSchema, example: ["email": "ada@example.com"]), answers: [.ok("SetupLink", "The link.")],
                refusals: [(.conflict, "The shop has an owner already."), (.notFound, "They may not come in any more.")]
            ) { call in try await setupLink(call) },
            Endpoint(
                method: .get, path: "/people/{id}/export", id: "people.export", summary: "Export all that is stored of a person",
                access: .permission(.personalDataWrite), parameters: [Self.id],
                answers: [Endpoint.Answer(status: .ok, summary: "One member for each document.", schema: ["type": "object"])]
            ) { call in try await export(call) },
            Endpoint(
                method: .get, path: "/people/{id}/erasure", id: "people.plan", summary: "Show what erasing a person would do",
                details: "Changes nothing; its `confirmation` is needed to erase.", access: .permission(.personalDataWrite), parameters: [Self.id],
                answers: [.ok("ErasurePlan", "The plan.")]
            ) { call in
                guard let plan = try await shop.access.personalData.plan(person: try call.id()) else { throw Self.missing }
                return EndpointAnswer(Self.plan.write(plan)).response
            },
            Endpoint(
                method: .delete, path: "/people/{id}", id: "people.erase", summary: "Erase a person for good",
                details: "Destroys the key under which all of their data is sealed. Totals stay. This can't be undone.",
                access: .permission(.personalDataWrite),
                parameters: [Self.id, .query("confirmation", JSONType<String>.string(1...100), "The `confirmation` of the plan.")],
                answers: [.done("They are erased.")],
                refusals: [(.conflict, "The confirmation is missing or not of this plan, or nobody would be left who may do everything.")]
            ) { call in try await erase(call) },
        ]
    }

    private static let missing = Problem(.notFound, "There is nobody of that number, or not any more.")

    private static func answer(_ person: Person) -> EndpointAnswer {
        EndpointAnswer(resource.write(person), headers: [.eTag: "\"\(person.revision)\""])
    }

    private func note(_ call: EndpointCall, status: HTTPResponse.Status = .ok) -> WriteNote<PersonOutcome>? {
        call.note { outcome in
            guard case .done(let person) = outcome else { return nil }
            return Self.made(person, status)
        }
    }

    private static func made(_ person: Person, _ status: HTTPResponse.Status) -> EndpointAnswer {
        var answer = answer(person)
        answer.status = status
        if status == .created { answer.headers[.location] = "/api/v1/people/\(person.id)" }
        return answer
    }

    private func told(_ outcome: PersonOutcome, status: HTTPResponse.Status = .ok) throws -> Response {
        switch outcome {
        case .done(let person): return Self.made(person, status).response
        case .unknown: throw Self.missing
        case .emailTaken: throw Problem(.conflict, "Somebody has that mail address already.", kind: "email-taken")
        case .lastOwner:
            throw Problem(.conflict, "Nobody would be left who may do everything; make somebody else an owner first.", kind: "last-owner")
        case .beyondYou: throw Problem.beyondYou
        case .conflict: throw Problem(.conflict, "Somebody changed this person at the same moment; look again.", kind: "changed-meanwhile")
        }
    }

    private func find(_ call: EndpointCall) throws -> Person {
        guard let person = try shop.access.people.person(id: try call.id()) else { throw Self.missing }
        return person
    }

    private func list(_ call: EndpointCall) async throws -> Response {
        let limit = try call.limit
        let page = try await shop.access.people.list(after: try PageCursor(call, sort: "people")?.lastID ?? 0, limit: limit)
        let next = page.count == limit ? page.last.map { PageCursor(sort: "people", last: String($0.id)).text } : nil
        return EndpointAnswer(Page.json(page.map(Self.resource.write), next: next)).response
    }

    private func create(_ call: EndpointCall) async throws -> Response {
        let (draft, problems) = Self.resource.readCreation(try call.json())
        guard problems.isEmpty, let email = draft.email, let role = draft.role else { throw Problem.invalid(problems) }
        let outcome = try await shop.access.people.create(
            email: email, name: draft.name ?? "", notes: draft.notes ?? "", role: role, by: call.principal, noting: note(call, status: .created))
        return try told(outcome, status: .created)
    }

    private func edit(_ call: EndpointCall) async throws -> Response {
        let person = try find(call)
        try call.expects("\"\(person.revision)\"")
        let (draft, problems) = Self.resource.readEdit(try call.json())
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        let edit = PersonEdit(email: draft.email, name: draft.name, notes: draft.notes)
        let revision = call.expectedRevision
        let outcome = try await shop.access.people.edit(id: person.id, edit, of: revision, by: call.principal, noting: note(call))
        if revision != nil, case .conflict = outcome {
            throw Problem(.preconditionFailed, "This person was changed meanwhile. Read them again before changing them.")
        }
        return try told(outcome)
    }

    private func setupLink(_ call: EndpointCall) async throws -> Response {
        let (draft, problems) = Self.linkDraft.readCreation(try call.json())
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        if let email = draft.email {
            guard let person = try shop.access.people.person(email: email) else {
                throw Problem.invalid([JSONProblem(.root.appending("email"), "Nobody here has this mail address.")])
            }
            return try await link(call, person.id)
        }
        let outcome = try await shop.access.setupLinks.make(actor: call.principal.actor, noting: call.note { linkAnswer($0) })
        guard let answer = linkAnswer(outcome) else {
            throw Problem(.conflict, "The shop has an owner already; name the mail address of whoever needs a new password.", kind: "owned")
        }
        return answer.response
    }

    private func linkAnswer(_ outcome: SetupLinkOutcome) -> EndpointAnswer? {
        guard case .made(let token, let expiresAt) = outcome else { return nil }
        return EndpointAnswer(Self.link.write(Link(url: shop.setupURL(token), expiresAt: expiresAt)))
    }

    private func link(_ call: EndpointCall, _ id: Int64) async throws -> Response {
        let outcome = try await shop.access.setupLinks.make(person: id, by: call.principal, noting: call.note { linkAnswer($0) })
        if let answer = linkAnswer(outcome) { return answer.response }
        if case .beyondYou = outcome { throw Problem.beyondYou }
        throw Self.missing
    }

    private func export(_ call: EndpointCall) async throws -> Response {
        guard let documents = try await shop.access.personalData.export(person: try call.id()) else { throw Self.missing }
        var json = JSONObject()
        for (name, bytes) in documents { json[name] = try JSONValue(parsing: bytes, limits: JSONLimits(maxBytes: 1 << 26)) }
        return EndpointAnswer(json).response
    }

    private func erase(_ call: EndpointCall) async throws -> Response {
        guard let confirmation = try call.value("confirmation", JSONType<String>.string(1...100)) else {
            throw Problem(.conflict, "Ask for the plan first (/people/{id}/erasure) and give its confirmation.", kind: "confirmation-needed")
        }
        let note = call.note { (outcome: ErasureOutcome) in outcome == .erased ? EndpointAnswer.empty : nil }
        switch try await shop.access.personalData.erase(person: try call.id(), confirmation: confirmation, by: call.principal, noting: note) {
        case .erased: return EndpointAnswer.empty.response
        case .unknown: throw Self.missing
        case .lastOwner: return try told(.lastOwner)
        case .stale:
            throw Problem(.conflict, "That confirmation is not of this plan, or not any more; ask for the plan again.", kind: "confirmation-stale")
        case .beyondYou: throw Problem.beyondYou
        }
    }
}

extension Shop {
    func setupURL(_ token: String) -> String { "\(origin)/setup#\(token)" }
}
