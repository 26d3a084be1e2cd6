import BigInt
import EVM
import Testing
import X402
import X402EVM

@Suite struct ExactWindowTests {
    static let now: Int64 = 1_800_000_000
    static let week: Int64 = 604_800

    @Test(
        arguments: [
            (now - 600, now + 300), (0, now + 300), (now, now + 300), (now - 1, now + 6), (now - 1, now + 7), (now - 600, now + week),
            (now, now + week),
        ] as [(Int64, Int64)])
    func `a window that is open and neither ends at once nor lasts too long is fine`(_ after: Int64, _ before: Int64) {
        #expect(ExactWindow.problem(validAfter: BigUInt(after), validBefore: BigUInt(before), now: Self.now) == nil)
    }

    @Test(
        arguments: [
            (BigUInt(now + 1), BigUInt(now + 300), ErrorReason.validAfter), (BigUInt(now + 600), BigUInt(now + 900), .validAfter),
            (BigUInt.maxUInt256, BigUInt.maxUInt256, .validAfter), (0, BigUInt(now + 5), .validBefore), (0, BigUInt(now), .validBefore),
            (0, BigUInt(now - 1), .validBefore), (0, 0, .validBefore), (0, BigUInt(now + week + 1), .validBefore),
            (0, BigUInt(UInt64.max), .validBefore),
            (0, BigUInt(UInt64.max) + 1, .validBefore), (0, BigUInt.maxUInt256, .validBefore), (BigUInt(now), BigUInt(now), .validBefore),
        ] as [(BigUInt, BigUInt, ErrorReason)])
    func `a window that is not open yet, ends too soon or lasts too long is refused`(_ after: BigUInt, _ before: BigUInt, _ reason: ErrorReason) {
        let problem = ExactWindow.problem(validAfter: after, validBefore: before, now: Self.now)
        #expect(problem?.reason == reason)
        #expect(problem?.sentence.hasSuffix(".") == true)
    }
}
