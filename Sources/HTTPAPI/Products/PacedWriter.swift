import HTTPTypes
import Hummingbird
import NIOCore

/// Writes a long body no faster than the network takes it.
struct PacedWriter: ResponseBodyWriter {
    var base: any ResponseBodyWriter
    let channel: any Channel

    /// Whoever writes is held up only once the connection's thread has found the time to say so, and until then a disk is read whole.
    /// So each piece waits until that thread has the one before.
    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        _ = try await waitingBytes
        try await base.write(buffer)
    }

    /// The last part goes out only when all before it has left: a server that shuts down closes the connection right after it and drops
    /// what still waits (HummingbirdCore's HTTPConnectionStateHandler).
    @concurrent consuming func finish(_ trailers: HTTPFields?) async throws {
        while try await waitingBytes > 0 { try await Task.sleep(for: .milliseconds(4)) }
        try await base.finish(trailers)
    }

    private var waitingBytes: Int { get async throws { try await channel.getOption(.bufferedWritableBytes).get() } }
}
