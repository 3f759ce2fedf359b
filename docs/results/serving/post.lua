-- Posts one file, again and again, and prints one line in the end:
--
--   wrk -t1 -c32 -d30s -s post.lua URL -- FILE CONTENT-TYPE [INFERENCE-HEADER-CONTENT-LENGTH]
--
--   measured,REQUESTS,MICROSECONDS,P50,P99,STATUS-200,STATUS-503,OTHER-STATUS,SOCKET-ERRORS
--
-- P50 and P99 in microseconds, of all requests that were answered.

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    local file = assert(io.open(args[1], "rb"))
    wrk.method = "POST"
    wrk.body = file:read("*a")
    file:close()
    wrk.headers["Content-Type"] = args[2]
    if args[3] then
        wrk.headers["Inference-Header-Content-Length"] = args[3]
    end
    done_well, refused, otherwise = 0, 0, 0
end

function response(status)
    if status == 200 then
        done_well = done_well + 1
    elseif status == 503 then
        refused = refused + 1
    else
        otherwise = otherwise + 1
    end
end

function done(summary, latency)
    local well, no, other = 0, 0, 0
    for _, thread in ipairs(threads) do
        well = well + thread:get("done_well")
        no = no + thread:get("refused")
        other = other + thread:get("otherwise")
    end
    local errors = summary.errors
    print(string.format("measured,%d,%d,%d,%d,%d,%d,%d,%d",
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        well, no, other, errors.connect + errors.read + errors.write + errors.timeout))
end
