import Foundation
import Testing

@Suite("The command line")
struct CommandTests {
    /// One sentence on standard error, nothing on standard output.
    private func expectRefusal(_ said: Shop.Said, _ code: Int32, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(said.code == code, "\(said.errors)", sourceLocation: sourceLocation)
        #expect(said.output.isEmpty && !said.errors.isEmpty, "\(said.output)", sourceLocation: sourceLocation)
    }

    @Test("Every command has help with an example")
    func help() async throws {
        try await Scenario.run { scenario in
            for command in [
                [], ["serve"], ["setup"], ["product"], ["product", "add"], ["product", "list"], ["product", "show"], ["product", "edit"],
                ["product", "archive"], ["buy"], ["probe"], ["sales"], ["order", "list"], ["order", "show"], ["order", "revoke-links"],
                ["receipt", "show"], ["receipt", "verify"], ["ledger", "check"], ["ledger", "list"],
                ["ledger", "balances"], ["audit", "verify"], ["audit", "list"], ["status"], ["config", "check"],
                ["config", "show"],
            ] {
                let said = try await Shop.command(command + ["--help"], in: scenario)
                #expect(said.code == 0 && said.output.contains("Example"), "\(command): \(said.output) \(said.errors)")
            }
        }
    }

    @Test("Wrong usage is 2, no shop 69, a shop that another process holds 75, a refusal 1")
    func exitCodes() async throws {
        try await Scenario.run { scenario in
            for wrong in [
                ["nonsense"], ["product", "add"], ["product", "list", "--nonsense"], ["buy"], ["buy", "ftp://example.com"], ["probe"],
                ["probe", "nowhere"],
                ["buy", "http://127.0.0.1:1/p/x", "--max-price", "1e3"], ["serve", "--listen", "nowhere"], ["order", "show", "abc"],
                ["receipt", "show", "abc"], ["order", "revoke-links", "abc"], ["receipt", "verify"],
            ] {
                expectRefusal(try await Shop.command(wrong, in: scenario), 2)
            }
            let shop = Shop(scenario)
            for command in [["product", "list"], ["order", "list"], ["sales"], ["status"]] { expectRefusal(try await shop.cli(command), 69) }
            #expect(!FileManager.default.fileExists(atPath: shop.data), "a command made the directory")
            try await shop.start()
            expectRefusal(try await shop.cli(["serve", "--listen", "127.0.0.1:\(Workshop.port())"]), 75)
            expectRefusal(
                try await shop.cli(["setup", "--email", "a@example.com", "--password-file", try scenario.write("pw", "long enough a password")]), 75)
            expectRefusal(try await shop.cli(["product", "show", "nothing"]), 1)
            expectRefusal(try await shop.cli(["order", "show", "2026-000001"]), 1)
            let file = try scenario.write("file", "x")
            for price in ["-1", "1e2", " 1", "0.0000001", "١", "1,0", "0x1", "99999999999999999999999999999999999999999"] {
                expectRefusal(try await shop.cli(["product", "add", "--slug", "x", "--title", "X", "--price=\(price)", "--file", file]), 1)
            }
            expectRefusal(try await shop.cli(["product", "add", "--slug", "No Slug", "--title", "X", "--price", "1", "--file", file]), 1)
            expectRefusal(try await shop.cli(["product", "add", "--slug", "x", "--title", "X", "--price", "1", "--file", "/nonexistent"]), 1)
            expectRefusal(try await Shop.command(["buy", shop.url("nothing"), "--output", scenario.path("out")], in: scenario), 1)
            let second = Shop(scenario)
            let taken = try await Shop.command(["serve", "--data", scenario.path("other"), "--listen", "127.0.0.1:\(shop.port)"], in: scenario)
            expectRefusal(taken, 1)
            #expect(try await shop.stop() == 0)
            let holder = try await scenario.holdLock("flock", shop.data + "/lock")
            expectRefusal(try await shop.cli(["product", "list"]), 75)
            expectRefusal(try await shop.cli(["serve", "--listen", "127.0.0.1:\(second.port)"]), 75)
            await holder.end()
            #expect(try await shop.cli(["product", "list"]).code == 0)
        }
    }

