import Domain
import Storage
import X402

/// Payments under a name of the payer's own (extension payment-identifier): the same name is the same payment, never a second one.
extension Paygate {
    static let conflict = Admission.conflicting(
        "This payment identifier names another payment of this wallet, for another product, amount, asset or receiver; nothing was taken. "
            + "Use a new identifier.")

    /// - Throws: `WireError` with `invalid_payload` for what is no identifier.
    static func identifier(_ payload: PaymentPayload) throws(WireError) -> PaymentIdentifier? {
        guard let text = try payload.identifier else { return nil }
        guard let identifier = PaymentIdentifier(text) else {
            throw WireError(.invalidPayload, "A payment identifier has 16 to 128 letters, digits, hyphens and underscores.")
        }
        return identifier
    }

    /// The refusal of an identifier that names a payment of another kind, where the signature alone proves the payer; nil otherwise.
    /// It gives nothing away: a signature may be public, for it may have been settled.
    func contradicted(_ shown: Presented, _ product: Product) throws -> Admission? {
        guard shown.identifier != nil, shown.facilitator.proves(shown.authorization, for: shown.option),
            case .namesAnother = try meaning(shown, product)
        else { return nil }
        return Self.conflict
    }

    /// What an identifier means of a payer who is proved by an authorization that is unused.
    func named(_ shown: Presented, _ product: Product) async throws -> Admission? {
        switch try meaning(shown, product) {
        case .namesAnother: return Self.conflict
        case .names(let payment):
            // What came to nothing meanwhile leaves the name free.
            guard let admission = try await follow(payment, until: shown.deadline, wasOwned: true), !isRefusal(admission) else { return nil }
            return admission
        case nil: return nil
        }
    }

    private func meaning(_ shown: Presented, _ product: Product) throws -> IdentifierOutcome? {
        guard let identifier = shown.identifier else { return nil }
        let fingerprint = shown.authorization.fingerprint(
            productID: product.id, sandbox: shown.option.sandbox, call: product.kind == .api ? product.content.digest : nil)
        return try reader.identified(identifier, payer: shown.authorization.key.payer, fingerprint: fingerprint)
    }
}
