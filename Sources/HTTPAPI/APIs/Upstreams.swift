import AsyncHTTPClient
import Domain
import Glibc
import NIOCore
import NIOHTTP1
public import NIOPosix

/// The way out to the services whose calls are sold. Redirects are answers like others and never followed.
public final class Upstreams: Sendable {
    /// For addresses that somebody on this machine named.
    private let trusted: HTTPClient
    /// For all others: each of its connections is looked at once more when it is made, whatever a name meant before.
    private let guarded: HTTPClient
    /// Hosts that the machine's settings name, in lower case: whoever may edit products may lead calls to them.
    private let named: Set<String>

    /// A service whose address leads to where it may not.
    struct Forbidden: Error, CustomStringConvertible {
        let description: String
    }

    public init(_ group: MultiThreadedEventLoopGroup, named: Set<String> = []) {
        self.named = named
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5), read: .seconds(125)))
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 512
        configuration.connectionPool.retryConnectionEstablishment = false
        trusted = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        configuration.http1_1ConnectionDebugInitializer = { channel in
            guard let address = Self.address(channel.remoteAddress), address.isPublic else {
                return channel.eventLoop.makeFailedFuture(
                    Forbidden(description: "the connection led to \(channel.remoteAddress?.description ?? "nowhere")"))
            }
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        guarded = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    public func shutdown() async throws {
        try await trusted.shutdown()
        try await guarded.shutdown()
    }

    /// Whether a host is named by the machine's settings.
    func names(_ upstream: UpstreamAddress) -> Bool { named.contains(upstream.host) }

    /// The beginning of a service's answer; the body comes as it is read.
    func ask(_ request: HTTPClientRequest, of api: PaidAPI) async throws -> HTTPClientResponse {
        let limit = TimeAmount.seconds(Int64(api.limits.head))
        if api.isTrusted || names(api.upstream) { return try await trusted.execute(request, timeout: limit) }
        let deadline = NIODeadline.now() + limit
        try await Self.check(api.upstream)
        return try await guarded.execute(request, deadline: deadline)
    }

    /// Refuses an address of which any part leads out of the open Internet.
    /// - Throws: `Forbidden`.
    static func check(_ upstream: UpstreamAddress) async throws {
        let (host, port) = (upstream.host, upstream.port)
        let addresses = try await NIOThreadPool.singleton.runIfActive { resolve(host, port) }
        guard !addresses.isEmpty else { throw Forbidden(description: "\(host) has no address") }
        for address in addresses where !address.isPublic { throw Forbidden(description: "\(host) leads to \(address)") }
    }

    private static func resolve(_ host: String, _ port: Int) -> [InternetAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var addresses: [InternetAddress] = []
        var next = first
        while let info = next?.pointee {
            let bytes = UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
            switch info.ai_family {
            case AF_INET where bytes.count >= 8: addresses += [InternetAddress(bytes: bytes[4..<8])].compactMap { $0 }
            case AF_INET6 where bytes.count >= 24: addresses += [InternetAddress(bytes: bytes[8..<24])].compactMap { $0 }
            default: break
            }
            next = info.ai_next
        }
        return addresses
    }

    private static func address(_ address: SocketAddress?) -> InternetAddress? {
        switch address {
        case .v4(let address): withUnsafeBytes(of: address.address) { InternetAddress(bytes: $0[4..<8]) }
        case .v6(let address): withUnsafeBytes(of: address.address) { InternetAddress(bytes: $0[8..<24]) }
        default: nil
        }
    }
}
