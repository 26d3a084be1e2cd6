import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// One request to a payment service: gathers the answer and knows whether a byte of the request was sent.
final class FacilitatorExchange: HTTPClientResponseDelegate {
    typealias Response = HTTPClient.Response

    private let accumulator: ResponseAccumulator
    private let sent = Atomic(false)

    /// Whether the request may have arrived.
    var wasSent: Bool { sent.load(ordering: .acquiring) }

    init(_ request: HTTPClient.Request, maximumAnswer: Int) {
        accumulator = ResponseAccumulator(request: request, maxBodySize: maximumAnswer)
    }

    func didSendRequestHead(task: HTTPClient.Task<Response>, _ head: HTTPRequestHead) { sent.store(true, ordering: .releasing) }

    func didReceiveHead(task: HTTPClient.Task<Response>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        accumulator.didReceiveHead(task: task, head)
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Response>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        accumulator.didReceiveBodyPart(task: task, buffer)
    }

    func didReceiveError(task: HTTPClient.Task<Response>, _ error: any Error) { accumulator.didReceiveError(task: task, error) }

    func didFinishRequest(task: HTTPClient.Task<Response>) throws -> Response { try accumulator.didFinishRequest(task: task) }
}
