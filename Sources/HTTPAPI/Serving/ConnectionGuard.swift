import Domain
import NIOCore
import NIOHTTP1

/// Stands before everything else at a connection's bytes, and closes it when there are too many, or when the other side is too slow.
///
/// The requests in these bytes are told by a `RequestWatch` further up. What is on time costs nothing: the clock is read only when a read
/// ends in the middle of a request, and there is one scheduled task, which is left standing and looks for itself what is due.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let limits: ConnectionLimits
    private let deadlines: RequestDeadlines
    private var context: ChannelHandlerContext?
    private var counted: (place: AddressClass?, admission: ConnectionLimits.Admission)?

    private var task: (scheduled: Scheduled<Void>, at: NIODeadline)?
    private var headDue: NIODeadline?
    private var bodyDue: NIODeadline?
    private var readerDue: NIODeadline?
    private var closeDue: NIODeadline?

    /// Whether a part of the next head has come.
    private var hasHeadBegun = false
    private var isReceivingBody = false
    /// Whether the read that is being handed on held the end of something.
    private var hasProgressed = false
    /// Requests whose answer has not ended.
    private var owed = 0
    private var isAnswering = false
    /// Whether what comes are no requests any more.
    private var isUpgraded = false
    /// What follows the answers that are owed.
    private var refusal: ConnectionRefusal?

    /// Of the body's current window, nil in its grace: when it began, what it brought, and for how long we did not listen.
    private var window: (start: NIODeadline, received: Int, paused: TimeAmount)?
    private var pausedSince: NIODeadline?
    /// What of the answers the other side had when we last looked, and when that was news.
    private var taken: (bytes: UInt64?, at: NIODeadline)?

    /// How often we look whether an answer is being taken.
    private var readerStep: TimeAmount { .nanoseconds(deadlines.reader.nanoseconds / 4) }

    init(_ limits: ConnectionLimits, _ deadlines: RequestDeadlines) {
        self.limits = limits
        self.deadlines = deadlines
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard counted == nil else { return }
        let place = limits.place(context.remoteAddress?.ipAddress.flatMap { InternetAddress($0) })
        let admission = limits.enter(place)
        counted = (place, admission)
        switch admission {
        case .open:
            headDue = context.eventLoop.now + deadlines.head
            arm(context)
        case .refused: refuse(.tooManyConnections, context)
        case .dropped: context.close(promise: nil)
        }
    }

    private func end() {
        task?.scheduled.cancel()
        task = nil
        if let (place, admission) = counted { limits.leave(place, admission) }
        counted = nil
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closeDue == nil, refusal == nil else { return }
        guard !isUpgraded else {
            context.fireChannelRead(data)
            return
        }
        if window != nil { window?.received += unwrapInboundIn(data).readableBytes }
        hasProgressed = false
        context.fireChannelRead(data)
        guard closeDue == nil else { return }
        if isReceivingBody {
            guard bodyDue == nil else { return }
            bodyDue = context.eventLoop.now + deadlines.bodyWindow
        } else {
            guard !hasProgressed, !hasHeadBegun else { return }
            hasHeadBegun = true
            if headDue == nil { headDue = context.eventLoop.now + deadlines.head }
        }
        arm(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if bodyDue != nil { pausedSince = context.eventLoop.now }
        context.fireChannelReadComplete()
        // Nobody else listens any more.
        if closeDue != nil || refusal != nil { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        if let since = pausedSince {
            let pause = context.eventLoop.now - since
            window?.paused += pause
            pausedSince = nil
        }
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard closeDue == nil else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            (readerDue, taken) = (nil, nil)
        } else if readerDue == nil {
            let now = context.eventLoop.now
            taken = (nil, now)
            readerDue = now + readerStep
            arm(context)
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if closeDue != nil, event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Requests, as the watch tells them

    func headCame() {
        hasProgressed = true
        hasHeadBegun = false
        headDue = nil
        isReceivingBody = true
        owed += 1
    }

    func endCame() {
        hasProgressed = true
        isReceivingBody = false
        (bodyDue, window, pausedSince) = (nil, nil, nil)
    }

    func answerBegan() { isAnswering = true }

    func upgraded() {
        isUpgraded = true
        (headDue, bodyDue, window, pausedSince) = (nil, nil, nil, nil)
    }

    func answerEnded() {
        isAnswering = false
        owed -= 1
        if owed == 0, let refusal, let context { refuse(refusal, context) }
    }

    /// Whether the connection will be told, so that nobody else has to.
    func parserFailed(_ error: HTTPParserError) -> Bool {
        guard let context, closeDue == nil, !isReceivingBody else { return closeDue != nil }
        headDue = nil
        refusal = ConnectionRefusal(error)
        if owed == 0, let refusal { refuse(refusal, context) }
        return true
    }

    // MARK: Time

    /// Makes sure that somebody looks at the earliest deadline. A task that comes sooner does.
    private func arm(_ context: ChannelHandlerContext) {
        guard let due = [headDue, bodyDue, readerDue, closeDue].compactMap(\.self).min() else { return }
        if let task, task.at <= due { return }
        task?.scheduled.cancel()
        let loop = context.eventLoop.assumeIsolated()
        task = (loop.scheduleTask(deadline: due) { self.look() }, due)
    }

    private func look() {
        task = nil
        guard let context else { return }
        let now = context.eventLoop.now
        if let closeDue, closeDue <= now {
            context.close(promise: nil)
            return
        }
        if let headDue, headDue <= now { lookAtHead(context, now) }
        if let bodyDue, bodyDue <= now { lookAtBody(context, now) }
        if let readerDue, readerDue <= now { lookAtReader(context, now) }
        arm(context)
    }

    private func lookAtHead(_ context: ChannelHandlerContext, _ now: NIODeadline) {
        if owed > 0 {
            // Answers go first; while they are owed we may not even be listening.
            headDue = now + deadlines.head
        } else {
            headDue = nil
            hasHeadBegun ? refuse(.tooSlow, context) : context.close(promise: nil)
        }
    }

    private func lookAtBody(_ context: ChannelHandlerContext, _ now: NIODeadline) {
        if let window {
            let paused = window.paused + (pausedSince.map { now - $0 } ?? .zero)
            let listened = max(now - window.start - paused, .zero)
            let wanted = Double(deadlines.bodyRate) * Double(listened.nanoseconds) / 1_000_000_000
            if Double(window.received) < wanted, owed <= 1 {
                bodyDue = nil
                // An answer that has begun, or was given early, cannot be taken back.
                owed == 1 && !isAnswering ? refuse(.tooSlow, context) : context.close(promise: nil)
                return
            }
        }
        window = (now, 0, .zero)
        if pausedSince != nil { pausedSince = now }
        bodyDue = now + deadlines.bodyWindow
    }

    private func lookAtReader(_ context: ChannelHandlerContext, _ now: NIODeadline) {
        readerDue = now + readerStep
        acknowledged(context).assumeIsolated().whenComplete { result in
            guard let taken = self.taken, self.closeDue == nil else { return }
            let bytes = (try? result.get()) ?? 0
            guard let last = taken.bytes else {
                self.taken?.bytes = bytes
                return
            }
            if bytes >= last &+ 1024 {
                self.taken = (bytes, now)
            } else if now - taken.at >= self.deadlines.reader {
                context.close(promise: nil)
            }
        }
    }

    /// What the other side has confirmed. Our own buffers do not tell: the kernel takes megabytes, and asks for more only when a third of them
    /// has gone. Where there is no TCP, 0: then the 60 seconds run until there is room.
    private func acknowledged(_ context: ChannelHandlerContext) -> EventLoopFuture<UInt64> {
        guard let provider = context.channel as? any SocketOptionProvider else { return context.eventLoop.makeSucceededFuture(0) }
        let info: EventLoopFuture<TCPInfo> = provider.unsafeGetSocketOption(level: .tcp, name: .tcp_info)
        return info.map(\.acknowledged)
    }

    /// The beginning of the kernel's `struct tcp_info`, of which the C library shows only an older part.
    private struct TCPInfo: Sendable {
        var before = InlineArray<15, UInt64>(repeating: 0)
        /// `tcpi_bytes_acked`
        var acknowledged: UInt64 = 0
    }

    /// Says why, and closes when that is read: closing at once, with unread bytes waiting, would take the answer back.
    private func refuse(_ refusal: ConnectionRefusal, _ context: ChannelHandlerContext) {
        (headDue, bodyDue, window, pausedSince) = (nil, nil, nil, nil)
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(refusal.bytes)), promise: nil)
        closeDue = context.eventLoop.now + deadlines.linger
        context.close(mode: .output, promise: nil)
        arm(context)
        context.read()
    }
}
