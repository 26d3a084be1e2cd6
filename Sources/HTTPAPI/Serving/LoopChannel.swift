public import HummingbirdCore
import Logging
public import NIOCore
import NIOHTTP1

/// An HTTP/1.1 connection that is served where it is read: on its own event loop.
///
/// Hummingbird reads on an event loop and answers on Swift's shared threads, so each request crosses twice between them. Most of ours take
/// some microseconds; staying saves about a third of the processor time of an unpaid answer. Nothing here may block: reads of the database
/// and of files have threads of their own.
struct LoopChannel: ServerChildChannel {
    let http: HTTP1Channel
    fileprivate let executors: [ObjectIdentifier: LoopExecutor]
    let limits: ConnectionLimits?
    let deadlines: RequestDeadlines

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        guard let limits else { return http.setup(channel: channel, logger: logger) }
        let (connection, pipeline) = (ConnectionGuard(limits, deadlines), channel.pipeline.syncOperations)
        do { try pipeline.addHandler(connection) } catch { return channel.eventLoop.makeFailedFuture(error) }
        return http.setup(channel: channel, logger: logger).assumeIsolated().flatMapThrowing { value in
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(RequestWatch(connection), position: .after(decoder))
            return value
        }.nonisolated()
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(executors[ObjectIdentifier(value.channel.eventLoop)]) {
            await http.handle(value: value, logger: logger)
        }
    }
}

/// An event loop as the place where tasks run. Not a serial executor: actors keep their own.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1, each connection served on its own event loop.
    /// - Parameters:
    ///   - group: the event loops that the server accepts on.
    ///   - limits: counts the connections of this and of every other listener that it is given to; nil for one that everybody may fill
    ///     as slowly as they like.
    public static func http1(
        _ configuration: HTTP1Channel.Configuration, on group: any EventLoopGroup, limits: ConnectionLimits? = nil,
        deadlines: RequestDeadlines = .standard
    ) -> HTTPServerBuilder {
        let executors = Dictionary(uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopExecutor($0)) })
        return HTTPServerBuilder {
            LoopChannel(
                http: HTTP1Channel(responder: $0, configuration: configuration), executors: executors, limits: limits, deadlines: deadlines)
        }
    }
}
