import AsyncHTTPClient
import Domain
import EVM
import X402

/// One purchase: recall a payment that is under way, else ask, judge, sign, store, send; then save the goods.
///
/// The order is what keeps a buyer from paying twice: nothing is sent that is not stored, and nothing is signed while something is stored.
struct BuyPurchase: Sendable {
    let asked: BuyURL
    let maximum: Money
    /// Of `--key-file`; nil for practice money only.
    let keyFile: String?
    let destination: BuyDestination
    let folder: BuyFolder
    let transport: any BuyTransport
    /// What is asked for: a plain GET unless it is a call of an API.
    var request = BuyRequest.get
    let clock: BuyClock
    let report: BuyReport
    /// Of `--receipt`; nil where none is wanted.
    var receiptFile: String?

    static let maximumRedirects = 3

    func run() async throws {
        var wallet = try keyFile.map(BuyWallet.load) ?? BuyWallet.practice(in: folder)
        var slot = try wallet.map { wallet throws(CommandFailure) in try StoredPaymentSlot(asked, payer: wallet.address, request: request, in: folder)
        }
        if let slot, let stored = try slot.read(), try await finish(stored, in: slot) { return }

        let (target, answer) = try await ask()
        if answer.code == 200 { return try await saveFree(answer, of: target) }
        guard answer.code == 402 else {
            throw CommandFailure.refused("\(target) answered \(answer.code) and offers nothing to buy; check the address.")
        }
        let offer = try await read(answer)
        let terms = try BuyJudge(asked: target, maximum: maximum).choose(offer)
        if wallet == nil, terms.sandbox { wallet = try BuyWallet.makePractice(in: folder) }
        guard let wallet, !wallet.isPractice || terms.sandbox else {
            throw CommandFailure.refused(
                "This costs \(terms.price), which is real money; name the file with your wallet's private key by --key-file.")
        }
        if slot == nil {
            slot = try StoredPaymentSlot(asked, payer: wallet.address, request: request, in: folder)
            // The wallet was made by another run meanwhile, and that run may have paid.
            if let slot, let stored = try slot.read(), try await finish(stored, in: slot) { return }
        }
        guard let slot else { preconditionFailure("the place was just taken") }
        let payment = StoredPayment(
            signing: terms, of: offer, asked: asked, target: target, with: wallet.key, nonce: BuyWallet.randomBytes32(), at: clock.now())
        report.note("Paying \(payment.price) to \(terms.payTo) for “\(payment.title ?? target.description)”")
        try slot.write(payment)
        switch try await sender.send(payment) {
        case .goods(let response, let settlement): try await deliver(response, settlement, payment, slot)
        case .refused(let clause, let isFinal): throw try refused(clause, isFinal: isFinal, payment, slot)
        }
    }

    /// Sends a stored payment again and saves what it buys.
    /// - Returns: false when it is over without goods, so that another one may be signed.
    private func finish(_ stored: StoredPayment, in slot: StoredPaymentSlot) async throws -> Bool {
        guard let limit = try? maximum.atomic(decimals: stored.asset.decimals), stored.amount <= limit else {
            throw CommandFailure.refused(
                """
                An earlier payment of \(stored.price) for this address is still under way; to finish it, run the same command \
                with --max-price \(stored.asset.decimal(stored.amount)).
                """)
        }
        // Judged before it is sent: only an answer to a question put after its end says that it will never pay.
        let isOver = clock.now().seconds >= stored.validBefore
        report.note("Sending again the payment of \(stored.price) to \(stored.authorization.to) that is under way")
        switch try await sender.send(stored) {
        case .goods(let response, let settlement):
            try await deliver(response, settlement, stored, slot)
            return true
        case .refused(let clause, let isFinal):
            guard isOver else { throw try refused(clause, isFinal: isFinal, stored, slot) }
            try slot.remove()
            report.note("The earlier payment took no money and is over (\(clause)); starting anew")
            return false
        }
    }

    private func refused(_ clause: String, isFinal: Bool, _ payment: StoredPayment, _ slot: StoredPaymentSlot) throws -> CommandFailure {
        if isFinal {
            try slot.remove()
            return .refused("The shop refused the payment: \(clause). It is dropped; put that right and run the same command again.")
        }
        let end = Timestamp(seconds: payment.validBefore).iso8601
        return .refused(
            """
            The shop did not take the payment: \(clause). It is kept, as it may still be taken until \(end); the same command \
            sends it again, and signs another one only after that.
            """)
    }

    private func deliver(
        _ response: HTTPClientResponse, _ settlement: SettlementResponse?, _ payment: StoredPayment, _ slot: StoredPaymentSlot
    ) async throws {
        let links = BuyLinks(links: response.headers("Link"), location: response.header("Location"), at: payment.target)
        let tag = String(StoredPaymentSlot.name(payment.asked, payer: payment.payer, request: request).prefix(16))
        let saved = try await download.save(response, of: payment.target, links: links, to: destination, tag: tag)
        try slot.remove()
        report.bought(saved, with: payment, settlement: settlement, receipt: links.receipt)
        guard let receiptFile else { return }
        try await BuyReceipt(transport: transport, clock: clock, note: report.note).save(links.receipt, to: receiptFile)
    }

    private func saveFree(_ response: HTTPClientResponse, of target: BuyURL) async throws {
        let links = BuyLinks(links: response.headers("Link"), location: nil, at: target)
        let tag = String(UInt64.random(in: .min ... .max), radix: 16)
        report.free(try await download.save(response, of: target, links: links, to: destination, tag: tag))
    }

    /// Asks without a payment, following redirects within the shop.
    private func ask() async throws -> (BuyURL, HTTPClientResponse) {
        var target = asked
        for _ in 0...Self.maximumRedirects {
            let response: HTTPClientResponse
            do { response = try await asking.get(target, []) } catch {
                throw CommandFailure.refused("\(target) cannot be reached: \(error.clause). Check the address and whether the shop runs.")
            }
            guard [301, 302, 303, 307, 308].contains(response.code), let location = response.header("Location") else { return (target, response) }
            guard let next = target.resolving(location) else {
                throw CommandFailure.refused("\(target) leads to “\(BuyText.plain(location, limit: 120))”, which is no address on the web.")
            }
            guard next.isSameOrigin(asked) else {
                let place = BuyText.plain(next.description, limit: 200)
                throw CommandFailure.refused("\(target) leads to another place, \(place); ask for that address itself if you trust it.")
            }
            target = next
        }
        throw CommandFailure.refused("\(asked) leads on more than \(Self.maximumRedirects) times; ask for the address where it ends.")
    }

    private func read(_ answer: HTTPClientResponse) async throws -> BuyOffer {
        do {
            return try BuyOffer(header: answer.header(PaymentHeader.required), body: await answer.shortBody(BuyOffer.maximumBody))
        } catch {
            throw CommandFailure.refused("Nothing was paid: the shop's offer cannot be read. \(BuyText.plain(error.sentence, limit: 300))")
        }
    }

    /// Asks with the method and the body that were named; goods that broke off are fetched on plainly.
    private var asking: any BuyTransport { request.isPlain ? transport : BuyRequestTransport(base: transport, request: request) }
    private var sender: BuySender { BuySender(transport: asking, clock: clock, note: report.note) }
    private var download: BuyDownload { BuyDownload(transport: transport, clock: clock, note: report.note) }
}
