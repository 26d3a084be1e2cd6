/// Where secrets come from: fills so many bytes. A parameter, so that a test can say what comes.
public typealias Randomness = @Sendable (_ count: Int) -> [UInt8]

/// The system's generator, fit for keys.
public let systemRandomness: Randomness = { count in
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}
