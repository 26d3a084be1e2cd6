import Domain
import HTTPTypes
import Hummingbird
public import Logging

/// A line for each request, written when its answer begins.
///
/// The route stands for the address, which may hold secrets such as a receipt's; no header and no query is ever told. An address is
/// told as what one customer of a network has: IPv6 by its network.
public struct AccessLog: Sendable {
    private let log: Logger

    /// - Parameter log: where the lines go, at level info.
    public init(_ log: Logger) { self.log = log }

    func write(_ request: Request, _ context: ShopContext, _ response: Response, route: String?, nanoseconds: Int64, client: InternetAddress?) {
        log.info(
            "request",
            metadata: [
                "method": "\(RequestMetrics.name(request.method))", "route": "\(route ?? "none")", "status": "\(response.status.code)",
                "microseconds": "\(nanoseconds / 1000)",
                // Of a body whose length nobody knows beforehand it is not told.
                "bytes": "\(response.body.contentLength.map(String.init) ?? "-")", "request": "\(context.requestID)",
                "client": "\(client.map { AddressClass($0).description } ?? "local")",
            ])
    }
}
