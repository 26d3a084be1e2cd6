import Domain
import Glibc
public import Hummingbird
import NIOCore
import NIOPosix

/// What is known of a request beside its bytes.
public struct ShopContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The connection.
    let channel: any Channel
    /// What the request is called in its answer and in the log.
    var requestID = ""

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Whether whoever asks is on this machine, as far as the connection tells: no other address, and no proxy that speaks for somebody.
    func isLocal(_ request: Request) -> Bool {
        guard request.headers[.forwarded] == nil, request.headers[.xForwardedFor] == nil else { return false }
        switch channel.remoteAddress?.ipAddress {
        case let address?: return address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
        case nil: return true
        }
    }

    /// The other end of the connection; nil on a unix socket.
    var peer: InternetAddress? {
        // By where they stand in `sockaddr_in` and `sockaddr_in6`: the fields' names belong to whichever module the compiler met first.
        switch channel.remoteAddress {
        case .v4(let address): withUnsafeBytes(of: address.address) { InternetAddress(bytes: $0[4..<8]) }
        case .v6(let address): withUnsafeBytes(of: address.address) { InternetAddress(bytes: $0[8..<24]) }
        default: nil
        }
    }

    /// The user at the other end of a unix socket, as the kernel says (SO_PEERCRED). Nil on any other connection.
    func localUser() async -> UInt32? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        // Not a unix socket: the option is not there.
        guard let peer: PeerCredentials = try? await provider.unsafeGetSocketOption(level: .socket, name: Self.peerCredentials).get(),
            peer.pid > 0
        else { return nil }
        return peer.uid
    }

    private static let peerCredentials = NIOBSDSocket.Option(rawValue: 17)  // SO_PEERCRED on Linux

    /// `struct ucred` of the kernel, which the C library shows only to GNU sources.
    private struct PeerCredentials {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }
}