    @Test("The JSON of the commands can be read, and says the same with and without a daemon")
    func json() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let added = try await shop.cli(
                [
                    "product", "add", "--slug", "essay", "--title", "An essay", "--price", "1.50", "--tags", "a,b", "--article",
                    try scenario.write("essay.md", "# Hi"), "--json",
                ])
            #expect(
                added.json["slug"] == "essay" && added.json["url"].text == shop.url("essay") && added.json["currency"] == "USD", "\(added.output)")
            #expect(added.json["price"] == "1.5" || added.json["price"] == "1.50")
            expectGoods(try await shop.pay(try await shop.sign(try await Desk.wallet())))
            try await eventually("the delivery is noted") { try await shop.states == ["delivered"] }
            let commands = [["product", "list"], ["product", "show", "song"], ["order", "list"], ["order", "show", "1"], ["sales"]]
            var answers: [JSON] = []
            for command in commands {
                let said = try await shop.cli(command + ["--json"])
                #expect(said.code == 0 && said.json.object != nil, "\(command): \(said.output) \(said.errors)")
                let text = try await shop.cli(command, environment: ["PUSHCART_OUTPUT": "json"])
                #expect(text.json == said.json)
                #expect(try await shop.cli(command).output.contains("song"))
                answers.append(said.json)
            }
            #expect(answers[0]["items"].array?.count == 3)
            #expect(answers[3]["order"] == answers[2]["items"][0]["order"] && answers[3]["amount"] == "0.01" && answers[3]["sandbox"] == true)
            #expect(answers[4]["totals"][0]["count"] == 1 && answers[4]["totals"][0]["sandbox"] == true)
            let status = try await shop.cli(["status", "--json"]).json
            #expect(status["products"] == 3 && status["practice"] == true && status["origin"].text == shop.origin)
            #expect(try await Shop.command(["config", "show", "--json"], in: scenario).json["listen"] == "127.0.0.1:4020")
            #expect(try await Shop.command(["config", "check"], in: scenario).code == 0)

            #expect(try await shop.stop() == 0)
            for (command, answer) in zip(commands, answers) {
                // Without a daemon the origin is the standard one.
                let alone = try await shop.cli(command + ["--json"], environment: ["PUSHCART_ORIGIN": shop.origin])
                #expect(alone.json == answer, "\(command): \(alone.output) \(alone.errors)")
            }
            var info = stat()
            #expect(stat(shop.data, &info) == 0 && info.st_mode & 0o777 == 0o700)
            #expect(stat(shop.data + "/keys/offers.key", &info) == 0 && info.st_mode & 0o777 == 0o600)
        }
    }

    @Test("A file of 300 MB goes in and out in pieces; a signed link gives ranges and resumes")
    func largeFile() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let length = 300 << 20
            let path = try scenario.write("a film “x”.mkv", Data())
            let film = try #require(FileHandle(forWritingAtPath: path))
            try film.write(contentsOf: Data("begin".utf8))
            try film.seek(toOffset: UInt64(length - 3))
            try film.write(contentsOf: Data("end".utf8))
            try film.close()
            let added = try await shop.cli(
                ["product", "add", "--slug", "film", "--title", "Film", "--price", "0.01", "--file", path, "--json"], within: .seconds(120))
            #expect(added.code == 0 && added.json["content"]["length"].int == length, "\(added.errors)")
            let peak = try shop.peakMegabytes
            #expect(peak < 120, "\(peak) MB after taking it in")

            let signed = try await shop.sign(try await Desk.wallet(), "film")
            let (paid, count) = try await shop.count("/p/film", [signed.header])
            #expect(paid.status == 200 && count == length)
            let later = try shop.peakMegabytes
            #expect(later < 120, "\(later) MB after giving it out")
            #expect(paid["Content-Disposition"] == "attachment; filename=\"a film _x_.mkv\"; filename*=UTF-8''a%20film%20%E2%80%9Cx%E2%80%9D.mkv")
            #expect(paid["Accept-Ranges"] == "bytes" && paid["Cache-Control"] == "private")
            let tag = try #require(paid["ETag"])
            let link = String(try #require(paid.link("enclosure")).dropFirst(shop.origin.count))

            let ranges: [(String, Int, String?, String)] = [
                ("bytes=0-4", 206, "bytes 0-4/\(length)", "begin"), ("bytes=-3", 206, "bytes \(length - 3)-\(length - 1)/\(length)", "end"),
                ("bytes=\(length - 3)-", 206, "bytes \(length - 3)-\(length - 1)/\(length)", "end"),
                ("bytes=\(length)-", 416, "bytes */\(length)", ""), ("bytes=1-1", 206, "bytes 1-1/\(length)", "e"),
            ]
            for (range, status, content, text) in ranges {
                let part = try await shop.get(link, [("Range", range)])
                #expect(part.status == status && part["Content-Range"] == content, "\(range): \(part.status) \(part["Content-Range"] ?? "")")
                if status == 206 { #expect(part.text == text && part["ETag"] == tag) }
            }
            let resumed = try await shop.get(link, [("Range", "bytes=\(length - 3)-"), ("If-Range", tag)])
            #expect(resumed.status == 206 && resumed.text == "end")
            #expect(try await shop.count(link, [("Range", "bytes=5-9"), ("If-Range", "\"other\"")]).1 == length)
            #expect(try await shop.get(link, [("If-None-Match", tag)]).status == 304)
            #expect(try await shop.get(link, [("If-Match", "\"other\"")]).status == 412)
            #expect(try await shop.get("/p/film", [signed.header, ("Range", "bytes=0-4")]).text == "begin")
            // What cannot be given is not sold.
            let other = try await shop.sign(try await Desk.wallet(), "film")
            #expect(try await shop.get("/p/film", [other.header, ("Range", "bytes=\(length)-")]).status == 416)
            #expect(try await shop.get("/p/film", [other.header, ("If-Match", "\"other\"")]).status == 412)
            let essay = try await shop.sign(try await Desk.wallet(), "hello")
            #expect(try await shop.get("/p/hello", [essay.header, ("Accept", "image/png")]).status == 406)
            #expect(try await shop.orders.count == 1)
            #expect(try shop.peakMegabytes < 120)
        }
    }

    @Test("Ten downloads at once do not fill the memory")
    func manyDownloads() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let length = 100 << 20
            let path = try scenario.write("film", Data())
            try #require(truncate(path, length) == 0)
            #expect(try await shop.cli(["product", "add", "--slug", "film", "--title", "Film", "--price", "0.01", "--file", path]).code == 0)
            try await withThrowingTaskGroup { group in
                for wallet in try await Desk.wallets(10) {
                    let signed = try await shop.sign(wallet, "film")
                    group.addTask {
                        let (answer, count) = try await shop.count("/p/film", [signed.header])
                        #expect(answer.status == 200 && count == length)
                    }
                }
                try await group.waitForAll()
            }
            let peak = try shop.peakMegabytes
            #expect(peak < 120, "\(peak) MB")
        }
    }

    @Test("pushcart buy resumes a download that broke off")
    func buyResumes() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            var film = Data(count: 64 << 20)
            film.replaceSubrange(film.count - 3..<film.count, with: Data("end".utf8))
            try await shop.add("film", file: film)
            let buy = ["buy", shop.url("film"), "--output", scenario.path("film")]
            let first = try await scenario.start(
                [Workshop.binary] + buy, environment: ["XDG_STATE_HOME": scenario.path("state"), "HOME": scenario.directory])
            try await eventually("the sale") { try await !shop.states.isEmpty }
            first.signal(SIGKILL)
            try await first.exit(within: .seconds(5))
            let second = try await Shop.command(buy, in: scenario)
            #expect(second.code == 0, "\(second.errors)")
            #expect(FileManager.default.contents(atPath: scenario.path("film")) == film)
            #expect(try await shop.orders.count == 1)
        }
    }
}
