import Catalogue
import HTTPTypes
import Hummingbird
import Logging
import Payments
import Storage

/// The one place where an error becomes a status code and a public sentence, and its cause goes to the log.
struct FaultMiddleware: RouterMiddleware {
    let log: Logger

    func handle(_ request: Request, context: ShopContext, next: @concurrent (Request, ShopContext) async throws -> Response) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response
        } catch let error as HTTPError {
            return (error.status == .notFound ? Problem.notFound : Problem(error.status, error.body ?? error.status.reasonPhrase)).response
        } catch let error as ContentError {
            log.error("content: \(error)")
            return Problem(.init(code: 507, reasonPhrase: "Insufficient Storage"), error.description).response
        } catch let error as any HTTPResponseError {
            return Problem(error.status, error.status.reasonPhrase).response
        } catch is CancellationError {
            return Problem(.serviceUnavailable, "The shop is being restarted; try again in a moment.", headers: [.retryAfter: "5"]).response
        } catch {
            log.error("\(request.method) failed: \(error)")
            return Problem(
                .serviceUnavailable, "The shop cannot do this just now; nothing was changed. Try the same again in a moment.",
                headers: [.retryAfter: "5"]
            ).response
        }
    }
}
