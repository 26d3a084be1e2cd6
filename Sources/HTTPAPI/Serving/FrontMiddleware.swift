import Domain
import HTTPTypes
import Hummingbird
import NIOCore
import Telemetry

/// First and last to see a request: gives it its name, times it, and tells of it where that is wanted.
struct FrontMiddleware: RouterMiddleware {
    let shop: Shop
    let ids: RequestIDs

    func handle(_ request: Request, context: ShopContext, next: @concurrent (Request, ShopContext) async throws -> Response) async throws -> Response
    {
        let start = NIODeadline.now()
        var context = context
        context.requestID = shop.givenID(request, context) ?? ids.next()
        var response = shop.steps.isTraced ? try await traced(request, context, next) : try await next(request, context)
        response.headers.append(HTTPField(name: .xRequestID, value: context.requestID))
        let (route, took) = (context.endpointPath, (NIODeadline.now() - start).nanoseconds)
        shop.metrics.record(route: route, method: request.method, status: response.status, nanoseconds: took)
        if let log = shop.accessLog { log.write(request, context, response, route: route, nanoseconds: took, client: shop.client(request, context)) }
        return response
    }

    /// The same as a step, of the trace that one of our own proxies says it is part of.
    private func traced(
        _ request: Request, _ context: ShopContext, _ next: @concurrent (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        let given = shop.isBehindProxy(context) ? shop.traceParent(request) : nil
        let facts = [("method", RequestMetrics.name(request.method)), ("request", context.requestID)]
        return try await shop.steps.run("request", facts, kind: .server, in: shop.steps.context(of: given)) { step in
            let response = try await next(request, context)
            step.note("route", context.endpointPath ?? "none")
            step.note("outcome", "\(response.status.code)")
            return response
        }
    }
}

extension Shop {
    /// What one of our own proxies calls the request: its `X-Request-Id`, else the trace that it is part of. Nobody else is believed:
    /// names that strangers choose make logs say what strangers want.
    func givenID(_ request: Request, _ context: ShopContext) -> String? {
        guard isBehindProxy(context) else { return nil }
        let given = request.headers[values: .xRequestID]
        if given.count == 1, RequestIDs.accepts(given[0]) { return given[0] }
        return traceParent(request)?.traceID
    }

    /// Whether the other end of the connection is one of our own proxies.
    func isBehindProxy(_ context: ShopContext) -> Bool {
        guard !trustedProxies.isEmpty, let peer = context.peer else { return false }
        return trustedProxies.contains { $0.contains(peer) }
    }

    /// The trace that a request says it is part of, if it says so once and as W3C has it.
    func traceParent(_ request: Request) -> TraceParent? {
        let given = request.headers[values: .traceparent]
        return given.count == 1 ? TraceParent(given[0]) : nil
    }
}
