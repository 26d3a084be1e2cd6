import JSON

/// Asks a shop all that a report needs, in the order of the report. Never pays, never goes on for longer than `limit`.
struct ProbeRun: Sendable {
    let asked: BuyURL
    let transport: any ProbeTransport
    /// Time that passed since some moment.
    let elapsed: @Sendable () -> Duration

    static let limit: Duration = .seconds(90)
    private static let pages = 4

    private enum Reply {
        case answer(ProbeAnswer)
        case none(String)
        case tooLate
    }

    func report() async -> ProbeReport {
        let end = elapsed() + Self.limit
        let page = [(name: "Origin", value: ProbeAnswerChecks.origin)]
        var checks: [ProbeCheck] = []
        let answer: ProbeAnswer
        switch await ask(ProbeQuestion(url: asked, headers: page), until: end) {
        case .answer(let given): answer = given
        case .none(let clause):
            let check = ProbeCheck.failure("answer", "There is no answer: \(clause).", "See whether the shop runs and can be reached from here.")
            return ProbeReport(url: asked.description, checks: [check])
        case .tooLate: preconditionFailure("time has just begun")
        }
        checks.append(.ok("answer", "The shop answers."))
        checks.append(ProbeAnswerChecks.status(answer))
        let (offered, offer) = ProbeOfferChecks(asked: asked, answer: answer).all
        checks += offered
        checks += ProbeAnswerChecks.sizes(answer)
        checks.append(ProbeV1Checks(asked: asked, answer: answer, offer: offer).check)
        checks += ProbeAnswerChecks.form(answer)
        checks.append(ProbeAnswerChecks.exposed(answer))
        checks.append(await check("head", ProbeQuestion(method: .head, url: asked), end, ProbeAnswerChecks.head))
        let preflight = page + [("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "payment-signature")]
        checks.append(
            await check("preflight", ProbeQuestion(method: .options, url: asked, headers: preflight), end, ProbeAnswerChecks.preflight))
        checks.append(await wellKnown(offer, end))
        checks.append(await listed(offer, end))
        for abuse in ProbeAbuse.all(asked, offer) {
            switch await ask(abuse.question, until: end) {
            case .answer(let answer): checks.append(abuse.judge(answer, offer))
            case .none: checks.append(abuse.judge(nil, offer))
            case .tooLate: checks.append(Self.late(abuse.name))
            }
        }
        return ProbeReport(url: asked.description, checks: checks)
    }

    private static func late(_ name: String) -> ProbeCheck { .skipped(name, "The shop answers so slowly that there was no time left for this.") }

    private func ask(_ question: ProbeQuestion, until end: Duration) async -> Reply {
        guard elapsed() < end else { return .tooLate }
        do { return .answer(try await transport.ask(question)) } catch { return .none(error.clause) }
    }

    private func check(_ name: String, _ question: ProbeQuestion, _ end: Duration, _ judge: (ProbeAnswer) -> ProbeCheck) async -> ProbeCheck {
        switch await ask(question, until: end) {
        case .answer(let answer): return judge(answer)
        case .none(let clause): return .failure(name, "There is no answer: \(clause).", "Answer \(question.method.rawValue) at this address.")
        case .tooLate: return Self.late(name)
        }
    }

    // MARK: Discovery

    private func unlisted(_ name: String, _ path: String, _ offer: ProbeOffer?) -> ProbeCheck {
        offer?.isPractice == true
            ? .skipped(name, "It is not listed in \(path), and offers of practice money need not be.")
            : .warning(name, "\(path) does not list the address.", "List every address that is for sale, exactly as “resource.url” has it.")
    }

    private func wellKnown(_ offer: ProbeOffer?, _ end: Duration) async -> ProbeCheck {
        let (name, path) = ("well-known", "/.well-known/x402")
        guard let url = asked.at(path) else { return .skipped(name, "The address has no origin to ask.") }
        return await check(name, ProbeQuestion(url: url), end) { answer in
            guard answer.status == 200 else {
                return .warning(name, "\(path) is answered \(answer.status).", "Agents look there for what is for sale; answer with the list.")
            }
            guard let list = answer.json?["resources"]?.array else {
                return .failure(name, "\(path) has no JSON list “resources”.", "Answer {\"version\": 1, \"resources\": [\"https://…\"]}.")
            }
            return list.contains { isAsked($0) } ? .ok(name, "\(path) lists the address.") : unlisted(name, path, offer)
        }
    }

    private func listed(_ offer: ProbeOffer?, _ end: Duration) async -> ProbeCheck {
        let (name, path) = ("discovery", "/discovery/resources")
        var offset = 0
        for _ in 0..<Self.pages {
            guard let url = asked.at(path, query: "limit=500&offset=\(offset)") else { return .skipped(name, "The address has no origin to ask.") }
            var count = 0
            let check = await check(name, ProbeQuestion(url: url), end) { answer in
                guard answer.status == 200 else {
                    return .warning(name, "\(path) is answered \(answer.status).", "Answer with the list that x402's discovery API describes.")
                }
                guard let list = answer.json?["items"]?.array else {
                    return .failure(name, "\(path) has no JSON list “items”.", "Answer as x402's discovery API (v2, section 8) has it.")
                }
                count = list.count
                return list.contains { isAsked($0) } ? .ok(name, "\(path) lists the address.") : unlisted(name, path, offer)
            }
            // A full page may have another after it.
            guard count >= 500, check.verdict != .ok else { return check }
            offset += count
        }
        return .skipped(name, "\(path) is longer than this program reads.")
    }

    private func isAsked(_ entry: JSONValue) -> Bool {
        let text = entry.string ?? entry["resource"]?.string ?? entry["url"]?.string ?? entry["resource"]?["url"]?.string
        return text.flatMap { BuyURL($0) } == asked
    }
}
