import Glibc

/// The line of `/proc/self/stat`.
struct ProcessStat {
    let processorSeconds: Double
    let threads: Double
    /// Since the machine started.
    let startSeconds: Double
    let virtualBytes: Double
    let residentBytes: Double

    init?(_ line: String) {
        self.init(line, ticks: Double(sysconf(Int32(_SC_CLK_TCK))), page: Double(sysconf(Int32(_SC_PAGESIZE))))
    }

    init?(_ line: String, ticks: Double, page: Double) {
        // The name of the program may hold anything, so what counts begins behind its last bracket: with field 3.
        guard let bracket = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: bracket)...].split { $0 == " " || $0 == "\n" }.map { Double($0) }
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? fields[number - 3] : nil }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22), let virtual = field(23),
            let resident = field(24)
        else { return nil }
        processorSeconds = (user + system) / ticks
        self.threads = threads
        startSeconds = start / ticks
        virtualBytes = virtual
        residentBytes = resident * page
    }
}
