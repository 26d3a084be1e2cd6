import Foundation
import HTTPAPI
import Hummingbird
import Logging
import NIOCore

/// The control socket: `DIR/control.sock`, which only the directory's owner can open.
enum ControlServer {
    static func application(_ shop: Shop, path: String, log: Logger, ready: @escaping @Sendable () async -> Void = {}) -> some ApplicationProtocol {
        var quiet = log
        quiet.logLevel = max(log.logLevel, .warning)
        return Application(
            router: shop.controlRouter,
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path), serverName: "pushcart"),
            onServerRunning: { _ in
                chmod(path, 0o600)
                await ready()
            }, logger: quiet)
    }
}
