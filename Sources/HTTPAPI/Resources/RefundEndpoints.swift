import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage

/// Money that goes back: asked for by one, approved by the same or another, paid by the daemon.
struct RefundEndpoints: Sendable {
    let shop: Shop

    enum Access: String, CaseIterable, Sendable { case end, keep }

    struct Draft: Sendable {
        var order: String?
        var amount: String?
        var reason: String?
        var access: Access?
        var approve: Bool?
        var transaction: String?
    }

    private static let draft = JSONResource<Void, Draft>(
        "RefundDraft", draft: { Draft() },
        common + [
            JSONMember(
                "approve", .boolean, "Approve it as well; needs the permission `refund-approvals:write`.", create: .optional, set: \.approve)
        ])

    private static let recordDraft = JSONResource<Void, Draft>(
        "RefundRecord", draft: { Draft() },
        common + [
            JSONMember(
                "transaction", JSONType<String>.string(66...66, pattern: "^0x[0-9a-fA-F]{64}$"), "Hash of the transfer, if there is one.",
                create: .optional, set: \.transaction)
        ])

    private static let common: [JSONMember<Void, Draft>] =
        [
            JSONMember(
                "order", JSONType<String>.string(1...60, pattern: "^[0-9a-z]+(-[0-9a-z]+)?$"), "The order's number, or the receipt's id.",
                example: "2026-000001", create: .required, set: \.order),
            JSONMember(
                "amount", JSONType<String>.decimal, "How much, in whole units of what was paid in; left out, all that has not been given back.",
                example: "0.50", create: .optional, set: \.amount),
            JSONMember("reason", .line(0...500), "Why; the buyer does not see it.", example: "bought twice", create: .optional, set: \.reason),
            JSONMember(
                "access", JSONType<Access>.choice,
                "Whether the buyer's access ends when it is paid; left out, it ends when nothing of the price remains with the shop.",
                create: .optional, set: \.access),
        ]

