import HTTPTypes
import Testing

@testable import HTTPAPI

@Suite struct NegotiationTests {
    static let forms: [(accept: String?, machine: String?, person: String?)] = [
        (nil, "text/markdown", "text/markdown"), ("", "text/markdown", "text/markdown"), ("*/*", "text/markdown", "text/markdown"),
        ("text/html", "text/html", "text/html"), ("TEXT/HTML", "text/html", "text/html"), ("text/markdown", "text/markdown", "text/markdown"),
        ("text/plain", "text/markdown", "text/markdown"), ("application/json", "application/json", "application/json"),
        ("application/*", "application/json", "application/json"), ("text/*", "text/markdown", "text/markdown"), ("image/png", nil, nil),
        ("text/html, */*;q=0.8", "text/html", "text/html"), ("text/html,application/json", "application/json", "text/html"),
        ("text/html;q=0.5, application/json;q=0.6", "application/json", "application/json"),
        ("text/html;q=0.501,application/json;q=0.5", "text/html", "text/html"),
        ("text/html; level=1; q=0.2 , application/json ; q=0.3", "application/json", "application/json"),
        ("application/json;Q=0.1, text/markdown;q=0.2", "text/markdown", "text/markdown"),
        ("text/markdown;q=0, */*", "application/json", "application/json"),
        ("text/*;q=0, application/json", "application/json", "application/json"), ("*/*;q=0", nil, nil),
        ("*/*;q=0.0, text/html", "text/html", "text/html"),
        ("text/plain;q=0.9, text/markdown;q=0.1, application/json;q=0.5", "application/json", "application/json"),
        ("text/html;q=odd", "text/html", "text/html"), (";,;q=1,", nil, nil),
    ]

    @Test(arguments: forms) func `the best of the forms that the header names is chosen`(_ form: (accept: String?, machine: String?, person: String?))
    {
        var headers = HTTPFields()
        if let accept = form.accept { headers[.accept] = accept }
        #expect(Negotiation(headers).articleForm?.rawValue == form.machine)
        headers[.userAgent] = "Mozilla/5.0"
        #expect(Negotiation(headers).articleForm?.rawValue == form.person)
    }

    @Test func `only the first entries of an endless header count`() {
        let headers: HTTPFields = [.accept: String(repeating: "image/png,", count: 32) + "text/html"]
        #expect(Negotiation(headers).articleForm == nil)
    }

    @Test func `a header in two lines is read as one`() {
        var headers: HTTPFields = [.accept: "image/png"]
        headers.append(HTTPField(name: .accept, value: "text/html"))
        #expect(Negotiation(headers).articleForm == .html)
    }

    static let agents: [(agent: String?, accept: String, isPerson: Bool)] = [
        ("Mozilla/5.0", "text/html", true), ("Mozilla/5.0", "Text/HTML", true), ("Opera Mozilla", "text/html;q=0.001", true),
        ("Mozilla/5.0", "text/html;q=0", false), ("Mozilla/5.0", "text/*", false), ("mozilla/5.0", "text/html", false), ("Moz", "text/html", false),
        (nil, "text/html", false), ("curl", "text/html", false), ("Slackbot 1.0", "image/png", true), ("xTwitterbotx", "*/*", true),
    ]

    @Test(arguments: agents) func `a person is a browser that wants a page, or a link preview`(
        _ agent: (agent: String?, accept: String, isPerson: Bool)
    ) {
        var headers: HTTPFields = [.accept: agent.accept]
        if let name = agent.agent { headers[.userAgent] = name }
        #expect(Negotiation(headers).isPerson == agent.isPerson)
    }
}
