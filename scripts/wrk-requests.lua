-- wrk sends the requests of the file that PUSHCART_REQUESTS names, each once, the threads taking turns; then the last one again.
local requests, at, step = {}, 1, 1
local threads = 0

function setup(thread)
    thread:set("index", threads)
    threads = threads + 1
    thread:set("total", tonumber(os.getenv("PUSHCART_THREADS") or "1"))
end

function init()
    local file = assert(io.open(os.getenv("PUSHCART_REQUESTS"), "rb"))
    local text = file:read("*a")
    file:close()
    local from, count = 1, 0
    while true do
        local first, last = text:find("\r\n\r\n", from, true)
        if not first then break end
        if count % total == index then requests[#requests + 1] = text:sub(from, last) end
        count = count + 1
        from = last + 1
    end
    at = 0
end

function request()
    if at < #requests then at = at + 1 end
    return requests[at]
end

-- Answers by status, so that a run that was refused is not taken for a fast one.
local ok, other = 0, 0
function response(status)
    if status == 200 then ok = ok + 1 else other = other + 1 end
end