    private static let id = EndpointParameter.id("The refund's number.")
    private static let over: (HTTPResponse.Status, String) = (.conflict, "It has gone on too far for that.")

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/refunds", id: "refunds.list", summary: "List refunds, newest first", access: .permission(.ordersRead),
                parameters: [.limit, .cursor, .query("state", JSONType<RefundState>.choice, "Only those in this state.")],
                answers: [.page("Refund", "A page of refunds.")]
            ) { call in try await list(call) },
            Endpoint(
                method: .get, path: "/refunds/{id}", id: "refunds.show", summary: "Show a refund", access: .permission(.ordersRead),
                parameters: [Self.id], answers: [.ok("Refund", "The refund.")]
            ) { call in
                let (refund, payment) = try find(call)
                return answer(refund, payment).response
            },
            Endpoint(
                method: .post, path: "/refunds", id: "refunds.create", summary: "Ask for a refund",
                details: "Nothing is paid until it is approved. All refunds of a payment together never exceed what was paid.",
                access: .permission(.refundsWrite), body: .json(Self.draft.creationSchema, example: ["order": "1", "amount": "0.001"]),
                answers: [.created("Refund", "The refund.")],
                refusals: [
                    (.forbidden, "`approve` is set and the permission `refund-approvals:write` is missing."),
                    (.conflict, "The payment is not settled, less than that is left of it, or the shop has no refund wallet on its network."),
                ]
            ) { call in try await create(call) },
            Endpoint(
                method: .post, path: "/refunds/record", id: "refunds.record", summary: "Write down a refund that you paid yourself",
                details: "From a wallet of yours; the shop pays nothing and believes you: no chain is asked. A transaction counts once.",
                access: .permission(.refundApprovalsWrite), body: .json(Self.recordDraft.creationSchema, example: ["order": "1", "amount": "0.001"]),
                answers: [.created("Refund", "The refund, settled.")],
                refusals: [(.conflict, "The payment is not settled, less than that is left of it, or the transaction has paid another refund.")]
            ) { call in try await record(call) },
            Endpoint(
                method: .post, path: "/refunds/{id}/approve", id: "refunds.approve", summary: "Approve a refund",
                details: "It is paid as soon as the day's limit, the refund wallet and the network allow it; `waiting` says what stands in its way. "
                    + "Practice money is given back at once.", access: .permission(.refundApprovalsWrite), parameters: [Self.id],
                answers: [.ok("Refund", "The refund as it is now.")], refusals: [Self.over]
            ) { call in
                let (refund, payment) = try find(call)
                try requireWallet(payment)
                return try told(
                    await shop.refunds.approve(id: refund.id, actor: call.principal.actor, noting: note(call, payment)), payment)
            },
            Endpoint(
                method: .post, path: "/refunds/{id}/cancel", id: "refunds.cancel", summary: "Decline a refund",
                details: "Possible until it is signed.", access: .permission(.refundsWrite), parameters: [Self.id],
                answers: [.ok("Refund", "The refund as it is now.")], refusals: [Self.over]
            ) { call in
                let (refund, payment) = try find(call)
                return try told(await shop.refunds.cancel(id: refund.id, actor: call.principal.actor, noting: note(call, payment)), payment)
            },
        ]
    }

    // MARK: Finding

    private func find(_ call: EndpointCall) throws -> (Refund, Payment) {
        guard let refund = try shop.reader.refund(id: try call.id()), let payment = try shop.reader.payment(id: refund.paymentID),
            call.principal.products?.contains(payment.productID) ?? true
        else { throw Problem(.notFound, "There is no refund of that number; “pushcart refund list” shows those there are.") }
        return (refund, payment)
    }

    /// The payment behind an order's number or a receipt's id.
    private func payment(_ text: String, _ call: EndpointCall) async throws -> Payment {
        var found: Payment?
        if let receipt = ReceiptID(text) {
            found = try shop.reader.payment(receipt: receipt)
        } else if let id = Int64(text.split(separator: "-").last ?? ""), id > 0, let sale = try await shop.reader.sale(orderID: id),
            !text.contains("-") || sale.order.number == text
        {
            found = sale.payment
        }
        guard let found, call.principal.products?.contains(found.productID) ?? true else {
            throw Problem.invalid([JSONProblem(.root.appending("order"), "There is no order of that number and no such receipt.")])
        }
        return found
    }

    private func requireWallet(_ payment: Payment) throws(Problem) {
        guard !shop.refunds.canPay(payment) else { return }
        let network = shop.option(payment)?.networkName ?? payment.authorization.key.network.description
        throw Problem(
            .conflict,
            "The shop has no refund wallet on \(network): set one with “pushcart setup --refund-key-file” and a node of the chain, "
                + "or send the money from your own wallet to 0x\(lowercaseHex(payment.authorization.key.payer)) and write it down with "
                + "“pushcart refund record”.", kind: "refund-wallet-missing")
    }

    // MARK: Answers

    private func answer(_ refund: Refund, _ payment: Payment, status: HTTPResponse.Status = .ok) -> EndpointAnswer {
        var answer = EndpointAnswer(RefundView.resource.write(RefundView(refund, payment, shop)), status: status)
        if status == .created { answer.headers[.location] = "/api/v1/refunds/\(refund.id)" }
        return answer
    }

    private func note(_ call: EndpointCall, _ payment: Payment, status: HTTPResponse.Status = .ok) -> WriteNote<RefundOutcome>? {
        call.note { outcome in
            guard case .done(let refund) = outcome else { return nil }
            return answer(refund, payment, status: status)
        }
    }

    private func told(_ outcome: RefundOutcome, _ payment: Payment, status: HTTPResponse.Status = .ok) throws(Problem) -> Response {
        switch outcome {
        case .done(let refund): return answer(refund, payment, status: status).response
        case .unknown: throw .notFound
        case .unpaid(let state):
            throw Problem(.conflict, "The payment is \(state.rawValue), not settled; there is nothing to give back.", kind: "payment-unpaid")
        case .tooMuch(let left):
            let sum = shop.option(payment)?.asset.text(left) ?? left.description
            throw Problem(
                .conflict,
                left.units == 0
                    ? "All of this payment has been given back or is about to be." : "Of this payment \(sum) can still be given back.",
                kind: "refund-too-much")
        case .stands(let refund):
            throw Problem(.conflict, "The refund is \(refund.state.rawValue); nothing was changed.", kind: "refund-\(refund.state.rawValue)")
        case .transactionUsed:
            throw Problem(.conflict, "That transaction has paid another refund.", kind: "transaction-used")
        }
    }

    // MARK: Operations

    private func list(_ call: EndpointCall) async throws -> Response {
        let limit = try call.limit
        let cursor = try PageCursor(call, sort: "refunds")
        let page = try await shop.reader.refunds(
            before: try cursor?.lastID, state: try call.value("state", .choice), products: call.principal.products, limit: limit)
        let next = page.count == limit ? page.last.map { PageCursor(sort: "refunds", last: String($0.id)).text } : nil
        let items = try page.compactMap { refund in
            try shop.reader.payment(id: refund.paymentID).map { RefundView.resource.write(RefundView(refund, $0, shop)) }
        }
        return EndpointAnswer(Page.json(items, next: next)).response
    }

    private func create(_ call: EndpointCall) async throws -> Response {
        let (draft, problems) = Self.draft.readCreation(try call.json())
        guard problems.isEmpty, let order = draft.order else { throw Problem.invalid(problems) }
        if draft.approve == true, !call.principal.may(.refundApprovalsWrite) {
            throw Problem(
                .forbidden,
                "This needs the permission “\(Permission.refundApprovalsWrite.rawValue)”, which your role or key does not have; "
                    + "ask for the refund without approving it.", kind: "permission-missing")
        }
        let payment = try await payment(order, call)
        try requireWallet(payment)
        let refund = RefundDraft(
            paymentID: payment.id, amount: try amount(draft.amount, payment), reason: draft.reason ?? "",
            endsAccess: draft.access.map { $0 == .end })
        let outcome = try await shop.refunds.request(
            refund, approve: draft.approve == true, actor: call.principal.actor, noting: note(call, payment, status: .created))
        return try told(outcome, payment, status: .created)
    }

    private func record(_ call: EndpointCall) async throws -> Response {
        let (draft, problems) = Self.recordDraft.readCreation(try call.json())
        guard problems.isEmpty, let order = draft.order else { throw Problem.invalid(problems) }
        let payment = try await payment(order, call)
        let refund = RefundDraft(
            paymentID: payment.id, amount: try amount(draft.amount, payment), reason: draft.reason ?? "",
            endsAccess: draft.access.map { $0 == .end })
        let outcome = try await shop.refunds.record(
            refund, transaction: draft.transaction.flatMap { hexBytes($0.dropFirst(2)) }, actor: call.principal.actor,
            noting: note(call, payment, status: .created))
        return try told(outcome, payment, status: .created)
    }

    private func amount(_ text: String?, _ payment: Payment) throws(Problem) -> AtomicAmount? {
        guard let text else { return nil }
        guard let asset = shop.option(payment)?.asset else {
            throw Problem(.conflict, "The network of this payment is no longer set up; leave the amount out.", kind: "network-removed")
        }
        do { return try Money(text, asset.currency).atomic(decimals: asset.decimals) } catch {
            throw Problem.invalid([JSONProblem(.root.appending("amount"), error.description)])
        }
    }
}
