import Domain
import EVM
import JSON
import Payments
import Storage
import Testing
import X402
import X402EVM

@testable import Facilitators

/// Nothing is offered until the network is what we sign for.
@Suite struct ConfirmTests {
    @Test func `a network that agrees is offered`() async throws {
        let desk = try await ChainDesk()
        #expect(desk.facilitator.options == [desk.option])
        #expect(desk.facilitator.shortfall(desk.option)?.contains("still connecting") == true)
        #expect(await desk.facilitator.confirm())
        #expect(desk.facilitator.shortfall(desk.option) == nil)
        #expect(desk.chain.calls() == ["eth_chainId", "eth_call", "eth_call", "eth_chainId", "eth_getBlockByNumber"])
    }

    @Test func `the newest block's age is known once a node told it, and grows while none tells a newer one`() async throws {
        let desk = try await ChainDesk()
        #expect(desk.facilitator.headAge == nil)
        #expect(await desk.facilitator.confirm())
        let age = try #require(desk.facilitator.headAge)
        desk.clock.advance(.seconds(90))
        desk.chain.set { $0.isCut = true }
        _ = await desk.facilitator.confirm()
        #expect(desk.facilitator.headAge == age + .seconds(90))
    }

    @Test(arguments: ["0x6553f100", "0x6553f0ff"]) func `a node that lags does not make the newest block older`(_ seconds: String) {
        let head = ChainHead()
        head.saw(["timestamp": "0x6553f100"])
        for block: JSONValue in [["timestamp": .string(seconds)], nil, ["timestamp": "0xffffffffffffffff"], ["timestamp": 7]] { head.saw(block) }
        #expect(head.time == Timestamp(seconds: 0x6553_f100))
    }

    static let mismatches: [(change: @Sendable (inout FakeChain.State) -> Void, says: String)] = [
        ({ $0.chainID = 1 }, "another chain"), ({ $0.odd = ["eth_chainId": "8453"] }, "another chain"),
        ({ $0.separator = [UInt8](repeating: 1, count: 32) }, "signing domain"), ({ $0.separator = [] }, "signing domain"),
        ({ $0.decimals = 18 }, "other decimals"), ({ $0.decimals = 0 }, "other decimals"),
    ]

    @Test(arguments: mismatches.indices) func `a network that is another one is withheld with its reason, also after it was offered`(_ index: Int)
        async throws
    {
        let desk = try await ChainDesk()
        let (change, says) = Self.mismatches[index]
        desk.chain.set(change)
        #expect(!(await desk.facilitator.confirm()))
        #expect(desk.facilitator.shortfall(desk.option)?.contains(says) == true)
        #expect(desk.logBook.all.contains { $0.hasPrefix("error: payments on Base are withheld") })

        desk.chain.set { state in
            state.chainID = 8453
            state.separator = ChainDesk.domain.separator.bytes
            state.decimals = 6
            state.troubled = []
            state.odd = [:]
        }
        #expect(await desk.facilitator.confirm())
        #expect(desk.facilitator.shortfall(desk.option) == nil)
        desk.chain.set(change)
        #expect(!(await desk.facilitator.confirm()))
        #expect(desk.facilitator.shortfall(desk.option)?.contains(says) == true)
    }

    @Test func `silence withholds what was never confirmed and changes nothing that was`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.isCut = true }
        #expect(!(await desk.facilitator.confirm()))
        #expect(desk.facilitator.shortfall(desk.option)?.contains("still connecting") == true)
        desk.chain.set { $0.isCut = false }
        #expect(await desk.facilitator.confirm())
        desk.chain.set { $0.isCut = true }
        #expect(await desk.facilitator.confirm())
        #expect(desk.facilitator.shortfall(desk.option) == nil)
    }

    @Test(arguments: ["eth_chainId", "eth_call"])
    func `a node that refuses to answer, as one does that has enough of us, is silent and not on another chain`(_ method: String) async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.troubled = [method] }
        #expect(!(await desk.facilitator.confirm()))
        #expect(desk.facilitator.shortfall(desk.option)?.contains("still connecting") == true)
        desk.chain.set { $0.troubled = [] }
        #expect(await desk.facilitator.confirm())
        desk.chain.set { $0.troubled = [method] }
        #expect(await desk.facilitator.confirm())
        #expect(desk.facilitator.shortfall(desk.option) == nil)
        #expect(!desk.logBook.all.contains { $0.hasPrefix("error") })
    }

    @Test func `the service confirms by itself and remembers the fees of the day`() async throws {
        var policy = FeePolicy.standard(chainID: 8453)
        // As much as the attempt below counts with, and less than one more.
        policy.dailyBudget = 400_000_000_000
        let desk = try await ChainDesk(policy: policy)
        _ = try await desk.settling(desk.authorization(nonce: 9))
        let payment = try await desk.claim(desk.authorization(nonce: 8))
        let isStored = try await desk.writer.addAttempt(
            paymentID: payment.id, transaction: [UInt8](repeating: 1, count: 32), raw: [2], settler: ChainDesk.settler.address.bytes, accountNonce: 1,
            feeLimit: 300_000_000_000, at: desk.clock.now)
        try #require(isStored)
        #expect(await desk.verify(desk.authorization()) == "valid")
        let facilitator = desk.facilitator
        let service = Task { try await facilitator.run() }
        await desk.logBook.wait(for: "network confirmed")
        #expect(facilitator.shortfall(desk.option) == nil)
        #expect(await desk.verify(desk.authorization()).hasPrefix("proven, but unavailable: This shop cannot settle"))
        service.cancel()
        try await service.value
        #expect(desk.logBook.all.contains("critical: the daily budget for network fees is used up"))
    }

    @Test func `payments are read and proved without the chain`() async throws {
        let desk = try await ChainDesk()
        let good = desk.authorization()
        let payload = try #require(desk.facilitator.asset.payload(good))
        let read = try desk.facilitator.read(PaymentPayload(scheme: "exact", v1Network: "base", payload: payload.json), for: desk.option)
        #expect(read == good)
        #expect(desk.facilitator.proves(good, for: desk.option))
        #expect(!desk.facilitator.proves(desk.authorization(signature: [1]), for: desk.option))
        #expect(desk.facilitator.practiceTransaction(good) == nil)
        #expect(desk.chain.calls() == [])
    }
}
