import Catalogue
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Payments
import Storage

/// The one place where an error becomes a status code and a public sentence, and its cause goes to the log.
struct FaultMiddleware: RouterMiddleware {
    let shop: Shop

    func handle(_ request: Request, context: ShopContext, next: @concurrent (Request, ShopContext) async throws -> Response) async throws -> Response
    {
        do { return try await next(request, context) } catch {
            let answer = answer(opened(problem(error, request, context), request).of(context), to: request)
            return request.method == .head ? answer.withoutBody : answer
        }
    }

    /// People see a page at the addresses that people read, machines the problem.
    private func answer(_ problem: Problem, to request: Request) -> Response {
        // Whoever cannot be shown the page gets the problem itself.
        guard Negotiation(request.headers).isPerson, !request.uri.path.hasPrefix("/api/"), let html = try? Pages.shared.error(problem, shop) else {
            return problem.response
        }
        var headers = problem.headers
        headers.append(contentsOf: Pages.headers)
        headers[.vary] = "Accept, User-Agent"
        return Response(status: problem.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    /// A page of another origin may read what a shop says of its own payment, whatever went wrong.
    private func opened(_ problem: Problem, _ request: Request) -> Problem {
        guard request.uri.path.hasPrefix("/p/") || request.uri.path.hasPrefix("/r/") else { return problem }
        var problem = problem
        for field in ProductRoutes.crossOrigin { problem.headers[field.name] = field.value }
        return problem
    }

    private func problem(_ error: any Error, _ request: Request, _ context: ShopContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as HTTPError where error.status == .notFound && !Router<ShopContext>.knownMethods.contains(request.method):
            // A product's address takes these; what another one takes is said to a method that it might.
            return .methodNotAllowed(
                request.uri.path.hasPrefix("/p/")
                    ? "GET, HEAD, OPTIONS" : Router<ShopContext>.knownMethods.map(\.rawValue).joined(separator: ", "))
        case let error as HTTPError: return error.status == .notFound ? .notFound : Problem(error.status, error.body ?? error.status.reasonPhrase)
        case let error as ContentError:
            shop.log.error("content: \(error)", metadata: ["request": "\(context.requestID)"])
            return Problem(.init(code: 507, reasonPhrase: "Insufficient Storage"), error.description)
        case let error as any HTTPResponseError: return Problem(error.status, error.status.reasonPhrase)
        case is CancellationError:
            return Problem(.serviceUnavailable, "The shop is being restarted; try again in a moment.", headers: [.retryAfter: "5"])
        default:
            shop.log.error("\(request.method) failed: \(error)", metadata: ["request": "\(context.requestID)"])
            return Problem(
                .serviceUnavailable, "The shop cannot do this just now. Try the same again in a moment.",
                headers: [.retryAfter: "5"])
        }
    }
}
