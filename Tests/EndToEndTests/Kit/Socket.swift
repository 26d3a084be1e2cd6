import Foundation
import Glibc

/// A TCP connection on loopback, blocking and with a time limit.
final class Socket: Sendable {
    private let descriptor: Int32
    private let end: ContinuousClock.Instant

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(_ port: Int, timeout: Duration) throws {
        end = .now + timeout
        descriptor = Self.make()
        var address = Self.address(port)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        // All is initialised by now, so throwing runs `deinit`.
        guard code == 0 else { throw Failure(description: "nobody listens on \(port)") }
    }

    deinit { close(descriptor) }

    private static func make() -> Int32 { socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    static func isFree(_ port: Int) -> Bool {
        let descriptor = make()
        defer { close(descriptor) }
        var address = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        } == 0
    }

    /// Waits at most as long as is left.
    private func limit(_ option: Int32) throws {
        let left = end - .now
        guard left > .zero else { throw Failure(description: "no answer in time") }
        var time = timeval(tv_sec: Int(left.components.seconds), tv_usec: Int(left.components.attoseconds / 1_000_000_000_000))
        if time.tv_sec == 0 && time.tv_usec == 0 { time.tv_usec = 1 }
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Sends all, or as much as is taken before the other side closes: an early answer may stand there already.
    func send(_ bytes: Data) throws {
        var sent = 0
        while sent < bytes.count {
            try limit(SO_SNDTIMEO)
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            sent += count
        }
    }

    /// The next bytes; empty when the other side has closed.
    func receive(atMost size: Int = 65_536) throws -> Data {
        try limit(SO_RCVTIMEO)
        var bytes = [UInt8](repeating: 0, count: size)
        let count = recv(descriptor, &bytes, size, 0)
        let code = errno
        guard count >= 0 else {
            if code == ECONNRESET { return Data() }
            if code == EINTR { return try receive(atMost: size) }
            throw Failure(description: code == EAGAIN ? "no answer in time" : "no answer: \(String(cString: strerror(code)))")
        }
        return Data(bytes[..<count])
    }
}
