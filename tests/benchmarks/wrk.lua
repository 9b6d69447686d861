-- One request after another, each with the next token of a file: wrk ... URL -- [FILE POSITION]

local before, after, tokens, position

function init(args)
  before = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\n"
  after = "\r\n"
  if args[1] then
    before = before .. "Authorization: Bearer "
    after = "\r\n\r\n"
    tokens = {}
    for token in io.lines(args[1]) do
      tokens[#tokens + 1] = token
    end
    position = tonumber(args[2])
  end
end

function request()
  if not tokens then
    return before .. after
  end
  position = position % #tokens + 1
  return before .. tokens[position] .. after
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, ' ..
      '"errors": {"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
