public import Domain
public import Storage

/// What an owner says of a chain on which real money is to be taken, as it was written.
public struct NetworkDraft: Sendable {
    public var network: Network
    /// Where the money goes.
    public var payTo: String
    /// A node of the chain; nil where the machine's settings name one.
    public var rpcURL: String?
    /// The key that pays network fees, as hexadecimal digits; nil keeps the one that is there.
    public var settlerKey: String?
    /// A payment service that settles instead; nil keeps what is there, unless a key is given.
    public var facilitatorURL: String?
    /// What that service knows the shop by: a token, or the JSON of a signing key.
    public var facilitatorToken: String?
    /// The key of the wallet that refunds are paid from, as hexadecimal digits; nil keeps the one that is there.
    public var refundKey: String?

    public init(
        network: Network, payTo: String, rpcURL: String? = nil, settlerKey: String? = nil, facilitatorURL: String? = nil,
        facilitatorToken: String? = nil, refundKey: String? = nil
    ) {
        self.network = network
        self.payTo = payTo
        self.rpcURL = rpcURL
        self.settlerKey = settlerKey
        self.facilitatorURL = facilitatorURL
        self.facilitatorToken = facilitatorToken
        self.refundKey = refundKey
    }
}

/// What is wrong with a draft, in a sentence.
public struct NetworkRefusal: Error, Sendable {
    public enum Field: String, Sendable { case network, payTo, rpcURL, settlerKey, facilitatorURL, facilitatorToken, refundKey }

    public let field: Field
    public let sentence: String

    public init(_ field: Field, _ sentence: String) {
        self.field = field
        self.sentence = sentence
    }
}

/// Judges a draft, seals what is secret in it and keeps the key; the process does, which knows chains and files.
/// - Throws: `NetworkRefusal`, or what the disk says.
public typealias NetworkMaking = @Sendable (NetworkDraft) throws -> ShopNetwork
