-- The same request again and again: wrk ... URL -- TOKEN METHOD BODY_BYTES keep|close PAUSE_MS

local message, pause

function init(args)
  local token, method, size, connection = args[1], args[2], tonumber(args[3]), args[4]
  pause = tonumber(args[5])
  local headers = { ["Authorization"] = "Bearer " .. token }
  local body
  if size > 0 then
    headers["Content-Type"] = "application/json"
    body = '{"text":"' .. string.rep("a", size - 11) .. '"}'
  end
  if connection == "close" then
    headers["Connection"] = "close"
  end
  message = wrk.format(method, wrk.path, headers, body)
end

function delay()
  return math.random(0, 2 * pause)
end

function request()
  return message
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, ' ..
      '"errors": {"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
