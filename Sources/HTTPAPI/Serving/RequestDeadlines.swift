public import NIOCore

/// How long a connection may take for what is its own part. How long we take is not counted.
public struct RequestDeadlines: Sendable {
    /// For a request's whole head: from the connection's start, later from the first byte of the head.
    public var head: TimeAmount
    /// Bytes a second that a body must bring on average of each `bodyWindow`, after a grace of the same length. However long it takes in all.
    public var bodyRate: Int
    public var bodyWindow: TimeAmount
    /// Without taking 1 KB of a waiting answer.
    public var reader: TimeAmount
    /// How long a refused connection may read its refusal.
    public var linger: TimeAmount

    public init(
        head: TimeAmount = .seconds(10), bodyRate: Int = 1024, bodyWindow: TimeAmount = .seconds(10), reader: TimeAmount = .seconds(60),
        linger: TimeAmount = .seconds(1)
    ) {
        self.head = head
        self.bodyRate = bodyRate
        self.bodyWindow = bodyWindow
        self.reader = reader
        self.linger = linger
    }

    public static let standard = RequestDeadlines()
}
