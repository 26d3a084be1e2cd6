import Access
import Domain
import HTTPTypes
import Hummingbird
import JSON

/// Signing in, staying signed in, and what is one's own.
struct SessionEndpoints: Sendable {
    let shop: Shop

    // MARK: Shapes

    struct Credentials: Sendable {
        var email: String?
        var password: String?
        var code: String?
    }

    private static let credentials = JSONResource<Void, Credentials>(
        "Credentials", draft: { Credentials() },
        [
            JSONMember("email", JSONType<String>.string(1...254), "The mail address.", example: "ada@example.com", create: .required, set: \.email),
            JSONMember(
                "password", JSONType<String>.string(1...4096), "The password.", example: "four words in a row", create: .required, set: \.password),
            JSONMember(
                "code", JSONType<String>.string(1...64), "The code of the app, or a recovery code.", example: "123456", create: .optional, set: \.code
            ),
        ])

    static let signedIn = JSONResource<SignedIn, Void>(
        "SignedIn", draft: {},
        [
            JSONMember("accessToken", .text(), "Sent as `Authorization: Bearer` for ten minutes.", get: \.accessToken),
            JSONMember("expiresAt", .moment, "When it ends; refresh before.", get: \.accessExpiresAt),
            JSONMember("person", .integer(), "Who signed in.") { Int($0.person) },
            JSONMember("session", .integer(), "The session's number.") { Int($0.session) },
            JSONMember("role", .choice, "What they may do.", get: \.role),
        ])

    struct View: Sendable {
        let session: Session
        let isCurrent: Bool
    }

    static let session = JSONResource<View, Void>(
        "Session", draft: {},
        [
            JSONMember("id", .integer(), "Its number.") { Int($0.session.id) },
            JSONMember("current", .boolean, "Whether it is the one that asks.", get: \.isCurrent),
            JSONMember("userAgent", .text(), "What the browser calls itself.", get: \.session.device.userAgent),
            JSONMember("address", .text(), "From where it was begun.", get: \.session.device.address),
            JSONMember("createdAt", .moment, "When it was begun.", get: \.session.createdAt),
            JSONMember("seenAt", .moment, "When it was used last.", get: \.session.seenAt),
            JSONMember("expiresAt", .moment, "When it ends unless it is used.", get: \.session.expiresAt),
        ])

    static let me = JSONResource<Principal, Void>(
        "Me", draft: {},
        [
            JSONMember("actor", .text(), "How events name you.", example: "person:1", get: \.actor),
            JSONMember("role", .choice, "Your role.", get: \.role),
            JSONMember("permissions", JSONType<Permission>.choice.list(), "What you may do.") { $0.permissions.sorted { $0.rawValue < $1.rawValue } },
        ])

    struct Passwords: Sendable {
        var old: String?
        var new: String?
    }

    private static let passwords = JSONResource<Void, Passwords>(
        "PasswordChange", draft: { Passwords() },
        [
            JSONMember("old", JSONType<String>.string(1...4096), "The password until now.", create: .required, set: \.old),
            JSONMember("new", JSONType<String>.string(12...512), "The new password.", create: .required, set: \.new),
        ])

    struct Proof: Sendable {
        var password: String?
    }

    private static let proof = JSONResource<Void, Proof>(
        "PasswordProof", draft: { Proof() },
        [JSONMember("password", JSONType<String>.string(1...4096), "Your password, once more.", create: .required, set: \.password)])

    struct Code: Sendable {
        var code: String?
    }

    private static let code = JSONResource<Void, Code>(
        "Code", draft: { Code() },
        [JSONMember("code", JSONType<String>.string(6...64), "A code of the app.", example: "123456", create: .required, set: \.code)])

    static let offer = JSONResource<TwoStepOffer, Void>(
        "TwoStepOffer", draft: {},
        [
            JSONMember("secret", .text(), "For typing into the app.", get: \.secret),
            JSONMember("uri", .text(), "For a QR code.", get: \.uri),
        ])

    struct Setup: Sendable {
        var token: String?
        var email: MailAddress?
        var name: String?
        var password: String?
    }

    private static let setup = JSONResource<Void, Setup>(
        "Setup", draft: { Setup() },
        [
            JSONMember("token", JSONType<String>.string(1...200), "What the link ends in.", create: .required, set: \.token),
            JSONMember(
                "email",
                JSONType<String>.string(3...254, pattern: MailAddress.pattern).parsed("This is no mail address.", { MailAddress($0) }, \.text),
                "The owner's mail address, for the first link of a shop.", create: .optional, set: \.email),
            JSONMember("name", JSONType<String>.line(0...120), "What the owner is called.", create: .optional, set: \.name),
            JSONMember("password", JSONType<String>.string(12...512), "The new password.", create: .required, set: \.password),
        ])

