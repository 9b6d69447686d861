-- The same request again and again: wrk ... URL -- TOKEN METHOD BODY_BYTES keep|close PAUSE_MS

-- The result is written by the script beside this one.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "result.lua")

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
