public import Domain
public import Sealing
public import Storage

/// The second step of signing in: an authenticator app, and recovery codes for the day without it.
public struct TwoSteps: Sendable {
    private let reader: Reader
    private let writer: Writer
    private let sealer: PersonSealer
    private let issuer: String
    private let random: Randomness
    private let now: WallClock

    /// - Parameter issuer: the shop's name, as the app shows it.
    public init(
        database: ShopDatabase, vault: Vault, issuer: String, random: @escaping Randomness = systemRandomness, now: @escaping WallClock
    ) {
        reader = database.reader
        writer = database.writer
        sealer = PersonSealer(vault: vault)
        self.issuer = issuer
        self.random = random
        self.now = now
    }

    /// The seed to show to the person; it counts once `confirm` has seen a code of it. Nil when there is nobody active of that id.
    public func offer(person: Int64, noting note: WriteNote<TwoStepOffer?>? = nil) async throws -> TwoStepOffer? {
        guard let row = try reader.person(id: person), row.state == .active else { return nil }
        let seed = random(TOTP.seedLength)
        let sealed = try sealer.vault.seal(seed, for: .person(person), field: "person.seed")
        let offer = TwoStepOffer(secret: Base32.encode(seed), uri: TOTP.uri(seed: seed, issuer: issuer, account: try sealer.open(row).email))
        return try await writer.offerSeed(personID: person, sealed, noting: note?.reading { $0 ? offer : nil }) ? offer : nil
    }

    /// Puts the offered seed to use. The recovery codes are shown this once.
    public func confirm(person: Int64, code: String, by principal: Principal, noting note: WriteNote<TwoStepOutcome>? = nil) async throws
        -> TwoStepOutcome
    {
        guard let row = try reader.person(id: person), row.state == .active, principal.mayActFor(person, role: row.role) else { return .unknown }
        guard let pending = row.pendingSeed else { return .nothingOffered }
        let seed = try sealer.vault.open(pending, for: .person(person), field: "person.seed")
        guard let step = TOTP.match(code, seed: seed, seconds: now().seconds, after: 0) else { return .wrong }
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.make(random) }
        let isTaken = try await writer.takeSeed(
            personID: person, pending, step: step, codes: codes.map { hash($0, person: person) }, actor: principal.actor, at: now(),
            noting: note?.reading { $0 ? .enabled(recoveryCodes: codes) : .nothingOffered })
        return isTaken ? .enabled(recoveryCodes: codes) : .nothingOffered
    }

    /// Back to the password alone; false when it was the password alone, or the person is not theirs to manage. Whoever asks this for
    /// themselves should have shown the password again.
    public func disable(person: Int64, by principal: Principal, noting note: WriteNote<Bool>? = nil) async throws -> Bool {
        guard let row = try reader.person(id: person), principal.mayActFor(person, role: row.role) else { return false }
        return try await writer.dropSeed(personID: person, actor: principal.actor, at: now(), noting: note)
    }

    public func recoveryCodesLeft(person: Int64) throws -> Int { try reader.recoveryCodesLeft(personID: person) }

    /// What proves the second step of somebody; nil for a wrong or used code.
    func prove(_ row: PersonRow, code: String) throws -> SignInProof.SecondStep? {
        guard let sealed = row.seed else { return SignInProof.SecondStep.none }
        let digits = code.filter { !$0.isWhitespace }
        let seed = try sealer.vault.open(sealed, for: .person(row.id), field: "person.seed")
        if let step = TOTP.match(digits, seed: seed, seconds: now().seconds, after: row.step) { return .code(step: step) }
        guard let normal = RecoveryCode.normal(code) else { return nil }
        return .recovery(hash(normal, person: row.id))
    }

    /// Keyed, for fifty bits alone could be tried out.
    private func hash(_ code: String, person: Int64) -> [UInt8] {
        sealer.vault.index("\(person) \(RecoveryCode.normal(code) ?? "")", field: "person.recovery_code")
    }
}

/// A seed as the person sees it once.
public struct TwoStepOffer: Hashable, Sendable, CustomReflectable {
    /// Base32, for typing.
    public let secret: String
    /// `otpauth://…`, for a QR code.
    public let uri: String

    public var customMirror: Mirror { Mirror(self, children: []) }
}

public enum TwoStepOutcome: Hashable, Sendable {
    case enabled(recoveryCodes: [String])
    case wrong
    /// There is no seed that waits for its first code.
    case nothingOffered
    case unknown
}