    // MARK: Operations

    private static let busy: (HTTPResponse.Status, String) = (.tooManyRequests, "Too many are signing in; `Retry-After` says when to try again.")

    var all: [Endpoint] {
        [
            Endpoint(
                method: .post, path: "/sessions", id: "sessions.create", summary: "Sign in",
                details:
                    "Sets a cookie by which `sessions.refresh` gives the next access token. With a second step the first try without `code` is answered 401 with the type `code-needed`.",
                access: .everyone,
                body: .json(Self.credentials.creationSchema, example: ["email": "ada@example.com", "password": "four words in a row"]),
                answers: [.created("SignedIn", "Signed in.")],
                refusals: [
                    (.unauthorized, "The mail address, the password or the code is wrong."),
                    (.forbidden, "The request comes from a page of another origin."),
                ]
            ) { call in try await signIn(call) },
            Endpoint(
                method: .post, path: "/sessions/refresh", id: "sessions.refresh", summary: "Take the next access token",
                details: "By the cookie alone, and only from the shop's own pages. A cookie is good once: one that comes again ends its session.",
                access: .everyone, answers: [.ok("SignedIn", "Signed in again.")],
                refusals: [
                    (.unauthorized, "There is no session, or not any more."), (.forbidden, "The request comes from a page of another origin."),
                ]
            ) { call in try await refresh(call) },
            Endpoint(
                method: .get, path: "/sessions", id: "sessions.list", summary: "List where you are signed in", access: .person,
                answers: [.page("Session", "Your sessions, newest first.")]
            ) { call in try await list(call) },
            Endpoint(
                method: .delete, path: "/sessions", id: "sessions.end-others", summary: "Sign out everywhere else", access: .person,
                answers: [.done("All other sessions are over.")]
            ) { call in
                let me = try Self.person(call)
                let note = call.note { (_: Int) in EndpointAnswer.empty }
                _ = try await shop.access.sessions.endAll(person: me.id, except: me.session, by: call.principal, noting: note)
                return EndpointAnswer.empty.response
            },
            Endpoint(
                method: .delete, path: "/sessions/{id}", id: "sessions.end", summary: "End a session of yours; the current one signs you out",
                access: .person, parameters: [.id("The session's number.")], answers: [.done("It is over.")]
            ) { call in try await end(call) },
            Endpoint(
                method: .get, path: "/me", id: "sessions.me", summary: "Show who you are and what you may do", access: .signedIn,
                answers: [.ok("Me", "You.")]
            ) { call in EndpointAnswer(Self.me.write(call.principal)).response },
            Endpoint(
                method: .put, path: "/me/password", id: "sessions.password", summary: "Change your password",
                details: "All your other sessions end.", access: .person,
                body: .json(Self.passwords.creationSchema, example: ["old": "four words in a row", "new": "five other words in a row"]),
                answers: [.done("It is changed.")], refusals: [(.conflict, "The old password is wrong.")]
            ) { call in try await changePassword(call) },
            Endpoint(
                method: .post, path: "/me/two-step", id: "sessions.two-step-offer", summary: "Ask for a seed for an authenticator app",
                details: "It counts once `sessions.two-step-confirm` has seen a code.", access: .person,
                answers: [.ok("TwoStepOffer", "The seed; shown this once.")]
            ) { call in
                let answer: @Sendable (TwoStepOffer?) -> EndpointAnswer? = { $0.map { EndpointAnswer(Self.offer.write($0)) } }
                let offer = try await shop.access.twoSteps.offer(person: try Self.person(call).id, noting: call.note(answer))
                guard let answer = answer(offer) else { throw Problem.notFound }
                return answer.response
            },
            Endpoint(
                method: .put, path: "/me/two-step", id: "sessions.two-step-confirm", summary: "Put the seed to use", access: .person,
                body: .json(Self.code.creationSchema, example: ["code": "123456"]),
                answers: [
                    Endpoint.Answer(
                        status: .ok, summary: "It is in use. Keep the recovery codes; they are shown this once.",
                        schema: [
                            "type": "object", "properties": ["recoveryCodes": ["type": "array", "items": ["type": "string"]]],
                            "required": ["recoveryCodes"],
                        ])
                ], refusals: [(.conflict, "The code is wrong, or no seed was asked for.")]
            ) { call in try await confirm(call) },
            Endpoint(
                method: .post, path: "/me/two-step/disable", id: "sessions.two-step-disable", summary: "Sign in by the password alone again",
                details: "The seed and the recovery codes are forgotten.", access: .person,
                body: .json(Self.proof.creationSchema, example: ["password": "four words in a row"]),
                answers: [.done("There is no second step any more.")], refusals: [(.conflict, "The password is wrong, or there is no second step.")]
            ) { call in try await disableTwoStep(call) },
            Endpoint(
                method: .post, path: "/setup", id: "sessions.setup", summary: "Set a password by a link",
                details: "Of the first owner, or of a person who was given a link.", access: .everyone,
                body: .json(Self.setup.creationSchema, example: ["token": "…", "email": "ada@example.com", "password": "four words in a row"]),
                answers: [.done("It is set; sign in now.")], refusals: [(.conflict, "The link was used before, or is too old.")]
            ) { call in try await redeem(call) },
        ]
    }

