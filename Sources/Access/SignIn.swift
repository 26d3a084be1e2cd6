public import Domain
public import Sealing
public import Storage

/// From a mail address and a password to a session, telling nobody which of them was wrong.
public struct SignIn: Sendable {
    private let reader: Reader
    private let sealer: PersonSealer
    private let passwords: PasswordDesk
    private let twoSteps: TwoSteps
    private let sessions: Sessions
    private let delays = AccountDelays()
    private let now: WallClock

    public init(
        database: ShopDatabase, vault: Vault, passwords: PasswordDesk, twoSteps: TwoSteps, sessions: Sessions, now: @escaping WallClock
    ) {
        reader = database.reader
        sealer = PersonSealer(vault: vault)
        self.passwords = passwords
        self.twoSteps = twoSteps
        self.sessions = sessions
        self.now = now
    }

    /// Always compares one password, also for people who are not known or may not come in. Each sign-in begins a session of its own.
    /// - Parameter code: of the app, or a recovery code; nil for the first try.
    public func callAsFunction(
        email: String, password: String, code: String? = nil, address: String, userAgent: String
    ) async throws -> SignInOutcome {
        // Longer than any password that was ever taken.
        guard password.utf8.count <= 4096 else { return .wrong }
        let account = MailAddress(email).map(sealer.index) ?? [UInt8](email.utf8.prefix(254))
        if let seconds = delays.wait(account, address: address, at: now()) { return .busy(seconds: seconds) }
        let row = try reader.person(emailIndex: account)
        let mayEnter = row?.state == .active
        switch await passwords.verify(password, row?.password, address: address) {
        case .busy(let seconds): return .busy(seconds: seconds)
        case .differs:
            delays.failed(account, address: address, at: now())
            return .wrong
        case .matches: break
        }
        guard let row, let hash = row.password, mayEnter else {
            delays.failed(account, address: address, at: now())
            return .wrong
        }
        if row.seed != nil, code == nil { return .codeNeeded }
        let device = SessionDevice(userAgent: userAgent, address: address)
        guard let step = try twoSteps.prove(row, code: code ?? ""),
            let signedIn = try await sessions.start(SignInProof(personID: row.id, password: hash, step: step), device: device)
        else {
            delays.failed(account, address: address, at: now())
            return .wrong
        }
        delays.succeeded(account, address: address)
        return .signedIn(signedIn)
    }
}
