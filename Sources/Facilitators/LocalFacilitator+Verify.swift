import BigInt
public import Domain
import EVM
import JSON
import Logging
public import Payments
import Storage
import X402
import X402EVM

extension LocalFacilitator {
    public func verify(_ authorization: Authorization, for option: PaymentOption) async -> Verdict {
        do {
            let (payload, signature) = try asset.check(authorization, now: now())
            // The chain first: a wallet that proves itself may own the goods already, whatever settling costs just now.
            let verdict = try await inspector.verify(payload, signature)
            guard case .valid = verdict else { return verdict }
            return try refusal(authorization, try await chainState()) ?? .valid
        } catch let error as WireError {
            return .invalid(error)
        } catch {
            log.warning("a payment could not be verified: \(error)")
            return .unavailable("The network cannot be asked just now; try the same payment again in a moment.")
        }
    }

    /// Limits of ours that stop a proven payment before it costs anything.
    private func refusal(_ authorization: Authorization, _ chain: ChainState) throws -> Verdict? {
        let likely = chain.likelyFeePerGas.multipliedReportingOverflow(by: UInt128(Self.gasForKey) * 6 / 10)
        let limit = feeLimit(chain, gas: Self.gasForKey)
        if likely.overflow || limit > policy.capPerSettlement {
            return .provenUnavailable("Network fees are unusually high just now; try again later.")
        }
        if !policy.isWorth(authorization.amount, decimals: asset.option.asset.decimals, fee: likely.partialValue) {
            return .provenUnavailable("Network fees are above the price just now; try again later.")
        }
        if chain.balance < limit {
            log.critical("the fee wallet \(settlerAddress.checksummed) is empty; send it some of the network's coin")
            return .provenUnavailable("This shop cannot settle payments just now; its owner has been told.")
        }
        if let budget = policy.dailyBudget, fees.spent(at: now()) + limit > budget {
            log.critical("the daily budget for network fees is used up")
            return .provenUnavailable("This shop cannot settle payments just now; its owner has been told.")
        }
        if try reader.revertedSettlements(payer: authorization.key.payer, since: now() - .seconds(86_400)) >= Self.revertLimit {
            return .proven(
                but: WireError(.invalidTransactionState, "Payments of this wallet failed on the chain three times in a day; try again tomorrow."))
        }
        return nil
    }

    func feeLimit(_ chain: ChainState, gas: UInt64) -> UInt128 {
        let (limit, overflow) = chain.maximumFeePerGas.multipliedReportingOverflow(by: UInt128(gas))
        return overflow ? .max : limit
    }
}
