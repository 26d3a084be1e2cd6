import Domain
import JSON
import Payments
import Storage
import Testing
import X402

/// "Our own terms decide; what the client echoes only has to agree with them."
@Suite struct PaygateMatchTests {
    static let valueMismatch = "refused: invalid_exact_evm_payload_authorization_value_mismatch"
    static let recipientMismatch = "refused: invalid_exact_evm_payload_recipient_mismatch"

    // MARK: Price

    @Test(arguments: ["1", "9999", "10001", "100000000"]) func `an amount under or over the price is refused, sealed or not`(_ amount: String)
        async throws
    {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product).with("amount", .string(amount))
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: product).told == Self.valueMismatch)
        #expect(try await desk.gate().admit(PayDesk.pay(terms.unsealed()), for: product).told == Self.valueMismatch)
        #expect(try await desk.gate().admit(PayDesk.payV1(amount: amount), for: product).told == Self.valueMismatch)
        #expect(desk.facilitator.calls.isEmpty)
    }

    @Test(arguments: ["010000", "+10000", "1e4", "10000.0", "", "１００００", "-10000", " 10000"])
    func `an accepted amount that is no plain number is none`(_ amount: String) async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product).with("amount", .string(amount))
        let payload = PaymentPayload(accepted: terms, payload: PayDesk.signed(amount: "10000"), resource: nil, extensions: nil)
        #expect(try await desk.gate().admit(payload, for: product).told == Self.valueMismatch)
    }

    @Test func `an authorization for another amount than the accepted one is refused`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PaymentPayload(accepted: try desk.offer(product), payload: PayDesk.signed(amount: "9999"), resource: nil, extensions: nil)
        #expect(try await desk.gate().admit(payload, for: product).told == Self.valueMismatch)
        let other = PaymentPayload(
            accepted: try desk.offer(product).with("amount", "9999"), payload: PayDesk.signed(amount: "10000"), resource: nil, extensions: nil)
        #expect(try await desk.gate().admit(other, for: product).told == Self.valueMismatch)
    }

    @Test(arguments: [JSONValue.string(""), "rubbish", .string(String(repeating: "0", count: 82)), 7, nil, ["a": 1]])
    func `a seal that is missing or not ours refuses no payment at the price`(_ seal: JSONValue?) async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        var terms = try desk.offer(product)
        var extra = terms.extra
        extra["offer"] = seal
        terms = try terms.with("extra", .object(extra))
        let admission = try await desk.gate().admit(PayDesk.pay(terms), for: product)
        #expect(admission.told == "admitted")
        #expect(admission.payment?.sealHash == nil)
    }

    @Test func `a seal that has expired refuses no payment at the price`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product)
        desk.clock.advance(.seconds(86_400))
        let admission = try await desk.gate().admit(PayDesk.pay(terms), for: product)
        #expect(admission.told == "admitted")
        #expect(admission.payment?.sealHash != nil)
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: product).told == "admitted")
    }

    @Test(arguments: [(Duration.zero, true), (.seconds(899), true), (.seconds(900), false), (.seconds(3_600), false)])
    func `an older price is honoured for 15 minutes, by its seal and without`(_ span: Duration, _ isHonoured: Bool) async throws {
        let desk = try PayDesk()
        let product = try await desk.product(price: "0.01", repeatable: true)
        let terms = try desk.offer(product)
        let dearer = try await desk.edit(product) { $0.price = try Money("5", .usd) }
        desk.clock.advance(span)
        let told = isHonoured ? "admitted" : Self.valueMismatch
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: dearer).told == told)
        #expect(try await desk.gate().admit(PayDesk.pay(terms.unsealed(), nonce: 2), for: dearer).told == told)
        #expect(try await desk.gate().admit(PayDesk.payV1(nonce: 3), for: dearer).told == told)
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(dearer), nonce: 4), for: dearer).told == "admitted")
        #expect(try desk.offer(dearer).amount == "5000000")
    }

    @Test func `a price that was raised twice is honoured by its seal, which another product's is not`() async throws {
        let desk = try PayDesk()
        let (product, other) = (try await desk.product(), try await desk.product("other", price: "9"))
        let terms = try desk.offer(product)
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: other).told == Self.valueMismatch)
        _ = try await desk.edit(product) { $0.price = try Money("5", .usd) }
        let dearest = try await desk.edit(product) { $0.price = try Money("6", .usd) }
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: dearest).told == "admitted")
    }

    @Test func `a price that the asset cannot say is not payable in it`() async throws {
        let desk = try PayDesk(options: [PayDesk.option(decimals: 2)])
        let product = try await desk.product(price: "0.001")
        #expect(desk.offers.terms(product) == nil)
        guard case .refused(let error, _) = try await desk.gate().admit(PayDesk.payV1(amount: "1"), for: product) else {
            Issue.record("not refused")
            return
        }
        #expect(error.sentence == "The payment is not for the price, which is not payable in this asset.")
    }

    // MARK: Recipient

    @Test func `a payment made out to somebody else is refused`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let stray = PaymentPayload(
            accepted: try desk.offer(product), payload: PayDesk.signed(amount: "10000", payTo: 0x51), resource: nil, extensions: nil)
        #expect(try await desk.gate().admit(stray, for: product).told == Self.recipientMismatch)
        let terms = try desk.offer(product).with("payTo", .string(PayDesk.address(0x51)))
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: product).told == Self.recipientMismatch)
        #expect(desk.facilitator.calls.isEmpty)
    }

    @Test func `addresses are the same in any case`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let offer = try desk.offer(product)
        let terms = try offer.with("payTo", .string(offer.payTo.lowercased())).with("asset", .string(offer.asset.lowercased()))
        let admission = try await desk.gate().admit(PayDesk.pay(terms), for: product)
        #expect(admission.told == "admitted")
        #expect(admission.payment?.sealHash != nil)
    }

    // MARK: What is paid, and where

    @Test(arguments: [
        ("scheme", "upto", "refused: unsupported_scheme"), ("scheme", "", "refused: unsupported_scheme"),
        ("scheme", "Exact", "refused: unsupported_scheme"),
        ("network", "eip155:1", "refused: invalid_network"), ("network", "base", "refused: invalid_network"),
        ("network", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "refused: invalid_network"), ("network", "eip155:08453", "refused: invalid_network"),
        ("asset", "0x0000000000000000000000000000000000000000", "refused: invalid_payment_requirements"),
        ("asset", "", "refused: invalid_payment_requirements"),
    ])
    func `a scheme, network or asset that is not ours is refused`(_ field: String, _ value: String, _ told: String) async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product).with(field, .string(value))
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: product).told == told)
        #expect(desk.facilitator.calls.isEmpty)
    }

    @Test(arguments: [
        ("polygon", "exact", "refused: invalid_network"), ("base-sepolia", "exact", "refused: invalid_network"),
        ("base", "upto", "refused: unsupported_scheme"),
    ])
    func `version 1 names networks and schemes of ours only`(_ network: String, _ scheme: String, _ told: String) async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PaymentPayload(scheme: scheme, v1Network: network, payload: PayDesk.signed(amount: "10000"))
        #expect(try await desk.gate().admit(payload, for: product).told == told)
    }

    @Test func `what the scheme cannot read is no payment at all`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PaymentPayload(accepted: try desk.offer(product), payload: ["payer": 1], resource: nil, extensions: nil)
        #expect(try await desk.gate().admit(payload, for: product).told == "malformed: invalid_payload")
    }

    @Test func `of several ways to pay each payment takes its own`() async throws {
        let options = [PayDesk.option(), PayDesk.option(asset: 0xA6, decimals: 8, payTo: 0x50), PayDesk.option(chain: 137, decimals: 2, v1Name: nil)]
        let desk = try PayDesk(options: options)
        let product = try await desk.product(repeatable: true)
        let accepts = try desk.required(product).accepts
        #expect(accepts.map(\.amount) == ["10000", "1000000", "1"])
        for (index, terms) in accepts.enumerated() {
            let admission = try await desk.gate().admit(PayDesk.pay(terms, nonce: Int64(index + 1)), for: product)
            #expect(admission.told == "admitted")
            #expect(admission.payment?.authorization.key.asset == options[index].asset.address)
            #expect(admission.payment?.authorization.key.network == options[index].network)
            #expect(admission.payment?.sealHash != nil)
        }
        // A seal of one way to pay is none of another.
        let crossed = try accepts[1].with("extra", accepts[0].json["extra"])
        let admission = try await desk.gate().admit(PayDesk.pay(crossed, nonce: 9), for: product)
        #expect(admission.told == "admitted")
        #expect(admission.payment?.sealHash == nil)
    }
}