    /// The person and session that call; keys and the control socket have none.
    private static func person(_ call: EndpointCall) throws(Problem) -> (id: Int64, session: Int64) {
        guard case .person(let id, let session) = call.principal.identity else {
            throw Problem(.forbidden, "This is for people who have signed in, not for keys.", kind: "person-needed")
        }
        return (id, session)
    }

    static func busy(_ seconds: Int) -> Problem {
        Problem(.tooManyRequests, "Too many are signing in just now; try again in \(seconds) s.", headers: [.retryAfter: String(seconds)])
    }

    // MARK: Signing in

    private func signIn(_ call: EndpointCall) async throws -> Response {
        try checkOrigin(call)
        let (draft, problems) = Self.credentials.readCreation(try call.json())
        guard problems.isEmpty, let email = draft.email, let password = draft.password else { throw Problem.invalid(problems) }
        let outcome = try await shop.access.signIn(
            email: email, password: password, code: draft.code, address: shop.address(call.request, call.context),
            userAgent: call.request.headers[.userAgent] ?? "")
        switch outcome {
        case .signedIn(let signedIn): return tokens(signedIn, status: .created)
        case .wrong:
            throw Problem(
                .unauthorized, "The mail address, the password or the code is wrong.", headers: [.wwwAuthenticate: "Bearer"],
                kind: "wrong-credentials")
        case .codeNeeded:
            throw Problem(
                .unauthorized, "Send the code of your authenticator app as well.", headers: [.wwwAuthenticate: "Bearer"], kind: "code-needed")
        case .busy(let seconds): throw Self.busy(seconds)
        }
    }

    private static let cookie = "pushcart_refresh"

    private func tokens(_ signedIn: SignedIn, status: HTTPResponse.Status) -> Response {
        let age = max(0, signedIn.refreshExpiresAt.seconds - shop.now().seconds)
        var headers: HTTPFields = [.setCookie: cookie(signedIn.refreshToken, age: age)]
        if status == .created { headers[.location] = "/api/v1/sessions/\(signedIn.session)" }
        return EndpointAnswer(Self.signedIn.write(signedIn), status: status, headers: headers).response
    }

    private func cookie(_ value: String, age: Int64) -> String {
        let secure = shop.origin.hasPrefix("https://") ? "; Secure" : ""
        return "\(Self.cookie)=\(value); Path=/api/v1/sessions; Max-Age=\(age); HttpOnly; SameSite=Strict\(secure)"
    }

    /// Cookies are taken and given to our own pages, or to no browser at all: they come and stay by themselves.
    private func checkOrigin(_ call: EndpointCall) throws(Problem) {
        let headers = call.request.headers
        let isForeign = headers[.origin].map { $0 != shop.origin } ?? headers[.secFetchSite].map { $0 != "same-origin" } ?? false
        guard !isForeign else { throw Problem(.forbidden, "This is for the shop's own pages.", kind: "foreign-origin") }
    }

    private func refresh(_ call: EndpointCall) async throws -> Response {
        try checkOrigin(call)
        let headers = call.request.headers
        let over = Problem(
            .unauthorized, "Nobody is signed in here any more; sign in again.",
            headers: [.wwwAuthenticate: "Bearer", .setCookie: cookie("", age: 0)], kind: "session-over")
        let fields: [String] = headers[values: .cookie]
        let cookies = fields.joined(separator: ";").split(separator: ";").map { $0.drop { $0 == " " } }
        guard let token = cookies.first(where: { $0.hasPrefix("\(Self.cookie)=") })?.dropFirst(Self.cookie.count + 1) else { throw over }
        guard case .refreshed(let signedIn) = try await shop.access.sessions.refresh(String(token)) else { throw over }
        return tokens(signedIn, status: .ok)
    }

    private func list(_ call: EndpointCall) async throws -> Response {
        let me = try Self.person(call)
        let sessions = try await shop.access.sessions.list(person: me.id)
        return EndpointAnswer(Page.json(sessions.map { Self.session.write(View(session: $0, isCurrent: $0.id == me.session)) }, next: nil)).response
    }

    private func end(_ call: EndpointCall) async throws -> Response {
        let me = try Self.person(call)
        let id = try call.id()
        let note = call.note { (isEnded: Bool) in isEnded ? EndpointAnswer.empty : nil }
        guard try await shop.access.sessions.end(id: id, person: me.id, as: id == me.session ? .signedOut : .ended, by: call.principal, noting: note)
        else { throw Problem(.notFound, "There is no such session of yours, or not any more.") }
        var answer = EndpointAnswer.empty
        if id == me.session { answer.headers[.setCookie] = cookie("", age: 0) }
        return answer.response
    }

    // MARK: One's own

    private func changePassword(_ call: EndpointCall) async throws -> Response {
        let me = try Self.person(call)
        let (draft, problems) = Self.passwords.readCreation(try call.json())
        guard problems.isEmpty, let old = draft.old, let new = draft.new else { throw Problem.invalid(problems) }
        let note = call.note { (outcome: PasswordOutcome) in if case .done = outcome { EndpointAnswer.empty } else { nil } }
        switch try await shop.access.people.changePassword(
            id: me.id, old: old, new: new, session: me.session, address: shop.address(call.request, call.context), noting: note)
        {
        case .done: return EndpointAnswer.empty.response
        case .refused(let refusal): throw Problem.invalid([JSONProblem(.root.appending("new"), refusal.description)])
        case .busy(let seconds): throw Self.busy(seconds)
        case .wrong, .unknown, .beyondYou: throw Problem(.conflict, "The old password is wrong.", kind: "wrong-credentials")
        }
    }

    private func confirm(_ call: EndpointCall) async throws -> Response {
        let me = try Self.person(call)
        let (draft, problems) = Self.code.readCreation(try call.json())
        guard problems.isEmpty, let code = draft.code else { throw Problem.invalid(problems) }
        let answer: @Sendable (TwoStepOutcome) -> EndpointAnswer? = { outcome in
            guard case .enabled(let codes) = outcome else { return nil }
            return EndpointAnswer(["recoveryCodes": .array(codes.map(JSONValue.string))])
        }
        let outcome = try await shop.access.twoSteps.confirm(person: me.id, code: code, by: call.principal, noting: call.note(answer))
        if let answer = answer(outcome) { return answer.response }
        throw Problem(
            .conflict, outcome == .wrong ? "The code is wrong; check the clock of the device." : "Ask for a seed first.",
            kind: outcome == .wrong ? "wrong-credentials" : "nothing-offered")
    }

    private func disableTwoStep(_ call: EndpointCall) async throws -> Response {
        let me = try Self.person(call)
        let (draft, problems) = Self.proof.readCreation(try call.json())
        guard problems.isEmpty, let password = draft.password else { throw Problem.invalid(problems) }
        switch try await shop.access.people.verify(id: me.id, password: password, address: shop.address(call.request, call.context)) {
        case .busy(let seconds): throw Self.busy(seconds)
        case .differs: throw Problem(.conflict, "The password is wrong.", kind: "wrong-credentials")
        case .matches: break
        }
        let note = call.note { (isDisabled: Bool) in isDisabled ? EndpointAnswer.empty : nil }
        guard try await shop.access.twoSteps.disable(person: me.id, by: call.principal, noting: note) else {
            throw Problem(.conflict, "There is no second step to switch off.", kind: "nothing-offered")
        }
        return EndpointAnswer.empty.response
    }

    private func redeem(_ call: EndpointCall) async throws -> Response {
        let (draft, problems) = Self.setup.readCreation(try call.json())
        guard problems.isEmpty, let token = draft.token, let password = draft.password else { throw Problem.invalid(problems) }
        switch try await shop.access.setupLinks.redeem(
            token, email: draft.email, name: draft.name ?? "", password: password, address: shop.address(call.request, call.context))
        {
        case .done: return EndpointAnswer.empty.response
        case .invalid:
            throw Problem(.conflict, "This link was used before, or is too old; ask for another one (pushcart setup-link).", kind: "link-invalid")
        case .emailNeeded: throw Problem.invalid([JSONProblem(.root.appending("email"), "The first owner needs a mail address.")])
        case .refused(let refusal): throw Problem.invalid([JSONProblem(.root.appending("password"), refusal.description)])
        case .busy(let seconds): throw Self.busy(seconds)
        }
    }
}
